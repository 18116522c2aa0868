package pack_test

import (
	"archive/zip"
	"bytes"
	"io"
	"io/fs"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"jitsi-meet-azure/functions/pack"
)

// zipped is the archive of the files, for tests of either kind.
func zipped(t interface{ Fatalf(string, ...any) }, files []pack.File) []byte {
	var out bytes.Buffer
	if err := pack.Zip(&out, files); err != nil {
		t.Fatalf("Zip: %v", err)
	}
	return out.Bytes()
}

func TestZipGivesModesAndTimesThatDoNotDependOnTheMachine(t *testing.T) {
	t.Parallel()
	archive := zipped(t, []pack.File{
		{Name: "reaper/function.json", Content: []byte("{}")},
		{Name: "handler", Executable: true, Content: []byte("#!")},
	})
	reader, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]fs.FileMode{"handler": 0o755, "reaper/function.json": 0o644}
	for _, entry := range reader.File {
		if mode := entry.Mode(); mode != want[entry.Name] {
			t.Errorf("%s has mode %v, want %v", entry.Name, mode, want[entry.Name])
		}
		// Modes only count in an archive that says it was made on Unix, system 3.
		if system := entry.CreatorVersion >> 8; system != 3 {
			t.Errorf("%s was made on system %d, want Unix", entry.Name, system)
		}
		if !entry.Modified.Equal(time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("%s carries the time %v", entry.Name, entry.Modified)
		}
		delete(want, entry.Name)
	}
	if len(want) > 0 {
		t.Errorf("missing: %v", want)
	}
}

// The same files give the same bytes in whatever order they come, and come out as they went in.
func TestZipDependsOnNothingButTheFiles(t *testing.T) {
	t.Parallel()
	file := rapid.Custom(func(t *rapid.T) pack.File {
		return pack.File{
			Name:       rapid.StringMatching(`[a-z]{1,5}(/[a-z]{1,5}){0,2}`).Draw(t, "name"),
			Executable: rapid.Bool().Draw(t, "executable"),
			Content:    rapid.SliceOf(rapid.Byte()).Draw(t, "content"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		files := rapid.SliceOfNDistinct(file, 1, 6, func(f pack.File) string { return f.Name }).Draw(t, "files")
		shuffled := append([]pack.File(nil), files...)
		rand.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		archive := zipped(t, files)
		if !bytes.Equal(archive, zipped(t, shuffled)) {
			t.Fatalf("the order of the files shows in the archive")
		}
		reader, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			entry, err := reader.Open(f.Name)
			if err != nil {
				t.Fatal(err)
			}
			content, err := io.ReadAll(entry)
			if err != nil || !bytes.Equal(content, f.Content) {
				t.Fatalf("%s came out as %q (%v)", f.Name, content, err)
			}
		}
	})
}

func TestZipRefusesNamesThatLeaveThePackage(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"../handler":  "is not a path inside a package",
		"/handler":    "is not a path inside a package",
		"":            "is not a path inside a package",
		".":           "is not a path inside a package",
		"a//b":        "is not a path inside a package",
		`a\b`:         "is not a path inside a package",
		"host.json":   "two files of the package are called",
		"reaper/../x": "is not a path inside a package",
	} {
		err := pack.Zip(io.Discard, []pack.File{{Name: "host.json"}, {Name: name}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one that says %q", name, err, want)
		}
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestZipReportsAFailedWrite(t *testing.T) {
	t.Parallel()
	if err := pack.Zip(brokenWriter{}, []pack.File{{Name: "a", Content: make([]byte, 1<<20)}}); err == nil {
		t.Error("a write that failed was not reported")
	}
}

package pack

import (
	"os"
	"path/filepath"
	"testing"
)

// small makes a project that is quick to build.
func small(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	writeFile(t, dir, "go.mod", "module small\n\ngo 1.26\n")
	writeFile(t, dir, "functions/reaper/main.go", "package main\n\nimport \"small/word\"\n\nfunc main() { print(word.Word) }\n")
	writeFile(t, dir, "functions/reaper/app/host.json", "{}")
	writeFile(t, dir, "word/word.go", "package word\n\nimport _ \"embed\"\n\n//go:embed testdata/word.txt\nvar Word string\n")
	writeFile(t, dir, "word/testdata/word.txt", "one")
	writeFile(t, dir, "tools/go.mod", "module tools\n")
	writeFile(t, dir, "README.md", "small")
	return dir
}

func TestFingerprintSeesEveryChangeOfWhatIsBuilt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file, content string
		seen          bool
	}{
		"the reaper's source":           {"functions/reaper/main.go", "package main\n\nfunc main() {}\n", true},
		"a package that it imports":     {"word/word.go", "package word\n\nconst Word = \"two\"\n", true},
		"a file more in such a package": {"word/more.go", "package word\n", true},
		"a file that Go embeds":         {"word/testdata/word.txt", "two", true},
		"the layout":                    {"functions/reaper/app/host.json", "{ }", true},
		"a file more in the layout":     {"functions/reaper/app/reaper/function.json", "{}", true},
		"the module":                    {"go.mod", "module small\n\ngo 1.26.0\n", true},
		"the sums of the modules":       {"go.sum", "", true},
		"configuration in the root":     {"Pulumi.dev.yaml", "config: {}", false},
		"what was built":                {".build/reaper.zip", "PK", false},
		"another module":                {"tools/main.go", "package main", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := small(t)
			before := take(t, dir)
			writeFile(t, dir, c.file, c.content)
			if after := take(t, dir); (before != after) != c.seen {
				t.Errorf("before %s, after %s", before, after)
			}
		})
	}
}

func TestFingerprintSeesFilesThatMoveOrGo(t *testing.T) {
	t.Parallel()
	dir := small(t)
	seen := map[string]bool{take(t, dir): true}
	file := filepath.Join(dir, "word", "word.go")
	if err := os.Rename(file, filepath.Join(dir, "word", "other.go")); err != nil {
		t.Fatal(err)
	}
	seen[take(t, dir)] = true
	if err := os.Remove(filepath.Join(dir, "word", "other.go")); err != nil {
		t.Fatal(err)
	}
	seen[take(t, dir)] = true
	if len(seen) != 3 {
		t.Errorf("%d fingerprints for three states", len(seen))
	}
}

// Where sources may lie outside of the project, nothing but a build can tell.
func TestNothingIsReusedWithSourcesElsewhere(t *testing.T) {
	t.Parallel()
	dir := small(t)
	writeFile(t, dir, "go.mod", "module small\n\ngo 1.26\n\nreplace example.org/other => ../other\n")
	if origin := take(t, dir); origin != "" {
		t.Errorf("fingerprint %s with a replacement outside", origin)
	}
	if _, known := reuse(t.TempDir(), ""); known {
		t.Error("an unknown origin was found")
	}
}

func TestNothingIsReusedInAWorkspace(t *testing.T) {
	dir := small(t)
	writeFile(t, dir, "go.work", "go 1.26\n\nuse .\n")
	t.Setenv("GOWORK", filepath.Join(dir, "go.work"))
	if origin := take(t, dir); origin != "" {
		t.Errorf("fingerprint %s in a workspace", origin)
	}
}

// A change is built, and going back gives the earlier package again.
func TestBuildFollowsTheSources(t *testing.T) {
	t.Parallel()
	dir := small(t)
	hashes := map[string]bool{}
	for _, word := range []string{"one", "two", "one"} {
		writeFile(t, dir, "word/testdata/word.txt", word)
		made, err := Build(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		hashes[made.Hash] = true
	}
	if len(hashes) != 2 {
		t.Errorf("%d packages for two words", len(hashes))
	}
}

func take(t *testing.T, dir string) string {
	t.Helper()
	origin, err := fingerprint(t.Context(), "go", dir)
	if err != nil {
		t.Fatal(err)
	}
	return origin
}

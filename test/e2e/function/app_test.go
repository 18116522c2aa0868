package function

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/functions/pack"
)

// goodFiles are a package's, as short as they can be.
func goodFiles() map[string]string {
	return map[string]string{
		"host.json": `{"version":"2.0","functionTimeout":"00:05:00","customHandler":{"description":{"defaultExecutablePath":"handler"}}}`,
		"reaper/function.json": `{"bindings":[{"type":"timerTrigger","direction":"in","name":"timer","schedule":"%REAPER_SCHEDULE%",` +
			`"useMonitor":true,"runOnStartup":false}]}`,
		"handler": "#!/bin/false\n",
	}
}

func zipped(tb testing.TB, files map[string]string) []byte {
	tb.Helper()
	list := make([]pack.File, 0, len(files))
	for _, name := range slices.Sorted(maps.Keys(files)) {
		list = append(list, pack.File{Name: name, Executable: name == "handler", Content: []byte(files[name])})
	}
	var out bytes.Buffer
	require.NoError(tb, pack.Zip(&out, list))
	return out.Bytes()
}

// The package that a deployment makes is understood.
func TestUnpackTheDeployedPackage(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "wwwroot")
	read, err := unpack(deployedPackage(t), folder)
	require.NoError(t, err)
	assert.Equal(t, app{
		name: "reaper", folder: folder, program: filepath.Join(folder, "handler"), schedule: "REAPER_SCHEDULE", limit: 5 * time.Minute,
	}, read)
	info, err := os.Stat(read.program)
	require.NoError(t, err)
	assert.NotZero(t, info.Mode().Perm()&0o100, "the handler cannot be run: %s", info.Mode())
}

func TestUnpackRefuses(t *testing.T) {
	t.Parallel()
	timer := goodFiles()["reaper/function.json"]
	for name, c := range map[string]struct {
		file, content, want string
	}{
		"no host.json":          {"host.json", "", "the package has no host.json"},
		"a broken host.json":    {"host.json", "{", "host.json: unexpected end of JSON input"},
		"no handler":            {"host.json", `{"version":"2.0","functionTimeout":"00:05:00"}`, "describes no custom handler"},
		"a handler elsewhere":   {"host.json", `{"version":"2.0","functionTimeout":"00:05:00","customHandler":{"description":{"defaultExecutablePath":"/bin/sh"}}}`, "describes no custom handler"},
		"no limit":              {"host.json", `{"version":"2.0","customHandler":{"description":{"defaultExecutablePath":"handler"}}}`, `functionTimeout: "" is not`},
		"no function":           {"reaper/function.json", "", "the package has 0 functions"},
		"two functions":         {"other/function.json", timer, "the package has 2 functions"},
		"no binding":            {"reaper/function.json", `{"bindings":[]}`, "reaper: it has 0 bindings"},
		"another trigger":       {"reaper/function.json", `{"bindings":[{"type":"httpTrigger","direction":"in","name":"timer","schedule":"%X%","useMonitor":true}]}`, "it is not called by a timer"},
		"a schedule of its own": {"reaper/function.json", `{"bindings":[{"type":"timerTrigger","direction":"in","name":"timer","schedule":"0 * * * * *","useMonitor":true}]}`, "not a monitored one whose schedule is a setting"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := goodFiles()
			files[c.file] = c.content
			if c.content == "" {
				delete(files, c.file)
			}
			_, err := unpack(zipped(t, files), t.TempDir())
			assert.ErrorContains(t, err, c.want)
		})
	}
}

// Whatever a package holds, it is unpacked into its folder or refused.
func FuzzUnpack(f *testing.F) {
	f.Add(zipped(f, goodFiles()))
	f.Add(zipped(f, map[string]string{"host.json": "{}"}))
	f.Add([]byte("PK"))
	f.Fuzz(func(t *testing.T, content []byte) {
		outside := t.TempDir()
		read, err := unpack(content, filepath.Join(outside, "in"))
		if err == nil {
			assert.True(t, filepath.IsLocal(read.name))
			assert.NotEmpty(t, read.schedule)
		}
		entries, err := os.ReadDir(outside)
		require.NoError(t, err)
		for _, entry := range entries {
			assert.Equal(t, "in", entry.Name(), "written outside of its folder")
		}
	})
}

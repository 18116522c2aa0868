package scripts_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// copied is a repository of which there is no more than what installs Azurite.
func copied(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for _, name := range []string{"scripts/azurite.sh", "tools/azurite/package.json", "tools/azurite/package-lock.json"} {
		content, err := os.ReadFile(filepath.Join(repository(t), name))
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(root, name), content)
	}
	return root
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// install runs the script of a copy. calls are those of npm since the copy was made.
func install(t *testing.T, root, path string, env ...string) (out string, calls []string, err error) {
	t.Helper()
	log := filepath.Join(root, "npm.log")
	cmd := exec.CommandContext(t.Context(), "bash", filepath.Join(root, "scripts", "azurite.sh"))
	cmd.Env = append(append(os.Environ(), env...), "PATH="+path, "FAKE_NPM_LOG="+log)
	said, err := cmd.CombinedOutput()
	noted, _ := os.ReadFile(log)
	if len(noted) > 0 {
		calls = strings.Split(strings.TrimSpace(string(noted)), "\n")
	}
	return string(said), calls, err
}

func TestAzuriteIsInstalledOnce(t *testing.T) {
	t.Parallel()
	root, path := copied(t), pathWith(t, "node")
	for range 2 {
		out, calls, err := install(t, root, path)
		if err != nil || len(calls) != 1 {
			t.Fatalf("%v, npm was called %d times\n%s", err, len(calls), out)
		}
		for _, want := range []string{"ci ", "--ignore-scripts", "--omit=dev"} {
			if !strings.Contains(calls[0], want) {
				t.Errorf("npm was called without %q: %s", want, calls[0])
			}
		}
	}
	if _, err := os.Stat(filepath.Join(root, ".bin", "azurite", "node_modules", "azurite", "package.json")); err != nil {
		t.Error(err)
	}
	write(t, filepath.Join(root, "tools", "azurite", "package-lock.json"), []byte("{}"))
	if out, calls, err := install(t, root, path); err != nil || len(calls) != 2 {
		t.Errorf("after another version was asked for: %v, npm was called %d times\n%s", err, len(calls), out)
	}
}

func TestAzuriteSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		path string
		env  string
		want string
	}{
		"no node":  {only(t, "bash", "dirname", "cmp"), "", "there is no node on the PATH.\nmake azurite: Run make deps"},
		"old node": {pathWith(t, "node"), "FAKE_NODE_VERSION=v16.20.2", "node v16.20.2 is older than 18"},
		"npm":      {pathWith(t, "node"), "FAKE_NPM_FAILS=1", "npm could not install it"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := copied(t)
			out, _, err := install(t, root, test.path, test.env)
			if err == nil || !strings.Contains(out, test.want) {
				t.Errorf("%v; the output lacks %q:\n%s", err, test.want, out)
			}
			if left, _ := filepath.Glob(filepath.Join(root, ".bin", "*")); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// npm takes packages from the registry that the machine is set to use, and holds each against its hash.
func TestAzuriteIsPinned(t *testing.T) {
	t.Parallel()
	var lock struct {
		Packages map[string]struct{ Resolved, Integrity string }
	}
	content, err := os.ReadFile(filepath.Join(repository(t), "tools", "azurite", "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(content, &lock); err != nil {
		t.Fatal(err)
	}
	if _, there := lock.Packages["node_modules/azurite"]; !there {
		t.Error("Azurite is not locked")
	}
	for name, locked := range lock.Packages {
		if locked.Resolved != "" || locked.Integrity == "" && name != "" {
			t.Errorf("%s: resolved %q, integrity %q", name, locked.Resolved, locked.Integrity)
		}
	}
}

// Debian's packages of node are left alone where node has come to the PATH in another way: they would not go together.
func TestDepsLeavesNodeAlone(t *testing.T) {
	t.Parallel()
	out, err := run(t, "deps.sh", pathWith(t, "debian-with-node"), nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"haproxy 99", "nodejs is not needed", "npm is not needed"} {
		if !strings.Contains(out, want) {
			t.Errorf("the output lacks %q:\n%s", want, out)
		}
	}
}

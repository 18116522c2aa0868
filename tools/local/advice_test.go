package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"jitsi-meet-azure/tools/local/workspace"
)

const startOver = "local: if an earlier run was killed or .local is damaged, start over: " +
	"make reset STACK=dev && make up STACK=dev\n"

func TestFailuresEndWithAdvice(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"up", "preview", "refresh", "destroy", "pulumi"} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			_, told, err := runTelling(t, newRepository(t), command, "dev", "--fail")
			var exit *exec.ExitError
			if !errors.As(err, &exit) || !strings.HasSuffix(told, startOver) {
				t.Errorf("%v, after:\n%s\nwant at its end:\n%s", err, told, startOver)
			}
		})
	}
	if _, told, err := runTelling(t, newRepository(t), "up", "dev"); err != nil || strings.Contains(told, "start over") {
		t.Errorf("a success gives advice: %v\n%s", err, told)
	}
}

func TestDestroyExplainsWhatStays(t *testing.T) {
	t.Parallel()
	const (
		protected = "local: dev is protected: make destroy STACK=dev UNPROTECT=1\n"
		kept      = "local: the public IP prefixes, their resource group and the Key Vault's name are kept, as on Azure; " +
			"make reset STACK=dev forgets them\n"
	)
	for name, test := range map[string]struct {
		resource       string
		args           []string
		want, unwanted string
	}{
		"protected":              {`{"protect": true}`, []string{"destroy", "dev", "--fail"}, protected + startOver, kept},
		"fails for all that":     {`{"protect": true}`, []string{"-unprotect", "destroy", "dev", "--fail"}, startOver, protected},
		"fails, not protected":   {`{}`, []string{"destroy", "dev", "--fail"}, startOver, protected},
		"retained":               {`{"protect": true, "retainOnDelete": true}`, []string{"-unprotect", "destroy", "dev"}, kept, protected},
		"nothing is retained":    {`{"protect": true}`, []string{"-unprotect", "destroy", "dev"}, "", kept},
		"a state in no good way": {`]`, []string{"destroy", "dev", "--fail"}, startOver, protected},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := newRepository(t)
			if _, err := runIn(t, root, "refresh", "dev"); err != nil {
				t.Fatal(err)
			}
			writeIn(t, root, "stacks/meet/dev.json", `{"checkpoint": {"latest": {"resources": [{}, `+test.resource+`]}}}`)
			_, told, _ := runTelling(t, root, test.args...)
			if !strings.HasSuffix(told, test.want) || strings.Contains(told, test.unwanted) {
				t.Errorf("told:\n%s\nwant at its end:\n%s\nand never:\n%s", told, test.want, test.unwanted)
			}
		})
	}
}

func TestLocksOfTheDeadAreRemoved(t *testing.T) {
	t.Parallel()
	root := newRepository(t)
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	lock := func(id, host string, pid int) string {
		content := fmt.Sprintf(`{"pid":%d,"username":"me","hostname":%q,"timestamp":"2026-01-02T03:04:05Z"}`, pid, host)
		return writeIn(t, root, "locks/organization/meet/dev/"+id+".json", content)
	}
	dead := lock("dead", host, deadProcess(t))
	stay := []string{
		lock("alive", host, os.Getpid()), lock("elsewhere", host+"x", deadProcess(t)), lock("nobody", host, 0),
		writeIn(t, root, "locks/organization/meet/dev/damaged.json", "{"),
		writeIn(t, root, "locks/organization/meet/dev2/other.json", "{}"),
	}
	const want = "local: an earlier run on dev was killed: its lock is removed\n"
	if _, told, err := runTelling(t, root, "refresh", "dev"); err != nil || !strings.Contains(told, want) {
		t.Errorf("%v, told:\n%s\nwant:\n%s", err, told, want)
	}
	if _, err := os.Stat(dead); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the lock of a dead process is still there: %v", err)
	}
	for _, path := range stay {
		if _, err := os.Stat(path); err != nil {
			t.Errorf("a lock is gone that is not ours to remove: %v", err)
		}
	}
	if _, told, err := runTelling(t, root, "refresh", "dev"); err != nil || told != "" {
		t.Errorf("a run without locks of the dead tells something: %v\n%s", err, told)
	}
}

func TestOneRunAtATime(t *testing.T) {
	t.Parallel()
	root := newRepository(t)
	space, err := workspace.New(workspace.Options{Root: root, Stack: "dev"})
	if err != nil {
		t.Fatal(err)
	}
	unlock, err := space.Lock()
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"up", "destroy", "refresh"} {
		if _, err := runIn(t, root, command, "dev"); err == nil || err.Error() != "another run is at work on dev" {
			t.Errorf("%s next to another run: %v", command, err)
		}
	}
	for _, command := range []string{"preview", "outputs"} {
		if _, err := runIn(t, root, command, "dev"); err != nil {
			t.Errorf("%s next to another run: %v", command, err)
		}
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := runIn(t, root, "up", "dev"); err != nil {
			t.Errorf("up after the other run: %v", err)
		}
	}
}

func TestUnknownEnvironmentLeavesNothing(t *testing.T) {
	t.Parallel()
	root := newRepository(t)
	if err := os.WriteFile(filepath.Join(root, "Pulumi.prod.yaml"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	const want = "there is no Pulumi.nosuch.yaml; the environments are: dev, prod"
	for _, command := range []string{"up", "preview", "destroy", "refresh", "outputs", "cloud", "env"} {
		if _, told, err := runTelling(t, root, command, "nosuch"); err == nil || err.Error() != want || told != "" {
			t.Errorf("%s: %v, want %q; told before: %q", command, err, want, told)
		}
	}
	if _, err := os.Stat(filepath.Join(root, ".local")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("something is left behind: %v", err)
	}
}

func TestOnlyChangesOfTheConfigurationAreRefused(t *testing.T) {
	t.Parallel()
	for command, want := range map[string]bool{
		"config set a b": true, "config --path set a b": true, "--logtostderr config rm a": true,
		"config set-all --plaintext a=b": true, "config rm-all a": true, "config cp --dest prod": true, "config refresh": true,
		"config": false, "config get set": false, "config --show-secrets": false, "stack rm": false, "state rm config": false,
	} {
		if got := editsConfig(strings.Fields(command)); got != want {
			t.Errorf("editsConfig(%s) = %t, want %t", command, got, want)
		}
	}
}

// deadProcess is the number of a process that has ended.
func deadProcess(t *testing.T) int {
	t.Helper()
	process := exec.CommandContext(t.Context(), "true")
	if err := process.Run(); err != nil {
		t.Fatal(err)
	}
	return process.Process.Pid
}

// writeIn writes a file of the file backend and returns its path.
func writeIn(t *testing.T, root, name, content string) string {
	t.Helper()
	path := filepath.Join(root, ".local", "dev", "state", ".pulumi", filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

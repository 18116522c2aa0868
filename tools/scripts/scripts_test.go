package scripts_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestPreflight(t *testing.T) {
	t.Parallel()
	const running = "Running\naks-meet-dev.hcp.westeurope.azmk8s.io\n"
	tests := map[string]struct {
		env    []string
		fails  bool
		output []string
	}{
		"the server answers": {
			env:    []string{"FAKE_AZ_OUTPUT=" + running + "198.51.100.0/24", "FAKE_STATUS=401"},
			output: []string{"the API server of aks-meet-dev answers (401)"},
		},
		"there is no cluster yet": {
			env:    []string{"FAKE_AZ_ERROR=(ResourceNotFound) The Resource was not found."},
			output: []string{"there is no cluster aks-meet-dev in rg-meet-dev yet"},
		},
		"there is no resource group yet": {
			env:    []string{"FAKE_AZ_ERROR=(ResourceGroupNotFound) Resource group could not be found."},
			output: []string{"there is no cluster aks-meet-dev in rg-meet-dev yet"},
		},
		"the identity may not read": {
			env:   []string{"FAKE_AZ_ERROR=(AuthorizationFailed) The client does not have authorization."},
			fails: true, output: []string{"AuthorizationFailed", "is this identity a Reader"},
		},
		"the cluster is stopped": {
			env:   []string{"FAKE_AZ_OUTPUT=Stopped\naks-meet-dev.hcp.westeurope.azmk8s.io\n"},
			fails: true, output: []string{"is stopped", "az aks start --resource-group rg-meet-dev --name aks-meet-dev"},
		},
		"the machine is outside the ranges": {
			env:   []string{"FAKE_AZ_OUTPUT=" + running + "198.51.100.0/24 203.0.113.16/28", "GITHUB_ACTIONS=true"},
			fails: true,
			output: []string{
				"::error title=Cluster aks-meet-dev::the API server", "198.51.100.0/24 203.0.113.16/28",
				"Nothing is wrong with the stack", "docs/ci.md",
			},
		},
		"nothing restricts the server": {
			env:   []string{"FAKE_AZ_OUTPUT=" + running},
			fails: true, output: []string{"none, so any address may connect"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := append([]string{"PREFLIGHT_ATTEMPTS=2", "GITHUB_ACTIONS="}, test.env...)
			out, err := run(t, "preflight.sh", pathWith(t, "azure"), env, "rg-meet-dev", "aks-meet-dev")
			if (err != nil) != test.fails {
				t.Errorf("error = %v, want one: %t", err, test.fails)
			}
			for _, want := range test.output {
				if !strings.Contains(out, want) {
					t.Errorf("the output lacks %q:\n%s", want, out)
				}
			}
		})
	}
}

func TestPreflightNeedsTwoArguments(t *testing.T) {
	t.Parallel()
	if out, err := run(t, "preflight.sh", pathWith(t, "azure"), nil, "rg"); err == nil || !strings.Contains(out, "usage:") {
		t.Errorf("preflight.sh rg: %v\n%s", err, out)
	}
}

func TestFindPulumi(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		installed string
		version   string
		suitable  bool
	}{
		"the pinned version":        {"pulumi-with-host", "v3.250.0", true},
		"newer":                     {"pulumi-with-host", "v3.1000.2", true},
		"older":                     {"pulumi-with-host", "v3.249.9", false},
		"much older, many digits":   {"pulumi-with-host", "v3.99.0", false},
		"another major version":     {"pulumi-with-host", "v4.0.0", false},
		"a development version":     {"pulumi-with-host", "v3.300.0-dev.1", false},
		"without a version":         {"pulumi-with-host", "", false},
		"without the Go host":       {"pulumi-alone", "v3.250.0", false},
		"there is none on the PATH": {"azure", "", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := run(t, "find-pulumi.sh", pathWith(t, test.installed), []string{"FAKE_VERSION=" + test.version})
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			want := filepath.Join(repository(t), ".bin", "pulumi")
			if test.suitable {
				want = filepath.Join(absolute(t, filepath.Join("testdata", test.installed)), "pulumi")
			}
			if got := strings.TrimSpace(out); got != want {
				t.Errorf("found %s, want %s", got, want)
			}
		})
	}
}

func TestDepsSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		path string
		want string
	}{
		"not a Debian": {only(t, "bash", "dirname", "grep", "awk", "sed", "id"), "this machine has no apt-get"},
		"no root and no sudo": {
			absolute(t, "testdata/debian") + ":" + only(t, "bash", "dirname", "grep", "awk", "sed"),
			"installing packages needs root, and there is no sudo",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := run(t, "deps.sh", test.path, nil)
			if err == nil {
				t.Error("deps.sh succeeds")
			}
			for _, want := range []string{test.want, "Install these yourself", "haproxy (2.6 or newer)"} {
				if !strings.Contains(out, want) {
					t.Errorf("the output lacks %q:\n%s", want, out)
				}
			}
		})
	}
}

// Every module must be found, or its tests would silently not run.
func TestModules(t *testing.T) {
	t.Parallel()
	out, err := run(t, "modules.sh", os.Getenv("PATH"), nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	lines := strings.Fields(out)
	if len(lines) == 0 || lines[0] != "." || !strings.Contains(out, "./tools/pulumi\n") || strings.Contains(out, "lint") {
		t.Errorf("modules:\n%s", out)
	}
}

// run runs a script of the repository and returns all that it printed.
func run(t *testing.T, script, path string, env []string, args ...string) (string, error) {
	t.Helper()
	args = append([]string{filepath.Join(repository(t), "scripts", script)}, args...)
	cmd := exec.CommandContext(t.Context(), "bash", args...)
	cmd.Env = append(append(os.Environ(), env...), "PATH="+path)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// pathWith is a PATH on which the stand-ins come first.
func pathWith(t *testing.T, standIns string) string {
	t.Helper()
	return absolute(t, filepath.Join("testdata", standIns)) + ":/usr/bin:/bin"
}

// only is a PATH with the named programs of this machine and nothing else.
func only(t *testing.T, programs ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, program := range programs {
		path, err := exec.LookPath(program)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(path, filepath.Join(dir, program)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func repository(t *testing.T) string {
	t.Helper()
	return absolute(t, filepath.Join("..", ".."))
}

func absolute(t *testing.T, path string) string {
	t.Helper()
	absolute, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return absolute
}

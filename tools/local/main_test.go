package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCommands(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		runs [][]string
		want string
	}{
		"first up": {
			runs: [][]string{{"up", "dev", "--diff"}},
			want: `pulumi stack init dev --no-select
  in the image phase
pulumi up --stack dev --yes --skip-preview
  in the image phase
pulumi stack --stack dev output --json
  in the image phase
localcloud image publish --version 1.0.0 --gallery gal --definition jvb
pulumi up --stack dev --yes --diff
`,
		},
		"the gallery, and then up": {
			runs: [][]string{{"gallery", "dev"}, {"gallery", "dev"}, {"up", "dev"}},
			want: `  in the image phase
localcloud image publish --version 1.0.0 --gallery gal --definition jvb
pulumi up --stack dev --yes
`,
		},
		"later up": {
			runs: [][]string{{"up", "dev"}, {"up", "dev"}},
			want: "--definition jvb\npulumi up --stack dev --yes\npulumi up --stack dev --yes\n",
		},
		"up after destroy publishes again": {
			runs: [][]string{{"up", "dev"}, {"destroy", "dev"}, {"up", "dev"}},
			want: "pulumi destroy --stack dev --yes\nlocalcloud purge-vaults\npulumi up --stack dev --yes --skip-preview\n  in the image phase\n",
		},
		"destroy protected resources": {
			runs: [][]string{{"-unprotect", "destroy", "dev"}},
			want: `pulumi state --stack dev unprotect --all --yes
pulumi stack --stack dev output --json
localcloud image delete --gallery gal --definition jvb
pulumi destroy --stack dev --yes
localcloud purge-vaults
`,
		},
		"preview of nothing": {
			runs: [][]string{{"preview", "dev", "--diff"}},
			want: "pulumi preview --stack dev --diff\n  in the image phase\n",
		},
		"later preview": {
			runs: [][]string{{"up", "dev"}, {"preview", "dev"}},
			want: "pulumi up --stack dev --yes\npulumi preview --stack dev\n",
		},
		"refresh":            {runs: [][]string{{"refresh", "dev"}}, want: "pulumi refresh --stack dev --yes\n"},
		"outputs":            {runs: [][]string{{"outputs", "dev"}}, want: "pulumi stack --stack dev output --json\n"},
		"any pulumi command": {runs: [][]string{{"pulumi", "dev", "about"}}, want: "pulumi about\n"},
		"cloud":              {runs: [][]string{{"preview", "dev"}, {"cloud", "dev", "instances"}}, want: "localcloud instances\n"},
		"export": {
			runs: [][]string{{"export", "dev", "/exports/dev.json"}},
			want: "pulumi stack --stack dev export --file /exports/dev.json\n",
		},
		"reset forgets the stack": {
			runs: [][]string{{"refresh", "dev"}, {"reset", "dev"}, {"refresh", "dev"}},
			want: "pulumi refresh --stack dev --yes\npulumi stack init dev --no-select\npulumi refresh --stack dev --yes\n",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := newRepository(t)
			for _, args := range test.runs {
				if _, err := runIn(t, root, args...); err != nil {
					t.Fatalf("local %v: %v", args, err)
				}
			}
			if log := read(t, filepath.Join(root, "log")); !strings.Contains(log, test.want) {
				t.Errorf("what ran:\n%s\nwant in it:\n%s", log, test.want)
			}
		})
	}
}

// A gallery that stays gets its image back: scale sets need one.
func TestFailedDestroyKeepsTheImage(t *testing.T) {
	t.Parallel()
	root := newRepository(t)
	if _, err := runIn(t, root, "up", "dev"); err != nil {
		t.Fatal(err)
	}
	if _, err := runIn(t, root, "destroy", "dev", "--fail"); err == nil {
		t.Fatal("a failed destroy is taken for a success")
	}
	if _, err := runIn(t, root, "up", "dev"); err != nil {
		t.Fatal(err)
	}
	want := `pulumi destroy --stack dev --yes --fail
localcloud image publish --version 1.0.0 --gallery gal --definition jvb
pulumi up --stack dev --yes
`
	if log := read(t, filepath.Join(root, "log")); !strings.HasSuffix(log, want) {
		t.Errorf("what ran:\n%s\nwant at its end:\n%s", log, want)
	}
}

func TestEnvCanBeEvaluated(t *testing.T) {
	t.Parallel()
	root := newRepository(t)
	out, err := runIn(t, root, "env", "dev")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"export PULUMI_STACK='dev'\n", "export LOCALCLOUD_DIR='" + filepath.Join(root, ".local", "dev", "cloud") + "'\n",
		"\ncd '" + filepath.Join(root, ".local", "dev", "project") + "'\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("env lacks %q:\n%s", want, out)
		}
	}
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		"name a command and a stack":            {"up"},
		`unknown command "fly"`:                 {"fly", "dev"},
		"edit Pulumi.dev.yaml instead":          {"pulumi", "dev", "config", "set", "--path", "a.b", "1"},
		"export: name the file to write":        {"export", "dev"},
		"pulumi: which command?":                {"pulumi", "dev"},
		`stack "../x": a name has letters`:      {"reset", "../x"},
		"flag provided but not defined: -force": {"-force", "up", "dev"},
	} {
		if _, err := runIn(t, newRepository(t), args...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("local %v: %v, want %q", args, err, want)
		}
	}
}

func TestQuote(t *testing.T) {
	t.Parallel()
	if got, want := quote("it's"), `'it'\''s'`; got != want {
		t.Errorf("quote = %s, want %s", got, want)
	}
}

// newRepository is a repository whose programs only take notes. They are links to files that nobody writes: running a
// file just written can fail with "text file busy" while other tests start processes.
func newRepository(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, ".bin"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"Pulumi.yaml":     "name: meet\nruntime: go\n",
		"Pulumi.dev.yaml": "config:\n  meet:bridges: {image: {baselineVersion: 1.0.0}}\n",
		".bin/meet":       "",
	} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, program := range []string{"pulumi", "localcloud"} {
		script, err := filepath.Abs(filepath.Join("testdata", program))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(script, filepath.Join(root, ".bin", program)); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func runIn(t *testing.T, root string, args ...string) (string, error) {
	t.Helper()
	stdout, _, err := runTelling(t, root, args...)
	return stdout, err
}

func runTelling(t *testing.T, root string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	var out, told strings.Builder
	err = run(t.Context(), append([]string{"-root", root}, args...), &out, &told)
	return out.String(), told.String(), err
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

package environment

import (
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"jitsi-meet-azure/internal/golden"
)

// invalid is a test file: changes that make a good configuration bad.
type invalid struct {
	// Why says what is wrong, for the reader of the file.
	Why string `json:"why"`
	// Stack is the stack file that is changed; dev if empty.
	Stack string `json:"stack"`
	// Named is the stack's name if it is another.
	Named string `json:"named"`
	// Set gives values to paths, as "pulumi config set --path" does.
	Set map[string]any `json:"set"`
	// Remove takes paths away.
	Remove []string `json:"remove"`
	// Raw replaces whole settings by text, as no stack file could.
	Raw map[string]string `json:"raw"`
}

func (i invalid) stack() string {
	switch {
	case i.Named != "":
		return i.Named
	case i.Stack != "":
		return i.Stack
	default:
		return "dev"
	}
}

func (i invalid) config(t *testing.T) config {
	t.Helper()
	base := "dev"
	if i.Stack != "" {
		base = i.Stack
	}
	c := readStack(t, base)
	for _, path := range slices.Sorted(maps.Keys(i.Set)) {
		put(t, map[string]any(c), steps(t, Namespace+":"+path), i.Set[path])
	}
	for _, path := range i.Remove {
		drop(map[string]any(c), steps(t, Namespace+":"+path))
	}
	for name, text := range i.Raw {
		c[Namespace+":"+name] = text
	}
	return c
}

// problems loads a configuration that must be refused.
func problems(t *testing.T, stack string, c config) []Problem {
	t.Helper()
	env, warnings, err := load(t, stack, c)
	var wrong *ConfigurationError
	if !errors.As(err, &wrong) {
		t.Fatalf("the configuration must be refused, got %v", err)
	}
	if env.Name != "" || warnings != nil {
		t.Error("a refused configuration must give nothing else")
	}
	return wrong.Problems
}

func invalidFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/invalid/*.yaml")
	if err != nil || len(files) < 50 {
		t.Fatalf("want at least 50 files, got %d (%v)", len(files), err)
	}
	return files
}

func TestInvalidConfigurations(t *testing.T) {
	t.Parallel()
	for _, file := range invalidFiles(t) {
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var i invalid
			readYAML(t, file, &i)
			found := problems(t, i.stack(), i.config(t))
			golden.Compare(t, strings.TrimSuffix(file, ".yaml")+".txt", (&ConfigurationError{Problems: found}).Error()+"\n")
		})
	}
}

// Every fix that a message offers must make just this problem go away.
func TestFixesMend(t *testing.T) {
	t.Parallel()
	for _, file := range invalidFiles(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			var i invalid
			readYAML(t, file, &i)
			for _, problem := range problems(t, i.stack(), i.config(t)) {
				if problem.Path != "stack" {
					checkMended(t, i, problem)
				}
			}
		})
	}
}

func checkMended(t *testing.T, i invalid, problem Problem) {
	t.Helper()
	c := i.config(t)
	if raw, ok := i.Raw[topLevel(problem.Path)]; ok {
		reread(t, c, topLevel(problem.Path), raw)
	}
	c.run(t, problem.Fix)
	_, _, err := load(t, i.stack(), c)
	var wrong *ConfigurationError
	if errors.As(err, &wrong) && slices.ContainsFunc(wrong.Problems, problem.same) {
		t.Errorf("the fix does not mend this:\n%s\n%v", problem, err)
	}
}

// reread does what Pulumi does to a setting before it changes a part of it: it reads the JSON, where there is any.
func reread(t *testing.T, c config, name, raw string) {
	t.Helper()
	var value map[string]any
	if err := yamlUnmarshal(raw, &value); err != nil {
		return
	}
	c[Namespace+":"+name] = value
}

// After all the fixes of a message, and those of the messages that follow, the configuration must be accepted.
func TestFixesLeadToAnAcceptedConfiguration(t *testing.T) {
	t.Parallel()
	for _, file := range invalidFiles(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			var i invalid
			readYAML(t, file, &i)
			c := i.config(t)
			for name, raw := range i.Raw {
				reread(t, c, name, raw)
			}
			if i.Named == "" {
				mend(t, i.stack(), c)
			}
		})
	}
}

func mend(t *testing.T, stack string, c config) {
	t.Helper()
	const enough = 25
	for range enough {
		_, _, err := load(t, stack, c)
		var wrong *ConfigurationError
		if !errors.As(err, &wrong) {
			return
		}
		c.run(t, wrong.Problems[0].Fix)
	}
	_, _, err := load(t, stack, c)
	t.Errorf("still refused after %d fixes: %v", enough, err)
}

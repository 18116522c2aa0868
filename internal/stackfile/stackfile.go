// Package stackfile reads an environment out of a stack file, for commands that need nothing else: no Pulumi, no Azure.
package stackfile

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"sigs.k8s.io/yaml"

	"jitsi-meet-azure/internal/environment"
)

// name is the form of a stack file's name.
var name = regexp.MustCompile(`^Pulumi\.([^.]+)\.yaml$`)

// Read reads a stack file as Pulumi does. Each of changes sets one more value, "autoscale.maximum=8", which is read like one of the
// file's. The problems are warnings.
func Read(path string, changes ...string) (environment.Environment, []environment.Problem, error) {
	stack := name.FindStringSubmatch(filepath.Base(path))
	if stack == nil {
		return environment.Environment{}, nil, fmt.Errorf("%s is no stack file: they are called Pulumi.STACK.yaml", path)
	}
	content, err := os.ReadFile(path) //nolint:gosec // the file that the user names
	if err != nil {
		return environment.Environment{}, nil, fmt.Errorf("reading the stack file: %w", err)
	}
	config, err := environment.StackFile(content)
	if err != nil {
		return environment.Environment{}, nil, fmt.Errorf("reading %s: %w", path, err)
	}
	if config == nil {
		config = map[string]any{}
	}
	for key, value := range config {
		config[key] = withoutSecrets(value)
	}
	for _, change := range changes {
		if err := set(config, change); err != nil {
			return environment.Environment{}, nil, err
		}
	}
	env, warnings, err := environment.LoadConfig(stack[1], config)
	if err != nil {
		return environment.Environment{}, nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return env, warnings, nil
}

// set changes one value.
func set(config map[string]any, change string) error {
	path, text, found := strings.Cut(change, "=")
	parts := strings.Split(path, ".")
	if !found || path == "" {
		return fmt.Errorf("%q is no change of a setting: it should be like autoscale.maximum=8", change)
	}
	var value any
	if err := yaml.Unmarshal([]byte(text), &value); err != nil {
		return fmt.Errorf("the value of %s: %w", path, err)
	}
	parts[0] = environment.Namespace + ":" + parts[0]
	within := config
	for _, part := range parts[:len(parts)-1] {
		inner, object := within[part].(map[string]any)
		if !object {
			inner = map[string]any{}
			within[part] = inner
		}
		within = inner
	}
	within[parts[len(parts)-1]] = value
	return nil
}

// withoutSecrets puts something of the right form in the place of values that the file keeps encrypted. None has to do with how many
// of what there are.
func withoutSecrets(value any) any {
	switch value := value.(type) {
	case map[string]any:
		if _, secret := value["secure"]; secret && len(value) == 1 {
			return "https://secret.example.org"
		}
		for key, inner := range value {
			value[key] = withoutSecrets(inner)
		}
	case []any:
		for i, inner := range value {
			value[i] = withoutSecrets(inner)
		}
	}
	return value
}

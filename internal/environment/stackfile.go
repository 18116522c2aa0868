package environment

import (
	"fmt"

	"sigs.k8s.io/yaml"
)

// StackFile reads the configuration, by full key, out of a stack file such as Pulumi.dev.yaml.
func StackFile(content []byte) (config map[string]any, err error) {
	var file struct {
		Config map[string]any `json:"config"`
	}
	if err := yaml.Unmarshal(content, &file); err != nil {
		return nil, fmt.Errorf("not YAML of the right form: %w", err)
	}
	return file.Config, nil
}

// LoadConfig is [Load] for the configuration of a stack file, by full key. The error is a *[ConfigurationError] as well, except where a
// value cannot be written as Pulumi passes it.
func LoadConfig(stack string, config map[string]any) (Environment, []Problem, error) {
	raw, err := EncodePulumiConfig(config)
	if err != nil {
		return Environment{}, nil, err
	}
	return Load(stack, raw, Namespace)
}

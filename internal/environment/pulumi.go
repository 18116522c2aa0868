package environment

import (
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"strings"
)

// variable is where Pulumi puts the configuration of a running program.
const variable = "PULUMI_CONFIG"

// Load reads an environment from the configuration as Pulumi passes it to the program: raw is the value of the
// variable PULUMI_CONFIG, project the project's name. The second result holds warnings. The error is a
// *[ConfigurationError] with everything that is wrong.
func Load(stack, raw, project string) (Environment, []Problem, error) {
	settings, problems := FromPulumiConfig(raw, project)
	env, warnings, err := Parse(stack, settings)
	if len(problems) == 0 {
		return env, warnings, err
	}
	// A configuration that cannot be read at all would only add a long list of missing settings.
	if wrong := (*ConfigurationError)(nil); errors.As(err, &wrong) && len(settings) > 0 {
		problems = append(problems, wrong.Problems...)
	}
	return Environment{}, nil, &ConfigurationError{Problems: problems}
}

// FromPulumiConfig takes the project's settings out of the configuration that Pulumi passes to a program: a JSON object
// from full keys ("meet:location") to strings. Settings of other namespaces, such as azure-native's, are left out.
// Values stay as they are: scalars plain, objects and lists in JSON.
func FromPulumiConfig(raw, project string) (map[string]string, []Problem) {
	settings := map[string]string{}
	if raw == "" { // Pulumi leaves the variable out when nothing is configured.
		return settings, nil
	}
	root, err := decode(raw)
	if err != nil || root.kind != nodeObject {
		return settings, []Problem{unreadable(raw)}
	}
	var problems []Problem
	for _, name := range root.keys {
		setting, ours := strings.CutPrefix(name, project+":")
		if !ours {
			continue
		}
		if root.members[name].kind != nodeText {
			problems = append(problems, notText(name, root.members[name].text))
			continue
		}
		settings[setting] = root.members[name].text
	}
	for _, name := range root.repeated {
		if strings.HasPrefix(name, project+":") {
			problems = append(problems, repeatedKey(name))
		}
	}
	sort.SliceStable(problems, func(i, j int) bool { return problems[i].Path < problems[j].Path })
	return settings, problems
}

const runByPulumi = "run the program with pulumi, which sets " + variable + " itself"

func unreadable(raw string) Problem {
	return Problem{
		Path: variable, Value: show(raw), Allowed: "a JSON object from setting to text", Fix: runByPulumi,
	}
}

func notText(name, value string) Problem {
	return Problem{
		Path: variable + "[" + show(name) + "]", Value: show(value), Allowed: "a text (objects and lists as JSON in a text)",
		Fix: runByPulumi,
	}
}

func repeatedKey(name string) Problem {
	return Problem{
		Path: variable + "[" + show(name) + "]", Value: "given twice", Allowed: "every setting once", Fix: runByPulumi,
	}
}

// EncodePulumiConfig is the way back: it writes the configuration of a stack file, by full key, the way Pulumi passes it
// to a program.
func EncodePulumiConfig(config map[string]any) (string, error) {
	texts := make(map[string]string, len(config))
	for name, value := range config {
		if text, ok := value.(string); ok {
			texts[name] = text
			continue
		}
		encoded, err := json.Marshal(value)
		if err != nil {
			return "", fmt.Errorf("encoding the setting %s: %w", name, err)
		}
		texts[name] = string(encoded)
	}
	encoded, err := json.Marshal(texts)
	if err != nil {
		return "", fmt.Errorf("encoding the configuration: %w", err)
	}
	return string(encoded), nil
}

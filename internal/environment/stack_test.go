package environment

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// config is what a stack file holds: full keys to values.
type config map[string]any

// readStack reads a stack file of the project.
func readStack(tb testing.TB, stack string) config {
	tb.Helper()
	var file struct {
		Config config `json:"config"`
	}
	readYAML(tb, filepath.Join("..", "..", "Pulumi."+stack+".yaml"), &file)
	return file.Config
}

func readYAML(tb testing.TB, path string, into any) {
	tb.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	if err := yaml.UnmarshalStrict(content, into); err != nil {
		tb.Fatalf("%s: %v", path, err)
	}
}

// load passes a configuration through Pulumi's form, as the running program gets it.
func load(tb testing.TB, stack string, from config) (Environment, []Problem, error) {
	tb.Helper()
	raw, err := EncodePulumiConfig(from)
	if err != nil {
		tb.Fatal(err)
	}
	return Load(stack, raw, Namespace)
}

// The functions below do what "pulumi config set" and "pulumi config rm" do to a stack file.

var step = regexp.MustCompile(`([A-Za-z_][A-Za-z0-9_:]*)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]`)

// steps splits a path: keys become strings, positions ints.
func steps(t *testing.T, path string) []any {
	t.Helper()
	var all []any
	for _, found := range step.FindAllStringSubmatch(path, -1) {
		switch {
		case found[1] != "":
			all = append(all, found[1])
		case found[2] != "":
			index, err := strconv.Atoi(found[2])
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, index)
		default:
			key, err := strconv.Unquote(found[3])
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, key)
		}
	}
	return all
}

// put sets the value at a path of a tree and returns the tree, made where it was missing.
func put(t *testing.T, tree any, path []any, value any) any {
	t.Helper()
	if len(path) == 0 {
		return value
	}
	if index, ok := path[0].(int); ok {
		list, _ := tree.([]any)
		if index > len(list) {
			t.Fatalf("Pulumi cannot set element %d of a list of %d", index, len(list))
		}
		if index == len(list) {
			list = append(list, nil)
		}
		list[index] = put(t, list[index], path[1:], value)
		return list
	}
	object, ok := tree.(map[string]any)
	if !ok {
		object = map[string]any{}
	}
	key, _ := path[0].(string)
	object[key] = put(t, object[key], path[1:], value)
	return object
}

// drop removes what is at a path of a tree and returns the tree.
func drop(tree any, path []any) any {
	switch parent := tree.(type) {
	case map[string]any:
		key, _ := path[0].(string)
		if len(path) == 1 {
			delete(parent, key)
		} else {
			parent[key] = drop(parent[key], path[1:])
		}
		return parent
	case []any:
		index, _ := path[0].(int)
		if len(path) == 1 {
			return append(parent[:index:index], parent[index+1:]...)
		}
		parent[index] = drop(parent[index], path[1:])
	}
	return tree
}

// run applies a fixing command to a configuration.
func (c config) run(t *testing.T, command string) {
	t.Helper()
	for single := range strings.SplitSeq(command, " && ") {
		c.runSingle(t, single)
	}
}

func (c config) runSingle(t *testing.T, command string) {
	t.Helper()
	words := shellWords(t, command)
	if len(words) < 6 || words[0] != "pulumi" || words[1] != "config" || words[3] != "--stack" {
		t.Fatalf("not a command that mends a configuration: %s", command)
	}
	action, rest := words[2], words[5:]
	if rest[0] == "--secret" {
		rest = rest[1:]
	}
	if rest[0] == "--path" {
		rest = rest[1:]
	}
	path := steps(t, rest[0])
	switch action {
	case "set":
		put(t, map[string]any(c), path, coerce(rest[1], len(path) > 1))
	case "rm":
		drop(map[string]any(c), path)
	default:
		t.Fatalf("unknown command: %s", command)
	}
}

// coerce turns text into what Pulumi stores: below the top level, integers and booleans become such.
func coerce(text string, nested bool) any {
	var value any = text
	if nested && (text == "true" || text == "false" || regexp.MustCompile(`^(0|-?[1-9][0-9]*)$`).MatchString(text)) {
		if err := json.Unmarshal([]byte(text), &value); err != nil {
			return text
		}
	}
	return value
}

// shellWords splits a command as a POSIX shell does. Of command substitutions it knows those of the fixes.
func shellWords(t *testing.T, command string) []string {
	t.Helper()
	for _, known := range [][2]string{
		{`"$(cat ~/.ssh/id_ed25519.pub)"`, quote("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKd62siuUFrebu5M5N1/+MK1pp8M70lKvPlK0N4uywwA me")},
		{groupFix, exampleGUID},
		{vaultFix, exampleVault},
		{tenantFix, exampleGUID},
		{webhookFix, "https://hooks.example.org/alerts/1"},
	} {
		command = strings.ReplaceAll(command, known[0], known[1])
	}
	var words []string
	word, quoted, started := "", false, false
	for i := range len(command) {
		switch ch := command[i]; {
		case ch == '\'':
			quoted, started = !quoted, true
		case quoted:
			word += string(ch)
		case ch == '\\':
			started = true // only ever before a single quote, which toggles twice
			word += "'"
			quoted = true
		case ch == ' ':
			if started {
				words = append(words, word)
			}
			word, started = "", false
		case strings.ContainsRune("$`\"&|;<>()*?#~", rune(ch)):
			t.Fatalf("%q is not quoted in: %s", ch, command)
		default:
			word, started = word+string(ch), true
		}
	}
	if started {
		words = append(words, word)
	}
	if quoted {
		t.Fatalf("open quote in: %s", command)
	}
	return words
}

// same compares problems by what is wrong.
func (p Problem) same(other Problem) bool {
	return p.Path == other.Path && p.Value == other.Value && p.Allowed == other.Allowed
}

func yamlUnmarshal(text string, into any) error { return yaml.Unmarshal([]byte(text), into) }

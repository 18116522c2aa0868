package workspace

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"gopkg.in/yaml.v3"
)

// saltKey is where Pulumi keeps the salt of a stack's passphrase.
const saltKey = "encryptionsalt"

// writeProject copies Pulumi.yaml, pointed at the prebuilt program and at the repository, and returns the project's name.
func (w Workspace) writeProject(program string) (string, error) {
	if _, err := os.Stat(program); err != nil {
		return "", fmt.Errorf("the program is not built: %w", err)
	}
	document, err := readYAML(filepath.Join(w.root, "Pulumi.yaml"))
	if err != nil {
		return "", err
	}
	name := lookUp(document, "name")
	if name == nil || name.Value == "" {
		return "", errors.New("the project in Pulumi.yaml has no name")
	}
	runtime := mapping()
	set(runtime, "name", text("go"))
	set(runtime, "options", mapping())
	set(lookUp(runtime, "options"), "binary", text(program))
	set(document, "runtime", runtime)
	set(document, "main", text(w.root))
	return name.Value, writeYAML(filepath.Join(w.Project(), "Pulumi.yaml"), document)
}

// Configured says what is missing where the stack has no configuration, and which environments there are instead.
func (w Workspace) Configured() error {
	_, err := os.Stat(w.config)
	if !errors.Is(err, os.ErrNotExist) {
		return err
	}
	files, err := filepath.Glob(filepath.Join(w.root, stackFile("*")))
	if err != nil {
		return fmt.Errorf("look for environments: %w", err)
	}
	environments := make([]string, 0, len(files))
	for _, file := range files {
		name := strings.TrimPrefix(filepath.Base(file), "Pulumi.")
		environments = append(environments, strings.TrimSuffix(name, ".yaml"))
	}
	return fmt.Errorf("there is no %s; the environments are: %s", w.ConfigFile(), strings.Join(environments, ", "))
}

// ConfigFile is the name of the file with the stack's configuration.
func (w Workspace) ConfigFile() string { return filepath.Base(w.config) }

// writeStack copies Pulumi.<stack>.yaml with the local passphrase in place of the real secrets provider. The salt that
// Pulumi added to an earlier copy is kept: the state's secrets need it.
func (w Workspace) writeStack(project string, config map[string]string) error {
	document, err := readYAML(w.config)
	if err != nil {
		return err
	}
	if secrets := secureKeys(lookUp(document, "config")); len(secrets) > 0 {
		return fmt.Errorf("%s: %s is encrypted for the real environment and cannot be read locally",
			w.ConfigFile(), strings.Join(secrets, ", "))
	}
	for _, key := range []string{"secretsprovider", "encryptedkey", saltKey} {
		remove(document, key)
	}
	copied := filepath.Join(w.Project(), stackFile(w.stack))
	salt, err := earlierSalt(copied)
	if err != nil {
		return err
	}
	if salt != "" {
		set(document, saltKey, text(salt))
	}
	override(document, project, config)
	return writeYAML(copied, document)
}

// Setting reads one value of the stack's configuration, for example Setting("bridges", "vmSize").
func (w Workspace) Setting(path ...string) (string, error) {
	project, err := readYAML(filepath.Join(w.root, "Pulumi.yaml"))
	if err != nil {
		return "", err
	}
	document, err := readYAML(w.config)
	if err != nil {
		return "", err
	}
	node := lookUp(document, "config")
	for i, key := range path {
		if node == nil {
			break
		}
		parent := node
		node = lookUp(parent, key)
		if name := lookUp(project, "name"); i == 0 && node == nil && name != nil {
			node = lookUp(parent, name.Value+":"+key)
		}
	}
	if node == nil || node.Kind != yaml.ScalarNode {
		return "", fmt.Errorf("%s has no %s", w.ConfigFile(), strings.Join(path, "."))
	}
	return node.Value, nil
}

// secureKeys lists the settings that hold encrypted values anywhere inside.
func secureKeys(config *yaml.Node) []string {
	var keys []string
	for i := 0; config != nil && i+1 < len(config.Content); i += 2 {
		if hasSecure(config.Content[i+1]) {
			keys = append(keys, config.Content[i].Value)
		}
	}
	return keys
}

func hasSecure(node *yaml.Node) bool {
	if node.Kind == yaml.MappingNode && len(node.Content) == 2 && node.Content[0].Value == "secure" {
		return true
	}
	for _, child := range node.Content {
		if hasSecure(child) {
			return true
		}
	}
	return false
}

// earlierSalt reads the salt from the copy of an earlier run, if there was one.
func earlierSalt(copied string) (string, error) {
	document, err := readYAML(copied)
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if salt := lookUp(document, saltKey); salt != nil {
		return salt.Value, nil
	}
	return "", nil
}

func override(document *yaml.Node, project string, settings map[string]string) {
	if len(settings) == 0 {
		return
	}
	config := lookUp(document, "config")
	if config == nil || config.Kind != yaml.MappingNode {
		config = mapping()
		set(document, "config", config)
	}
	keys := make([]string, 0, len(settings))
	for key := range settings {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	for _, key := range keys {
		remove(config, key) // Both spellings name the same setting.
		set(config, project+":"+key, text(settings[key]))
	}
}

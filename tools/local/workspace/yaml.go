package workspace

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"gopkg.in/yaml.v3"
)

// The files are edited as trees of nodes, not decoded: what is not touched keeps its exact spelling, such as the quotes
// that make "04:00" a string.

// readYAML reads a file whose document is a mapping. An empty file is an empty mapping.
func readYAML(path string) (*yaml.Node, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var document yaml.Node
	if err := yaml.Unmarshal(content, &document); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if document.Kind == 0 {
		return mapping(), nil
	}
	root := document.Content[0]
	if root.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("%s: the document is not a mapping", path)
	}
	return root, nil
}

// writeYAML replaces the file in one step, so that an interrupted run leaves the earlier file.
func writeYAML(path string, root *yaml.Node) (err error) {
	content, err := yaml.Marshal(root)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	scratch, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(scratch.Name()) // The write's own error says more.
		}
	}()
	_, writeErr := scratch.Write(content)
	if err := errors.Join(writeErr, scratch.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return os.Rename(scratch.Name(), path)
}

func mapping() *yaml.Node { return &yaml.Node{Kind: yaml.MappingNode} }

func text(value string) *yaml.Node {
	node := &yaml.Node{}
	node.SetString(value)
	return node
}

// lookUp returns the value of key, or nil.
func lookUp(root *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(root.Content); i += 2 {
		if root.Content[i].Value == key {
			return root.Content[i+1]
		}
	}
	return nil
}

func set(root *yaml.Node, key string, value *yaml.Node) {
	remove(root, key)
	root.Content = append(root.Content, text(key), value)
}

func remove(root *yaml.Node, key string) {
	for i := 0; i+1 < len(root.Content); i += 2 {
		if root.Content[i].Value == key {
			root.Content = append(root.Content[:i], root.Content[i+2:]...)
			return
		}
	}
}

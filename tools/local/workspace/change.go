package workspace

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// Change sets one value in the stack's configuration, as an edit of its file does; everything else keeps its spelling. The
// path names the setting, then keys and list positions below it: "jitsi.imageTag", "shards[0].zone". Keys that contain a
// dot cannot be named. A nil value takes the setting out; the position after a list's last item adds one.
//
// The configuration in the repository is its users' and is refused: give the workspace a copy ([Options].Config).
func (w Workspace) Change(path string, value any) error {
	if w.config == filepath.Join(w.root, stackFile(w.stack)) {
		return fmt.Errorf("set %s: %s in the repository is not to be changed", path, w.ConfigFile())
	}
	document, err := readYAML(w.config)
	if err != nil {
		return err
	}
	config := lookUp(document, "config")
	if config == nil || config.Kind != yaml.MappingNode {
		config = mapping()
		set(document, "config", config)
	}
	steps, err := w.stepsOf(path, config)
	if err != nil {
		return err
	}
	var node *yaml.Node
	if value != nil {
		node = &yaml.Node{}
		if err := node.Encode(value); err != nil {
			return fmt.Errorf("set %s: %w", path, err)
		}
	}
	if err := change(config, steps, node); err != nil {
		return fmt.Errorf("set %s: %w", path, err)
	}
	return writeYAML(w.config, document)
}

// stepsOf takes a path apart: "shards[0].zone" is meet:shards, 0, zone in the project meet, or as the configuration spells it.
func (w Workspace) stepsOf(path string, config *yaml.Node) ([]string, error) {
	steps := strings.Split(strings.ReplaceAll(strings.ReplaceAll(path, "[", "."), "]", ""), ".")
	for _, step := range steps {
		if step == "" {
			return nil, fmt.Errorf("%q is not the path of a setting", path)
		}
	}
	project, err := readYAML(filepath.Join(w.root, "Pulumi.yaml"))
	if err != nil {
		return nil, err
	}
	if name := lookUp(project, "name"); name != nil && lookUp(config, steps[0]) == nil {
		steps[0] = name.Value + ":" + steps[0]
	}
	return steps, nil
}

// change puts the value where the steps lead from a mapping or a list, and makes the mappings on the way; nil removes.
func change(from *yaml.Node, steps []string, value *yaml.Node) error {
	if from.Kind == yaml.SequenceNode {
		return changeItem(from, steps, value)
	}
	if from.Kind != yaml.MappingNode {
		return fmt.Errorf("there is nothing below a %s", strings.TrimPrefix(from.Tag, "!!"))
	}
	key := steps[0]
	switch next := lookUp(from, key); {
	case len(steps) == 1 && value == nil:
		remove(from, key)
	case len(steps) == 1 && next != nil:
		*next = *value // keeps its place
	case len(steps) == 1:
		set(from, key, value)
	case next == nil && value == nil:
		return nil
	case next == nil:
		below := mapping()
		set(from, key, below)
		return change(below, steps[1:], value)
	default:
		return change(next, steps[1:], value)
	}
	return nil
}

var errPosition = errors.New("the list has no such position")

func changeItem(list *yaml.Node, steps []string, value *yaml.Node) error {
	at, err := strconv.Atoi(steps[0])
	if err != nil || at < 0 || at > len(list.Content) || at == len(list.Content) && (len(steps) > 1 || value == nil) {
		return fmt.Errorf("[%s]: %w", steps[0], errPosition)
	}
	switch {
	case len(steps) > 1:
		return change(list.Content[at], steps[1:], value)
	case value == nil:
		list.Content = append(list.Content[:at], list.Content[at+1:]...)
	case at == len(list.Content):
		list.Content = append(list.Content, value)
	default:
		list.Content[at] = value
	}
	return nil
}

package environment

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// deepest is how far a value may nest. The deepest setting needs four levels; the limit only keeps recursion small.
const deepest = 16

var errTooDeep = errors.New("it nests too deeply")

// nodeKind is what a JSON value is.
type nodeKind int

const (
	nodeNull nodeKind = iota
	nodeText
	nodeNumber
	nodeBoolean
	nodeObject
	nodeList
)

// node is a JSON value that still knows what encoding/json forgets: keys given twice, and numbers as they were written.
type node struct {
	kind     nodeKind
	text     string // of a text its content; of everything else how it is written
	keys     []string
	members  map[string]*node
	repeated []string // keys given more than once; the last value counts
	items    []*node
}

// decode reads exactly one JSON value.
func decode(raw string) (*node, error) {
	if !json.Valid([]byte(raw)) {
		return nil, errors.New("it is not JSON")
	}
	return decodeNode(json.RawMessage(raw), deepest)
}

func decodeNode(raw json.RawMessage, depth int) (*node, error) {
	if depth == 0 {
		return nil, errTooDeep
	}
	text := strings.TrimSpace(string(raw))
	n := &node{text: text}
	var err error
	switch text[0] {
	case '{':
		n.kind = nodeObject
		err = n.decodeMembers(depth)
	case '[':
		n.kind = nodeList
		err = n.decodeItems(depth)
	case '"':
		n.kind = nodeText
		err = json.Unmarshal(raw, &n.text)
	case 't', 'f':
		n.kind = nodeBoolean
	case 'n':
		n.kind = nodeNull
	default:
		n.kind = nodeNumber
	}
	if err != nil {
		return nil, err
	}
	return n, nil
}

func (n *node) decodeMembers(depth int) error {
	decoder := json.NewDecoder(strings.NewReader(n.text))
	if _, err := decoder.Token(); err != nil {
		return fmt.Errorf("reading an object: %w", err)
	}
	n.members = map[string]*node{}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return fmt.Errorf("reading a key: %w", err)
		}
		name, _ := token.(string)
		member, err := decodeNext(decoder, depth)
		if err != nil {
			return err
		}
		n.add(name, member)
	}
	return nil
}

func (n *node) add(name string, member *node) {
	if _, given := n.members[name]; given {
		if !slices.Contains(n.repeated, name) {
			n.repeated = append(n.repeated, name)
		}
	} else {
		n.keys = append(n.keys, name)
	}
	n.members[name] = member
}

func (n *node) decodeItems(depth int) error {
	decoder := json.NewDecoder(strings.NewReader(n.text))
	if _, err := decoder.Token(); err != nil {
		return fmt.Errorf("reading a list: %w", err)
	}
	for decoder.More() {
		item, err := decodeNext(decoder, depth)
		if err != nil {
			return err
		}
		n.items = append(n.items, item)
	}
	return nil
}

func decodeNext(decoder *json.Decoder, depth int) (*node, error) {
	var raw json.RawMessage
	if err := decoder.Decode(&raw); err != nil {
		return nil, fmt.Errorf("reading a value: %w", err)
	}
	return decodeNode(raw, depth-1)
}

package environment

import (
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// checker reads a configuration against the settings and collects everything that is wrong with it.
type checker struct {
	commands
	values   map[string]string // accepted scalars by path, as text; with the fallbacks
	counts   map[string]int    // elements of every list, by path
	labels   map[string]string
	refused  map[string]bool // paths with a problem
	problems []Problem
	warnings []Problem
}

func newChecker(stack string) *checker {
	return &checker{
		commands: commands{stack: stack}, values: map[string]string{}, counts: map[string]int{},
		labels: map[string]string{}, refused: map[string]bool{},
	}
}

// refuse records a problem. Later rules leave the path alone, so that one slip gives one message.
func (c *checker) refuse(path, value, allowed, fix string) {
	c.refused[path] = true
	c.problems = append(c.problems, Problem{Path: path, Value: value, Allowed: allowed, Fix: fix})
}

func (c *checker) warn(path, value, allowed, fix string) {
	c.warnings = append(c.warnings, Problem{Path: path, Value: value, Allowed: allowed, Fix: fix})
}

// fine says whether none of the paths, nor anything that they lie in, has been refused.
func (c *checker) fine(paths ...string) bool {
	for _, path := range paths {
		for end := len(path); end > 0; end = strings.LastIndexAny(path[:end], ".[") {
			if c.refused[path[:end]] {
				return false
			}
		}
	}
	return true
}

// read takes the value n of a setting; nil means that it is left out.
func (c *checker) read(path string, s setting, n *node) {
	switch {
	case n == nil:
		c.readNothing(path, s)
	case s.kind == object:
		c.readObject(path, s, n)
	case s.kind == items:
		c.readItems(path, s, n)
	case s.kind == labels:
		c.readLabels(path, s, n)
	default:
		c.readScalar(path, s, n)
	}
}

func (c *checker) readNothing(path string, s setting) {
	switch {
	case s.kind == object && s.optional:
		// None of it is there, so nothing of it is missing.
	case s.kind == object:
		for _, member := range s.members {
			c.read(join(path, member.name), member, nil)
		}
	case s.required():
		c.refuse(path, missing, s.allowed, c.firstFix(path, s))
	case s.kind == items && s.fallback != "":
		c.counts[path] = 1
		c.values[element(path, 0)] = s.fallback
	case s.fallback != "":
		c.values[path] = s.fallback
	}
}

// firstFix sets a setting, or the first scalar within it.
func (c *checker) firstFix(path string, s setting) string {
	switch {
	case s.kind == items:
		return c.firstFix(element(path, 0), s.members[0])
	case s.kind == object:
		return c.firstFix(join(path, s.members[0].name), s.members[0])
	case s.secret:
		return c.setSecret(path, s.fix)
	case s.fix != "":
		return c.setRaw(path, s.fix)
	default:
		return c.set(path, s.suggestion())
	}
}

func (c *checker) readObject(path string, s setting, n *node) {
	if n.kind != nodeObject {
		c.refuseShape(path, s, n, "an object with the keys "+strings.Join(memberNames(s), ", "))
		return
	}
	c.refuseRepeated(path, s, n)
	c.refuseUnknown(path, memberNames(s), n.keys, func(name string) string { return shown(s, n.members[name]) })
	for _, member := range s.members {
		c.read(join(path, member.name), member, n.members[member.name])
	}
}

func memberNames(s setting) []string {
	names := make([]string, 0, len(s.members))
	for _, member := range s.members {
		names = append(names, member.name)
	}
	return names
}

func (c *checker) readItems(path string, s setting, n *node) {
	if n.kind != nodeList {
		c.refuseShape(path, s, n, s.allowed)
		return
	}
	c.counts[path] = len(n.items)
	for i, item := range n.items {
		c.read(element(path, i), s.members[0], item)
	}
}

func (c *checker) readLabels(path string, s setting, n *node) {
	if n.kind != nodeObject {
		c.refuseShape(path, s, n, s.allowed)
		return
	}
	c.refuseRepeated(path, s, n)
	for _, name := range n.keys {
		value, ok := scalar(text, n.members[name])
		if !ok {
			c.refuse(join(path, name), show(n.members[name].text), "a text", c.remove(join(path, name)))
			continue
		}
		c.labels[name] = value
	}
}

func (c *checker) readScalar(path string, s setting, n *node) {
	value, ok := scalar(s.kind, n)
	if ok && (s.valid == nil || s.valid(value)) {
		c.values[path] = value
		return
	}
	allowed, fix := s.allowed, c.firstFix(path, s)
	if s.advise != nil && n.kind == nodeText {
		said, better := s.advise(n.text)
		if said != "" {
			allowed = said
		}
		if better != "" {
			fix = c.set(path, better)
		}
	}
	c.refuse(path, shown(s, n), allowed, fix)
}

// hiddenValue stands for a value that no message may show.
const hiddenValue = "[secret]"

// shown is a value as a message shows it. Where a secret belongs, or may have been meant, it shows nothing.
func shown(s setting, n *node) string {
	if s.holdsSecret() {
		return hiddenValue
	}
	return show(n.text)
}

// canonical is how Pulumi writes integers.
var canonical = regexp.MustCompile(`\A(?:0|-?[1-9][0-9]*)\z`)

// scalar returns a value as text if it has the kind. Pulumi stores scalars of the top level as text and turns nested
// texts that look like integers or booleans into these, so both forms are accepted for both.
func scalar(k kind, n *node) (string, bool) {
	switch n.kind {
	case nodeText:
		return n.text, k == text || readsAs(k, n.text)
	case nodeNumber:
		return n.text, canonical.MatchString(n.text) && (k == integer || k == text)
	case nodeBoolean:
		return n.text, k == boolean || k == text
	default:
		return "", false
	}
}

// readsAs says whether a text is an integer or a boolean, where one is wanted.
func readsAs(k kind, value string) bool {
	if k == integer {
		return canonical.MatchString(value)
	}
	return k == boolean && (value == "true" || value == "false")
}

// refuseShape reports a scalar where an object or a list belongs, or the other way round. Pulumi replaces a whole
// setting by setting a part of it, but refuses to do so deeper down.
func (c *checker) refuseShape(path string, s setting, n *node, allowed string) {
	fix := c.remove(path)
	if !strings.ContainsAny(path, ".[") && s.kind != labels {
		fix = c.firstFix(path, s)
	}
	c.refuse(path, shown(s, n), allowed, fix)
}

func (c *checker) refuseRepeated(path string, s setting, n *node) {
	for _, name := range n.repeated {
		at := join(path, name)
		fix := c.remove(at)
		if value, ok := scalar(text, n.members[name]); ok && !s.holdsSecret() {
			fix = c.set(at, value)
		}
		c.refuse(at, "given twice", "every key once", fix)
	}
}

// refuseUnknown reports keys that no setting has.
func (c *checker) refuseUnknown(path string, known, given []string, value func(string) string) {
	unknown := slices.DeleteFunc(slices.Clone(given), func(name string) bool { return slices.Contains(known, name) })
	sort.Strings(unknown)
	for _, name := range unknown {
		allowed := "no such key; known here: " + strings.Join(known, ", ")
		if near := nearest(name, known); near != "" {
			allowed = "no such key; " + strconv.Quote(near) + " was probably meant"
		}
		at := join(path, name)
		c.refuse(at, value(name), allowed, c.remove(at))
	}
}

package environment

import (
	"regexp"
	"strconv"
	"strings"
)

// commands writes the Pulumi commands that mend problems. The stack is always named: the one that a shell has selected
// may be another.
type commands struct {
	stack string
}

// set is the command that gives the setting at path a value.
func (c commands) set(path, value string) string {
	return c.setRaw(path, quote(value))
}

// setRaw is like set for a value that is already shell code, for example a command substitution.
func (c commands) setRaw(path, code string) string {
	words := append([]string{"pulumi", "config", "set", "--stack", quote(c.stack)}, key(path)...)
	return strings.Join(append(words, code), " ")
}

// setSecret is like setRaw for a value that the stack file keeps encrypted.
func (c commands) setSecret(path, code string) string {
	words := append([]string{"pulumi", "config", "set", "--stack", quote(c.stack), "--secret"}, key(path)...)
	return strings.Join(append(words, code), " ")
}

// remove is the command that takes the setting at path away.
func (c commands) remove(path string) string {
	words := []string{"pulumi", "config", "rm", "--stack", quote(c.stack)}
	return strings.Join(append(words, key(path)...), " ")
}

// key names a setting on Pulumi's command line. Only nested ones need --path.
func key(path string) []string {
	name := quote(Namespace + ":" + path)
	if strings.ContainsAny(path, ".[") {
		return []string{"--path", name}
	}
	return []string{name}
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./:@%+,=-]+$`)

// quote makes a POSIX shell read text as one word, as it is.
func quote(text string) string {
	if plainWord.MatchString(text) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

var plainKey = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// join appends a key of an object to a path. Unusual keys are written in brackets, as Pulumi's property paths are.
func join(path, name string) string {
	switch {
	case !plainKey.MatchString(name):
		return path + "[" + strconv.Quote(name) + "]"
	case path == "":
		return name
	default:
		return path + "." + name
	}
}

// element appends a position in a list to a path.
func element(path string, index int) string {
	return path + "[" + strconv.Itoa(index) + "]"
}

package environment

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Namespace is the Pulumi project's name and so the namespace of every setting: "meet:location" and so on.
const Namespace = "meet"

// missing is the Value of a problem with a setting that is not there.
const missing = "missing"

// Problem is one thing that is wrong with the configuration (or, as a warning, doubtful).
type Problem struct {
	// Path names the setting as Pulumi does, without the namespace: "shards[2].zone".
	Path string
	// Value is what the configuration says, shortened and quoted where it would not be readable; "missing" if it says
	// nothing.
	Value string
	// Allowed says what is accepted there, and why where that is not obvious.
	Allowed string
	// Fix is a shell command that mends the problem.
	Fix string
}

// String gives the problem in three lines, ready to be printed.
func (p Problem) String() string {
	return fmt.Sprintf("%s is %s\n  allowed: %s\n  fix:     %s", p.Path, p.Value, p.Allowed, p.Fix)
}

// ConfigurationError holds everything that is wrong with a configuration. The order is that of the documentation, and
// the same for the same configuration.
type ConfigurationError struct {
	Problems []Problem
}

// Error lists all problems, each in three lines.
func (e *ConfigurationError) Error() string {
	lines := make([]string, 0, len(e.Problems)+1)
	lines = append(lines, fmt.Sprintf("the configuration has %s:", count(len(e.Problems), "problem")))
	for _, p := range e.Problems {
		lines = append(lines, p.String())
	}
	return strings.Join(lines, "\n\n")
}

// count writes "1 problem", "2 problems".
func count(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

// longestShown is how much of a value a message shows, in characters.
const longestShown = 80

// readable matches plain words, and JSON on one line.
var readable = regexp.MustCompile(`^([A-Za-z0-9_./:@+*-]+|[{\[][[:print:]]*)$`)

// show makes a value readable in a message, whatever it holds.
func show(value string) string {
	shown := []rune(strings.ToValidUTF8(value, "\uFFFD"))
	suffix := ""
	if len(shown) > longestShown {
		shown, suffix = shown[:longestShown], fmt.Sprintf(" (and %d more characters)", len(shown)-longestShown)
	}
	if text := string(shown); readable.MatchString(text) && text != missing {
		return text + suffix
	}
	return strconv.Quote(string(shown)) + suffix
}

// list joins words as in "1, 2 or 3".
func list(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}

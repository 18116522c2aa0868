package environment

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// position is where a message about a path belongs: first by the setting of the top level, then by the element of a
// list, then by the place within.
type position [3]int

// inOrder sorts problems by the order of the settings that they are about. Those about one setting stay in the order in
// which they were found. What is no setting, such as a misspelled one or the stack itself, comes first.
func inOrder(problems []Problem) {
	ranks := map[string]int{}
	rank("", settings(), ranks)
	slices.SortStableFunc(problems, func(a, b Problem) int {
		x, y := place(a.Path, ranks), place(b.Path, ranks)
		return slices.Compare(x[:], y[:])
	})
}

// rank numbers the paths of settings, without positions, as they come.
func rank(path string, members []setting, ranks map[string]int) {
	for _, s := range members {
		at := path
		if s.name != "" {
			at = join(path, s.name)
			ranks[at] = len(ranks) + 1
		}
		rank(at, s.members, ranks)
	}
}

var inBrackets = regexp.MustCompile(`\[(\d+)\]`)

func place(path string, ranks map[string]int) position {
	index := -1
	if found := inBrackets.FindStringSubmatch(path); found != nil {
		index, _ = strconv.Atoi(found[1])
	}
	inner := inBrackets.ReplaceAllString(path, "")
	return position{ranks[topLevel(path)], index, ranks[known(inner, ranks)]}
}

// known is the path, or the nearest setting around it.
func known(path string, ranks map[string]int) string {
	for path != "" && ranks[path] == 0 {
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return path
}

func topLevel(path string) string {
	if end := strings.IndexAny(path, ".["); end >= 0 {
		return path[:end]
	}
	return path
}

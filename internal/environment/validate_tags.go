package environment

import (
	"fmt"
	"sort"
	"strings"
	"unicode/utf8"

	"jitsi-meet-azure/internal/tags"
)

// Limits of Azure. Source: Azure docs, "Use tags to organize your Azure resources", limitations. The length of a name is
// that of storage accounts, the strictest resource with tags here.
const (
	mostTags        = 50
	longestTagName  = 128
	longestTagValue = 256
	forbiddenInTags = `<>%&\?/`
)

func checkTags(c *checker, _ *Environment) {
	if !c.fine("tags") {
		return
	}
	standing := tags.For(nil, "e", "c", "s")
	if most := mostTags - len(standing); len(c.labels) > most {
		c.refuse("tags", "an object of "+count(len(c.labels), "tag"),
			fmt.Sprintf("at most %d tags: Azure takes %d, and %d are standing ones", most, mostTags, len(standing)),
			c.remove(join("tags", sortedKeys(c.labels)[len(c.labels)-1])))
	}
	seen := map[string]string{}
	for _, name := range sortedKeys(c.labels) {
		at := join("tags", name)
		folded := strings.ToLower(name)
		other, taken := seen[folded]
		switch fault := tagNameFault(name, standing); {
		case fault != "":
			c.refuse(at, show(c.labels[name]), fault, c.remove(at))
		case taken:
			c.refuse(at, show(c.labels[name]), "tag names that differ not only in case: "+show(other)+" is there too", c.remove(at))
		case utf8.RuneCountInString(c.labels[name]) > longestTagValue:
			c.refuse(at, show(c.labels[name]), fmt.Sprintf("at most %d characters", longestTagValue), c.remove(at))
		}
		seen[folded] = name
	}
}

// tagNameFault says what names are allowed if this one is not.
func tagNameFault(name string, standing map[string]string) string {
	folded := strings.ToLower(name)
	if name == "" || utf8.RuneCountInString(name) > longestTagName || strings.ContainsAny(name, forbiddenInTags) {
		return fmt.Sprintf("a tag name of 1 to %d characters without any of %s", longestTagName, forbiddenInTags)
	}
	for _, reserved := range []string{"microsoft", "azure", "windows"} {
		if strings.HasPrefix(folded, reserved) {
			return "a tag name that does not start with microsoft, azure or windows: Azure reserves these"
		}
	}
	if _, taken := standing[folded]; taken {
		return "a tag name other than " + list(sortedKeys(standing)) + ": every resource has these already"
	}
	return ""
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}

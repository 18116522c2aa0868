// Package arm reads and makes the ids of Azure Resource Manager. It is pure.
package arm

import (
	"fmt"
	"regexp"
	"strings"
)

var (
	placeholder = regexp.MustCompile(`\{(\w+)\}`)
	idText      = regexp.MustCompile(`(?i)^/subscriptions/[0-9a-f-]{36}(/[^/\s{}"'*]+)*$`)
	guidText    = regexp.MustCompile(`(?i)^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
)

// InGroup is the path of a resource in a resource group.
func InGroup(rest string) string {
	return "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}" + rest
}

// NameProperties are the inputs that form the id, in the order of the path.
func NameProperties(path string) []string {
	var names []string
	for _, match := range placeholder.FindAllStringSubmatch(path, -1) {
		if match[1] != "subscriptionId" {
			names = append(names, match[1])
		}
	}
	return names
}

// Expand fills a path with inputs. The error names the first input that is missing.
func Expand(path, subscription string, input func(name string) string) (string, error) {
	var missing string
	id := placeholder.ReplaceAllStringFunc(path, func(match string) string {
		name := strings.Trim(match, "{}")
		if name == "subscriptionId" {
			return subscription
		}
		value := input(name)
		if value == "" && missing == "" {
			missing = name
		}
		return strings.Trim(value, "/")
	})
	if missing != "" {
		return "", fmt.Errorf("the id needs the property %q", missing)
	}
	return id, nil
}

// Parse reads the id-forming inputs back out of an id, for imports.
func Parse(path, id string) (map[string]string, error) {
	pattern := strings.NewReplacer(`\{`, "{", `\}`, "}").Replace(regexp.QuoteMeta(path))
	var names []string
	pattern = placeholder.ReplaceAllStringFunc(pattern, func(match string) string {
		name := strings.Trim(match, "{}")
		names = append(names, name)
		if name == "scope" || name == "resourceUri" {
			return `(.+)`
		}
		return `([^/]+)`
	})
	match := regexp.MustCompile(`(?i)^` + pattern + `$`).FindStringSubmatch(id)
	if match == nil {
		return nil, fmt.Errorf("id %q has not the form %q", id, path)
	}
	inputs := map[string]string{}
	for i, name := range names {
		if name != "subscriptionId" {
			inputs[name] = match[i+1]
		}
	}
	return inputs, nil
}

// TypeOf is the resource type of an id, for example "Microsoft.Network/virtualNetworks/subnets".
func TypeOf(id string) string {
	at := strings.LastIndex(id, "/providers/")
	if at < 0 {
		return "Microsoft.Resources/resourceGroups"
	}
	parts := strings.Split(id[at+len("/providers/"):], "/")
	kinds := []string{parts[0]}
	for i := 1; i < len(parts); i += 2 {
		kinds = append(kinds, parts[i])
	}
	return strings.Join(kinds, "/")
}

// LastSegment is the name that an id ends with.
func LastSegment(id string) string { return id[strings.LastIndex(id, "/")+1:] }

// GroupOf is the id of the resource group that holds id; nothing for a group itself and for what is in none.
func GroupOf(id string) string {
	parts := strings.SplitN(id, "/", 6)
	if len(parts) < 6 || !strings.EqualFold(parts[3], "resourceGroups") {
		return ""
	}
	return strings.Join(parts[:5], "/")
}

// ParentOf is the id of the resource that holds id: the next one up its path, or its resource group; nothing for a
// text that is no id. A group lies in its subscription.
func ParentOf(id string) string {
	parts := strings.Split(id, "/")
	for len(parts) > 2 {
		parts = parts[:len(parts)-2]
		kind := parts[max(0, len(parts)-2)]
		switch {
		case strings.HasSuffix(kind, "Services"): // the fixed "default" service of a storage account
		case strings.EqualFold(kind, "providers"): // above a top-level resource
			return strings.Join(parts[:max(0, len(parts)-2)], "/")
		default:
			return strings.Join(parts, "/")
		}
	}
	return ""
}

// Within tells whether id is outer or lies below it.
func Within(id, outer string) bool {
	id, outer = strings.ToLower(id), strings.ToLower(outer)
	return id == outer || strings.HasPrefix(id, outer+"/")
}

// Same compares ids: case makes no difference.
func Same(a, b string) bool { return strings.EqualFold(a, b) }

// IsID tells whether a text has the form of an id in a subscription.
func IsID(text string) bool { return idText.MatchString(text) }

// IsGUID tells whether a text is a GUID.
func IsGUID(text string) bool { return guidText.MatchString(text) }

package azurenative

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

const (
	// Subscription is the local cloud's subscription where the provider's configuration names none.
	Subscription = "00000000-0000-0000-0000-00000000c10d"
	// Tenant is the local cloud's Entra tenant where the provider's configuration names none.
	Tenant = "00000000-0000-0000-0000-0000007e4a47"
)

var (
	placeholder = regexp.MustCompile(`\{(\w+)\}`)
	armID       = regexp.MustCompile(`(?i)^/subscriptions/[0-9a-f-]{36}(/[^/\s{}"'*]+)*$`)
	guidText    = regexp.MustCompile(`(?i)^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
)

// inGroup is the path of a resource in a resource group.
func inGroup(rest string) string {
	return "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}" + rest
}

// nameProperties are the inputs that form the id, in the order of the path.
func nameProperties(path string) []string {
	var names []string
	for _, match := range placeholder.FindAllStringSubmatch(path, -1) {
		if match[1] != "subscriptionId" {
			names = append(names, match[1])
		}
	}
	return names
}

// expand fills a path with the inputs. The error names the first input that is missing.
func expand(path, subscription string, inputs object) (string, error) {
	var missing string
	id := placeholder.ReplaceAllStringFunc(path, func(match string) string {
		name := strings.Trim(match, "{}")
		if name == "subscriptionId" {
			return subscription
		}
		value := inputs.text(name)
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

// parse reads the id-forming inputs back out of an id, for imports.
func parse(path, id string) (resource.PropertyMap, error) {
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
	inputs := resource.PropertyMap{}
	for i, name := range names {
		if name != "subscriptionId" {
			inputs[resource.PropertyKey(name)] = resource.NewStringProperty(match[i+1])
		}
	}
	return inputs, nil
}

// armType is the resource type of an id, for example "Microsoft.Network/virtualNetworks/subnets".
func armType(id string) string {
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

func lastSegment(id string) string { return id[strings.LastIndex(id, "/")+1:] }

// groupOf is the id of the resource group that holds id, or nothing.
func groupOf(id string) string {
	parts := strings.SplitN(id, "/", 6)
	if len(parts) < 6 || !strings.EqualFold(parts[3], "resourceGroups") {
		return ""
	}
	return strings.Join(parts[:5], "/")
}

// parentOf is the id of the resource that holds id: the next one up its path, or its resource group; nothing for a
// resource group itself.
func parentOf(id string) string {
	parts := strings.Split(id, "/")
	for len(parts) > 2 {
		parts = parts[:len(parts)-2]
		kind := parts[max(0, len(parts)-2)]
		switch {
		case strings.HasSuffix(kind, "Services"): // the fixed "default" service of a storage account
		case strings.EqualFold(kind, "providers"): // above a top-level resource
			return strings.Join(parts[:len(parts)-2], "/")
		default:
			return strings.Join(parts, "/")
		}
	}
	return ""
}

// within tells whether id is outer or lies below it.
func within(id, outer string) bool {
	id, outer = strings.ToLower(id), strings.ToLower(outer)
	return id == outer || strings.HasPrefix(id, outer+"/")
}

func sameID(a, b string) bool { return strings.EqualFold(a, b) }

package runbook_test

import (
	"encoding/json"
	"maps"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/monitoring/alerts"
	"jitsi-meet-azure/monitoring/schema"
	"jitsi-meet-azure/monitoring/schema/check"
	"jitsi-meet-azure/outputs"
)

func table() []alerts.Alert {
	return alerts.Table(alerts.Facts{
		Shards: []string{"a"}, Namespaces: []string{"shard-a"}, FrontDoor: "front-door", Proxies: 2, Maximum: 14, PrefixAddresses: 16,
		CPUPercent: 70, ReaperPause: time.Minute, AtMaximum: 15 * time.Minute, CertificateDays: 21, Trusted: true,
		Certificates: []alerts.Certificate{{Of: "shard a", Expires: "2027-11-24T10:00:00Z"}},
	})
}

// Entries have the names of alerts, so that the address in an alert leads to its own.
func TestEveryAlertHasAnEntry(t *testing.T) {
	t.Parallel()
	var wanted, found []string
	for _, alert := range table() {
		wanted = append(wanted, alert.Name)
	}
	text := section(t, page(t), "## Alerts")
	for _, match := range regexp.MustCompile(`(?m)^### ([a-z]+(?:-[a-z]+)+)$`).FindAllStringSubmatch(text, -1) {
		found = append(found, match[1])
		entry := section(t, text, "### "+match[1])
		assert.Contains(t, entry, "**Over**", "the entry of %s does not say when it is over", match[1])
	}
	assert.ElementsMatch(t, wanted, found)
}

// fields are the paths of all values of a type, with SHARD for the name of a shard.
func fields(of reflect.Type, prefix string) []string {
	switch of.Kind() {
	case reflect.Pointer:
		return fields(of.Elem(), prefix)
	case reflect.Map:
		return fields(of.Elem(), prefix+".SHARD")
	case reflect.Struct:
		var found []string
		for i := range of.NumField() {
			name, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ",")
			found = append(found, fields(of.Field(i).Type, prefix+"."+name)...)
		}
		return found
	default:
		return []string{strings.TrimPrefix(prefix, ".")}
	}
}

func TestEveryOutputIsExplained(t *testing.T) {
	t.Parallel()
	explained := code(section(t, page(t), "## Outputs"))
	all := fields(reflect.TypeFor[outputs.Outputs](), "")
	assert.Greater(t, len(all), 25)
	for _, field := range all {
		assert.Contains(t, explained, field)
	}
}

// What is asked of the outputs is in them.
func TestOutputsThatAreAskedForExist(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, field := range fields(reflect.TypeFor[outputs.Outputs](), "") {
		for ; field != "."; field = path.Dir(strings.ReplaceAll(field, ".", "/")) {
			known[strings.ReplaceAll(field, "/", ".")] = true
		}
	}
	asked := regexp.MustCompile(`\bout ["']?\.([A-Za-z0-9$.\[\]]+)`).FindAllStringSubmatch(page(t), -1)
	assert.Greater(t, len(asked), 30)
	shard := regexp.MustCompile(`^shards(\.[a-z]|\[\]|\.\$1)`)
	for _, match := range asked {
		field := strings.TrimSuffix(shard.ReplaceAllString(match[1], "shards.SHARD"), "[]")
		assert.True(t, known[field], "out .%s: there is no such output", match[1])
	}
}

// slug is GitHub's name of a heading.
func slug(heading string) string {
	heading = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`).ReplaceAllString(heading, "$1")
	heading = regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(heading), "")
	return strings.ReplaceAll(strings.TrimSpace(heading), " ", "-")
}

func TestEveryLinkLeadsSomewhere(t *testing.T) {
	t.Parallel()
	links := regexp.MustCompile(`\]\(([^)\s]+)\)`).FindAllStringSubmatch(page(t), -1)
	assert.Greater(t, len(links), 50)
	for _, match := range links {
		if strings.HasPrefix(match[1], "https://") {
			continue
		}
		file, anchor, _ := strings.Cut(match[1], "#")
		file = path.Join("docs", file)
		if file == "docs" {
			file = "docs/operations.md"
		}
		if !assert.FileExists(t, filepath.Join(root, filepath.FromSlash(file)), match[1]) || anchor == "" {
			continue
		}
		var anchors []string
		for _, heading := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(read(t, file), -1) {
			anchors = append(anchors, slug(heading[1]))
		}
		assert.Contains(t, anchors, anchor, match[1])
	}
}

// Queries name tables and columns that are there. Beside that, the alerts' rule applies: a table is read beside an empty one, which
// an operator who types need not do.
func TestQueriesAreRight(t *testing.T) {
	t.Parallel()
	found := regexp.MustCompile(`logs '([^']+\|[^']+)'`).FindAllStringSubmatch(page(t), -1)
	assert.Greater(t, len(found), 8)
	for _, match := range found {
		name, rest, _ := strings.Cut(match[1], " ")
		described, known := schema.Find(name)
		if !assert.True(t, known, "%s: no table that anything fills", name) {
			continue
		}
		var columns []string
		for _, column := range described.Columns {
			columns = append(columns, column.Name)
		}
		assert.NoError(t, check.Query(schema.From(name, columns...)+" "+rest), match[1])
	}
}

// Settings are spelt as docs/configuration.md has them, which is made from the program's own table.
func TestEverySettingExists(t *testing.T) {
	t.Parallel()
	configuration := read(t, "docs/configuration.md")
	set := regexp.MustCompile(`pulumi config (?:set|rm) (?:--secret )?--path '?meet:([A-Za-z.\[\]0-9]+)`).FindAllStringSubmatch(page(t), -1)
	assert.Greater(t, len(set), 5)
	mentioned := map[string]bool{}
	for _, match := range set {
		mentioned[regexp.MustCompile(`\[\d+\]`).ReplaceAllString(match[1], "[]")] = true
	}
	for _, span := range code(page(t)) {
		if regexp.MustCompile(`^(autoscale|bridges|frontDoor|jitsi|turn|network)\.[A-Za-z.]+$`).MatchString(span) {
			mentioned[span] = true
		}
	}
	known := fields(reflect.TypeFor[outputs.Outputs](), "")
	for _, setting := range slices.Sorted(maps.Keys(mentioned)) {
		inOutputs := slices.Contains(known, setting)
		parts := strings.Contains(configuration, "`"+setting) || strings.Contains(configuration, "`"+strings.TrimSuffix(setting, "[]"))
		assert.True(t, inOutputs || parts, "meet:%s is no setting", setting)
	}
}

// Resources that the page names by the ends of their URNs are deployed.
func TestEveryResourceIsDeployed(t *testing.T) {
	t.Parallel()
	graphs, err := filepath.Glob(filepath.Join(root, "stack", "testdata", "*.golden*"))
	require.NoError(t, err)
	var deployed strings.Builder
	for _, graph := range graphs {
		content, err := os.ReadFile(graph)
		require.NoError(t, err)
		deployed.Write(content)
	}
	named := regexp.MustCompile("(?:::|`)((?:signalling|bridges|reaper)-[a-z-]+)[$`]").FindAllStringSubmatch(page(t), -1)
	assert.GreaterOrEqual(t, len(named), 4)
	for _, match := range named {
		quoted, err := json.Marshal(match[1])
		require.NoError(t, err)
		is := strings.Contains(deployed.String(), match[1]) || strings.Contains(deployed.String(), string(quoted))
		assert.True(t, is, "%s is in no graph of stack/testdata", match[1])
	}
}

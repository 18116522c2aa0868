package table_test

import (
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/monitoring/table"
)

// Azure's rules for the names of a custom table and of its columns.
// Source: Azure docs, create-custom-table.
var (
	tableName  = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,58}_CL$`)
	columnName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,44}$`)
	reserved   = []string{"_ResourceId", "id", "_SubscriptionId", "TenantId", "Type", "UniqueId", "Title"}
)

func TestTablesKeepAzuresRules(t *testing.T) {
	t.Parallel()
	seen, files := map[string]bool{}, map[string]bool{}
	for _, each := range table.Tables() {
		assert.Regexp(t, tableName, each.Name)
		assert.False(t, seen[each.Name], "%s is there twice", each.Name)
		seen[each.Name] = true
		require.NotEmpty(t, each.Columns, each.Name)
		assert.Equal(t, table.Column{Name: "TimeGenerated", Type: table.Time}, each.Columns[0], "%s: Azure demands a time", each.Name)
		names := map[string]bool{}
		for _, column := range each.Columns {
			assert.Regexp(t, columnName, column.Name, each.Name)
			assert.NotContains(t, reserved, column.Name, each.Name)
			assert.False(t, names[strings.ToLower(column.Name)], "%s: %s is there twice", each.Name, column.Name)
			names[strings.ToLower(column.Name)] = true
		}
		require.NotEmpty(t, each.Files, each.Name)
		for _, file := range each.Files {
			assert.True(t, path.IsAbs(file), file)
			assert.False(t, files[file], "%s goes to two tables", file)
			files[file] = true
		}
	}
}

// What others read by name: the machine's filter writes these fields, and alerts ask for them.
func TestMetricsSayWhoTheyAreAbout(t *testing.T) {
	t.Parallel()
	var names []string
	for _, column := range table.Metrics() {
		names = append(names, column.Name)
	}
	for _, name := range []string{"vmId", "shard", "environment", "stressLevel", "participants", "healthy", "drain"} {
		assert.Contains(t, names, name)
	}
}

func TestTextLogsHaveTheColumnsThatTheAgentFills(t *testing.T) {
	t.Parallel()
	for _, each := range table.Tables() {
		if each.JSON {
			continue
		}
		assert.Contains(t, each.Columns, table.Column{Name: "RawData", Type: table.Text})
		assert.Contains(t, each.Columns, table.Column{Name: "FilePath", Type: table.Text}, "which of %v a line is from", each.Files)
	}
}

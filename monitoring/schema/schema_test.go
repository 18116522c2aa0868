package schema_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/monitoring/schema"
	"jitsi-meet-azure/monitoring/table"
)

func TestEveryTableSaysWhereItIsFrom(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, described := range schema.Tables() {
		assert.False(t, seen[described.Name], described.Name)
		seen[described.Name] = true
		assert.NotEmpty(t, described.Source, described.Name)
		assert.NotEmpty(t, described.Filled, described.Name)
		assert.Equal(t, schema.Time, described.Kind("TimeGenerated"), described.Name)
		columns := map[string]bool{}
		for _, column := range described.Columns {
			assert.NotEmpty(t, column.Kind, "%s.%s", described.Name, column.Name)
			assert.False(t, columns[column.Name], "%s.%s is there twice", described.Name, column.Name)
			columns[column.Name] = true
		}
	}
}

// What machines fill is written down in one place only.
func TestOurTablesAreAllThere(t *testing.T) {
	t.Parallel()
	for _, described := range table.Tables() {
		found, there := schema.Find(described.Name)
		require.True(t, there, described.Name)
		assert.Len(t, found.Columns, len(described.Columns))
	}
	metrics, _ := schema.Find("BridgeMetrics_CL")
	assert.Equal(t, schema.Flag, metrics.Kind("healthy"))
	assert.Equal(t, schema.Decimal, metrics.Kind("stressLevel"))
	_, there := schema.Find("Nothing")
	assert.False(t, there)
}

// The stand-in has the types of the table: of two columns of one name and two types, a union makes two columns.
func TestATableThatIsNotThereYet(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "union isfuzzy=true (datatable(TimeGenerated:datetime, shard:string, healthy:bool)[]), BridgeMetrics_CL",
		schema.From("BridgeMetrics_CL", "shard", "healthy"))
}

func TestLiterals(t *testing.T) {
	t.Parallel()
	assert.Equal(t, `"a \"b\" \\"`, schema.Quote(`a "b" \`))
	assert.Equal(t, `"a", "b"`, schema.List([]string{"a", "b"}))
}

package check_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/monitoring/schema"
	"jitsi-meet-azure/monitoring/schema/check"
)

func TestQueriesThatAreRight(t *testing.T) {
	t.Parallel()
	for _, query := range []string{
		schema.From("Syslog", "SyslogMessage") + "\n| where SyslogMessage contains_cs \"a \\\"quoted\\\" ) text\"",
		`datatable(shard:string)["a"] | join kind=leftanti (` + schema.From("BridgeMetrics_CL", "shard") + ` | distinct shard) on shard`,
		schema.From("Operation", "Detail") + "\n| summarize times = count()\n| where times >= 1",
	} {
		require.NoError(t, check.Query(query), query)
	}
}

func TestMistakesAreFound(t *testing.T) {
	t.Parallel()
	syslog := schema.From("Syslog", "SyslogMessage")
	for query, want := range map[string]string{
		syslog + " | where SyslogMessage has \"open":             "cannot be read from here on",
		syslog + " | where (SyslogMessage has \"a\"":             "is not closed",
		syslog + " | where SyslogMessage has \"a\")":             "closes nothing",
		syslog + " | where SyslogMesage has \"a\"":               "SyslogMesage is no table",
		syslog + " | where LogMessage has \"a\"":                 "LogMessage is no table",
		"Syslogs | take 1":                                       "Syslogs is no table",
		"Syslog | take 1":                                        "as if it were sure to be there",
		syslog + " | where TimeGenerated < ago(30d)":             "ago is no table",
		schema.From("Syslog", "Nothing") + " | take 1":           "Nothing is no table",
		"datatable(shard:string)[\"a\"] | where shards == \"a\"": "shards is no table",
		"search \"a\"": "search is no table",
		syslog + " | where SyslogMessage has 'a'":                    "cannot be read",
		schema.From("Unknown", "Nothing") + " | summarize n=count()": "Unknown is no table",
	} {
		require.ErrorContains(t, check.Query(query), want, query)
	}
}

func FuzzQuery(f *testing.F) {
	f.Add(schema.From("Syslog", "SyslogMessage"))
	f.Add(`"\`)
	f.Add(")[")
	f.Add("datatable(")
	f.Fuzz(func(t *testing.T, query string) {
		if check.Query(query) == nil && query != "" {
			assert.NoError(t, check.Query(query+"\n| take 1"), "a step more makes a right query wrong")
		}
	})
}

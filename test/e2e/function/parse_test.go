package function

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLinesOfTheHandler(t *testing.T) {
	t.Parallel()
	const good = `{"time":"2026-03-04T05:06:07.5+01:00","level":"INFO","msg":"heartbeat","shards":2}`
	line := parseLine(good)
	assert.Equal(t, LogLine{
		At: time.Date(2026, time.March, 4, 4, 6, 7, 5e8, time.UTC), Level: "INFO", Message: "heartbeat",
		Fields: map[string]any{"shards": 2.0}, Text: good,
	}, line)
	for _, text := range []string{
		"", "goroutine 1 [running]:", "{}", "[]", "null", `{"time":"now","level":"INFO","msg":"x"}`, `{"time":"2026-03-04T05:06:07Z","msg":"x"}`,
		`{"time":"2026-03-04T05:06:07Z","level":7,"msg":"x"}`, `{"time":"2026-03-04T05:06:07Z","level":"INFO"}`,
	} {
		assert.Equal(t, LogLine{Text: text}, parseLine(text), text)
	}
}

func TestALineThatIsTooLongDoesNotBlockTheHandler(t *testing.T) {
	t.Parallel()
	var seen []string
	from := strings.NewReader("one\n" + strings.Repeat("x", longestLine+1) + "\ntwo\n")
	readLines(from, func(line LogLine) { seen = append(seen, line.Text) })
	assert.Equal(t, []string{"one"}, seen)
	assert.Zero(t, from.Len(), "not everything was read")
}

func FuzzParseLine(f *testing.F) {
	f.Add(`{"time":"2026-03-04T05:06:07Z","level":"INFO","msg":"x"}`)
	f.Add("panic: x")
	f.Fuzz(func(t *testing.T, text string) {
		line := parseLine(text)
		assert.Equal(t, text, line.Text)
		assert.Equal(t, line.Level == "", line.Message == "")
		assert.Equal(t, line.Level == "", line.At.IsZero())
	})
}

// row is one of the audit as storage gives it.
const row = `{"odata.etag":"W/\"x\"","PartitionKey":"a_2026-03-04","RowKey":"k","When":"2026-03-04T05:06:07.0000000Z","When@odata.type":"Edm.DateTime",` +
	`"Shard":"a","Action":"drain","Reason":"idle-and-oldest","DryRun":false,"Healthy":"3","Healthy@odata.type":"Edm.Int64","Floor":"1",` +
	`"Floor@odata.type":"Edm.Int64"%s}`

func TestRowsOfTheAudit(t *testing.T) {
	t.Parallel()
	d, err := parseDecision(fmt.Appendf(nil, row, ""))
	require.NoError(t, err)
	assert.Equal(t, time.Date(2026, time.March, 4, 5, 6, 7, 0, time.UTC), d.When)
	assert.Equal(t, 3, d.Capacity.Healthy)
	assert.Nil(t, d.Load)
	d, err = parseDecision(fmt.Appendf(nil, row, `,"Conferences":"2","Conferences@odata.type":"Edm.Int64","Participants":"9","Participants@odata.type":"Edm.Int64"`))
	require.NoError(t, err)
	assert.Equal(t, 2, d.Load.Conferences)
	assert.Equal(t, 9, d.Load.Participants)
	for _, text := range []string{"", "[]", `{"PartitionKey":"a","RowKey":"k"}`, strings.Replace(row, `"Action":"drain",`, "", 1)} {
		_, err := parseDecision(fmt.Appendf(nil, strings.ReplaceAll(text, "%s", ""), ""))
		assert.Error(t, err, text)
	}
}

func FuzzParseDecision(f *testing.F) {
	f.Add(fmt.Appendf(nil, row, ""))
	f.Add([]byte(`{"When":7}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := parseDecision(text)
		if err == nil {
			assert.False(t, d.When.IsZero() || d.Shard == "" || d.Action == "")
		}
	})
}

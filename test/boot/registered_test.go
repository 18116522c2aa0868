package boot_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/monitoring/table"
	"jitsi-meet-azure/test/boot/standin"
)

// metricsFile is where a bridge writes its numbers.
const metricsFile = "/var/log/jitsi-bridge/metrics.json"

// booted makes a machine on which boot.sh has finished and whose videobridge answers.
func booted(t *testing.T) machine {
	t.Helper()
	m := newMachine(t, nil)
	bridge, err := url.Parse(m.around.Bridge)
	require.NoError(t, err)
	require.NoError(t, m.Write(machineFile, fmt.Sprintf("PRIVATE_ADDRESS=127.0.0.1\nREST_PORT=%s\nVM_ID=%s\n", bridge.Port(), standin.VMID), 0o644))
	require.NoError(t, m.Write(ready, "", 0o644))
	require.NoError(t, os.MkdirAll(m.Path("/var/lib/jitsi-bridge"), 0o755))
	return m
}

func TestRegistered(t *testing.T) {
	t.Parallel()
	for name, first := range map[string][]standin.Reply{
		"at once": nil,
		"late":    {standin.Broken(), ok(`{"muc_clients_connected":0,"mucs_joined":0}`), ok(`{"muc_clients_connected":1,"mucs_joined":0}`)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := booted(t)
			m.around.Set(standin.Stats, append(first, standin.Reply{})...)
			ended := m.run(t, "registered.sh", patient(300)...)
			require.Equal(t, done, ended.code, ended.log)
			assert.Equal(t, len(first)+1, m.around.Count(standin.Stats))
			assert.Contains(t, ended.log, "registered with shard a, 42 s after the machine's first start")
			assert.True(t, m.has(registered))
			require.NoError(t, m.SetUptime(24*time.Hour))
			may, log := m.mayStart(t)
			assert.True(t, may, "a registered bridge comes back after a crash at any time: %s", log)
		})
	}
}

func TestNeverRegistered(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		reply standin.Reply
		cause string
	}{
		"not connected":            {ok(`{"muc_clients_connected":0,"mucs_joined":0}`), "connected to Prosody: 0, rooms joined: 0"},
		"connected but not joined": {ok(`{"muc_clients_connected":1,"mucs_joined":0}`), "connected to Prosody: 1, rooms joined: 0"},
		"joined but cut off":       {ok(`{"muc_clients_connected":0,"mucs_joined":1}`), "connected to Prosody: 0, rooms joined: 1"},
		"an error":                 {standin.Reply{Status: http.StatusInternalServerError, Body: "oops"}, "answers 500 oops"},
		"no statistics":            {ok(""), "do not say whether it is registered"},
		"other statistics":         {ok(`{"mucs_joined":1}`), "do not say whether it is registered"},
		"texts":                    {ok(`{"muc_clients_connected":"1","mucs_joined":"1"}`), "do not say whether it is registered"},
		"negative":                 {ok(`{"muc_clients_connected":-1,"mucs_joined":-1}`), "connected to Prosody: -1, rooms joined: -1"},
		"beyond all numbers":       {ok(`{"muc_clients_connected":1e999,"mucs_joined":1e999}`), "connected to Prosody:"},
		"none":                     {ok(`{"muc_clients_connected":nan,"mucs_joined":nan}`), "registration with the shard"},
		"a program":                {ok(`{"muc_clients_connected":"a[$(touch /tmp/x)]","mucs_joined":1}`), "do not say whether it is registered"},
		"no document":              {ok(`<html>`), "do not say whether it is registered"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := booted(t)
			m.around.Set(standin.Stats, c.reply)
			ended := m.run(t, "registered.sh", patient(0)...)
			assert.Equal(t, tryAgain, ended.code, ended.log)
			assert.Contains(t, ended.log, "FAILED: registration with the shard: ")
			assert.Contains(t, ended.log, c.cause)
			assert.False(t, m.has(registered))
		})
	}
}

func TestNoBridgeIsNotRegistered(t *testing.T) {
	t.Parallel()
	m := booted(t)
	require.NoError(t, m.Write(machineFile, "PRIVATE_ADDRESS=127.0.0.1\nREST_PORT=9\nVM_ID=x\n", 0o644))
	ended := m.run(t, "registered.sh", patient(0)...)
	assert.Equal(t, tryAgain, ended.code, ended.log)
	assert.Contains(t, ended.log, "Couldn't connect to server")

	require.NoError(t, os.RemoveAll(m.Path("/run")))
	ended = m.run(t, "registered.sh", patient(0)...)
	assert.NotZero(t, ended.code)
	assert.Contains(t, ended.log, "FAILED: boot.sh has not finished")
	assert.False(t, m.has(registered))
}

// What cannot be remembered must not be said: the boot deadline would still bind the machine.
func TestRegistrationIsRemembered(t *testing.T) {
	t.Parallel()
	m := booted(t)
	require.NoError(t, m.Write(registered+".new/full", "", 0o644))
	ended := m.run(t, "registered.sh", patient(0)...)
	assert.Equal(t, tryAgain, ended.code, ended.log)
	assert.NotContains(t, ended.log, "registered with")
}

// rows runs metrics.sh for each answer of the videobridge, and reads what it has written.
func rows(t *testing.T, replies ...standin.Reply) (lines []map[string]any, last result) {
	t.Helper()
	m := booted(t)
	m.around.Set(standin.Stats, replies...)
	for range replies {
		last = m.run(t, "metrics.sh")
	}
	if !m.has(metricsFile) {
		return nil, last
	}
	for line := range strings.Lines(m.read(t, metricsFile)) {
		require.True(t, strings.HasSuffix(line, "\n"))
		var row map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &row), line)
		lines = append(lines, row)
	}
	return lines, last
}

// A line has exactly the columns of the table, in its kinds.
func TestMetricsAreTheColumns(t *testing.T) {
	t.Parallel()
	lines, last := rows(t, standin.Reply{})
	require.Equal(t, done, last.code, last.log)
	require.Len(t, lines, 1)
	row := lines[0]
	for _, column := range table.Metrics() {
		value, there := row[column.Name]
		require.True(t, there, column.Name)
		switch column.Type {
		case table.Time:
			at, err := time.Parse(time.RFC3339, value.(string))
			require.NoError(t, err)
			assert.WithinDuration(t, time.Now(), at, time.Minute)
		case table.Text:
			assert.IsType(t, "", value, column.Name)
		case table.Flag:
			assert.IsType(t, true, value, column.Name)
		case table.Int, table.Long, table.Decimal:
			assert.IsType(t, 0.5, value, column.Name)
		}
		delete(row, column.Name)
	}
	assert.Empty(t, row, "columns that the table does not have")
}

// What is missing, or is not what it should be, is left out: never zero, and never a broken line.
func TestMetricsOfOddStatistics(t *testing.T) {
	t.Parallel()
	lines, last := rows(t,
		ok(`{}`),
		ok(`{"conferences":"5","drain":1,"version":2,"healthy":null,"threads":[1],"mucs_joined":{}}`),
		ok(`{"total_bytes_sent":1e999,"threads":nan,"stress_level":-0.0,"version":"a\nb\"c","conferences":123456789012345678901234567890}`),
		ok(`{"stress_level":0.5,`), ok(`<html>`), ok(``), ok(`[1,2]`), standin.Broken(),
	)
	assert.NotZero(t, last.code)
	assert.Contains(t, last.log, "metrics: ")
	require.Len(t, lines, 3)
	own := []string{"TimeGenerated", "vmId", "environment", "shard"}
	assert.ElementsMatch(t, own, keys(lines[0]))
	assert.ElementsMatch(t, own, keys(lines[1]))
	assert.Equal(t, "a\nb\"c", lines[2]["version"])
}

func keys(row map[string]any) []string {
	var names []string
	for name := range row {
		names = append(names, name)
	}
	return names
}

func TestMetricsBeforeTheBoot(t *testing.T) {
	t.Parallel()
	m := newMachine(t, nil)
	ended := m.run(t, "metrics.sh")
	assert.Equal(t, done, ended.code, ended.log)
	assert.False(t, m.has(metricsFile))
}

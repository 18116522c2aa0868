package main

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/outputs"
)

func deployed(tb testing.TB) string {
	tb.Helper()
	document, err := os.ReadFile("../../outputs/testdata/dev.json")
	require.NoError(tb, err)
	return string(document)
}

func TestEveryCommandWritesJSON(t *testing.T) {
	t.Parallel()
	for command, part := range map[string]string{
		"targets": "haproxy-0.front-door", "inventory": "dev-shard-a", "schema": outputs.SchemaID, "check": "",
	} {
		var out strings.Builder
		require.NoError(t, run([]string{command}, strings.NewReader(deployed(t)), &out))
		assert.Contains(t, out.String(), part)
		assert.True(t, command == "check" || json.Valid([]byte(out.String())), command)
	}
}

func TestMistakesAreExplained(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	for _, arguments := range [][]string{nil, {"target"}, {"targets", "dev"}} {
		require.ErrorIs(t, run(arguments, strings.NewReader(deployed(t)), &out), errUsage)
	}
	wrong := strings.Replace(deployed(t), `"zone": 1`, `"zone": 9`, 1)
	require.ErrorContains(t, run([]string{"check"}, strings.NewReader(wrong), &out), "/shards/a/zone: ")
	large := strings.NewReader(strings.Repeat(" ", largest+1))
	require.ErrorContains(t, run([]string{"check"}, large, &out), "larger than")
	broken := iotest.ErrReader(errors.New("cable cut"))
	require.ErrorContains(t, run([]string{"check"}, broken, &out), "cable cut")
	assert.Empty(t, out.String(), "nothing is written before everything is right")
}

func FuzzRun(f *testing.F) {
	f.Add("targets", deployed(f))
	f.Add("inventory", "{}")
	f.Fuzz(func(t *testing.T, command, document string) {
		var out strings.Builder
		if err := run([]string{command}, strings.NewReader(document), &out); err != nil {
			assert.Empty(t, out.String())
		}
	})
}

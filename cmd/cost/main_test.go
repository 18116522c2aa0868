package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/cost"
)

func TestBothEnvironmentsHaveAPrice(t *testing.T) {
	t.Parallel()
	totals := map[string]float64{}
	for _, stack := range []string{"dev", "prod"} {
		var out, problems strings.Builder
		path := "../../Pulumi." + stack + ".yaml"
		require.NoError(t, run([]string{"-json", path}, &out, &problems))
		assert.Empty(t, problems.String())
		var estimate cost.Estimate
		require.NoError(t, json.Unmarshal([]byte(out.String()), &estimate))
		assert.Equal(t, stack, estimate.Environment)
		totals[stack] = estimate.Total.Typical
		out.Reset()
		require.NoError(t, run([]string{path}, &out, &problems))
		assert.Contains(t, out.String(), "rules over logs", "the alerts count")
	}
	assert.Greater(t, totals["prod"], totals["dev"])
}

func TestWrongFilesAreExplained(t *testing.T) {
	t.Parallel()
	var out, problems strings.Builder
	require.ErrorContains(t, run([]string{"../../Makefile"}, &out, &problems), "no stack file")
	require.ErrorContains(t, run([]string{"Pulumi.gone.yaml"}, &out, &problems), "reading the stack file")
	require.ErrorIs(t, run(nil, &out, &problems), errUsage)
	wrong := filepath.Join(t.TempDir(), "Pulumi.dev.yaml")
	require.NoError(t, os.WriteFile(wrong, []byte("config:\n  meet:location: nowhere\n"), 0o600))
	require.ErrorContains(t, run([]string{wrong}, &out, &problems), "location is nowhere")
}

// Values that the stack file keeps encrypted cost nothing, and their form must not be in the way.
func TestSecretsOfTheStackFileDoNotMatter(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("../../Pulumi.dev.yaml")
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "Pulumi.dev.yaml")
	text := strings.Replace(string(content), "  meet:monitoring:\n",
		"  meet:monitoring:\n    alerts:\n      webhooks:\n        - secure: v1:abc:def\n", 1)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	var out, problems strings.Builder
	require.NoError(t, run([]string{path}, &out, &problems))
	assert.Contains(t, out.String(), "westeurope")
}

func FuzzLoad(f *testing.F) {
	f.Add("config:\n  meet:location: westeurope\n")
	f.Add("config: {meet:shards: [{secure: x}]}\n")
	f.Fuzz(func(t *testing.T, text string) {
		path := filepath.Join(t.TempDir(), "Pulumi.dev.yaml")
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		var out, problems strings.Builder
		if run([]string{path}, &out, &problems) == nil {
			assert.NotEmpty(t, out.String())
		}
	})
}

package stackfile_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/internal/stackfile"
)

const dev = "../../Pulumi.dev.yaml"

func TestShippedFiles(t *testing.T) {
	t.Parallel()
	for stack, shards := range map[string]int{"dev": 2, "prod": 3} {
		env, warnings, err := stackfile.Read("../../Pulumi." + stack + ".yaml")
		require.NoError(t, err)
		assert.Empty(t, warnings)
		assert.Equal(t, stack, env.Name)
		assert.Len(t, env.Shards, shards)
	}
}

// A change is read like a value of the file, deep or new, and the last of several counts.
func TestChanges(t *testing.T) {
	t.Parallel()
	before, _, err := stackfile.Read(dev)
	require.NoError(t, err)
	env, _, err := stackfile.Read(dev, "autoscale.maximum=5", "autoscale.maximum=6", "autoscale.minimum=2", "autoscale.default=2",
		"autoscale.recycle.time=03:30", "autoscale.stressPercent=55", "monitoring.alerts.atMaximumMinutes=30", "tags={owner: somebody}",
		`autoscale.busyHours=[{name: mornings, days: [Monday], from: "08:00", to: "12:00", minimum: 3}]`)
	require.NoError(t, err)
	assert.Equal(t, []int{2, 6, 2, 55}, []int{
		env.Autoscale.Minimum, env.Autoscale.Maximum, env.Autoscale.Default, env.Autoscale.StressPercent,
	})
	assert.Equal(t, []int{3, 30}, []int{env.Autoscale.Recycle.Hour, env.Autoscale.Recycle.Minute})
	require.Len(t, env.Autoscale.BusyHours, 1)
	assert.Equal(t, 8*time.Hour, env.Autoscale.BusyHours[0].From)
	assert.Equal(t, map[string]string{"owner": "somebody"}, env.Tags)
	assert.NotEqual(t, before.Autoscale, env.Autoscale)
	assert.Equal(t, before.Bridges, env.Bridges, "the rest is as it was")
	again, _, err := stackfile.Read(dev)
	require.NoError(t, err)
	assert.Equal(t, before, again, "the file is not changed")
}

// What the environment refuses is refused with its own words, and what is no change at all with an example of one.
func TestChangesThatAreRefused(t *testing.T) {
	t.Parallel()
	for change, want := range map[string]string{
		"autoscale.maximun=8":             "autoscale.maximun",
		"autoscale.maximum=many":          "autoscale.maximum",
		"autoscale.maximum=0":             "autoscale.maximum",
		"autoscale.maximum=1":             "autoscale.maximum",
		"autoscale=8":                     "autoscale",
		"autoscale.minimum.of.what=8":     "autoscale.minimum",
		"shards.0.zone=2":                 "shards",
		"scaling.maximum=8":               "scaling",
		"autoscale.maximum":               `"autoscale.maximum" is no change of a setting: it should be like autoscale.maximum=8`,
		"=8":                              "is no change of a setting",
		"":                                "is no change of a setting",
		"autoscale.busyHours=[":           "the value of autoscale.busyHours",
		"autoscale.=8":                    "autoscale",
		"location=nowhere":                "location",
		"meet:location=westeurope":        "location",
		"autoscale.recycle.timeZone=Mars": "autoscale.recycle.timeZone",
	} {
		_, _, err := stackfile.Read(dev, change)
		require.Error(t, err, change)
		assert.Contains(t, err.Error(), want, change)
	}
}

// file writes a stack file.
func file(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

func TestFilesThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Pulumi.yaml": "is no stack file", "Makefile": "is no stack file", "Pulumi.a.b.yaml": "is no stack file", "Pulumi.gone.yaml": "reading the stack file",
	} {
		_, _, err := stackfile.Read("../../" + name)
		require.ErrorContains(t, err, want, name)
	}
	for content, want := range map[string]string{
		"config: [": "not YAML of the right form", "config:\n  meet:location: nowhere\n": "location", "": "shards", "config:\n": "shards",
	} {
		path := file(t, "Pulumi.dev.yaml", content)
		_, _, err := stackfile.Read(path)
		require.ErrorContains(t, err, "reading "+path)
		require.ErrorContains(t, err, want)
		_, _, err = stackfile.Read(path, "autoscale.maximum=5")
		require.ErrorContains(t, err, want, "a file without a configuration can be changed too")
	}
}

// Values that the file keeps encrypted have something of the right form in their place, wherever they are.
func TestSecrets(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile(dev)
	require.NoError(t, err)
	with := func(hooks string) string {
		return strings.Replace(string(content), "  meet:monitoring:\n", "  meet:monitoring:\n    alerts:\n      webhooks:"+hooks+"\n", 1)
	}
	for _, hooks := range []string{" [{secure: v1:abc:def}]", "\n        secure: v1:abc:def", "\n        - https://hooks.example.org/x\n        - secure: v1:a:b"} {
		env, _, err := stackfile.Read(file(t, "Pulumi.dev.yaml", with(hooks)), "autoscale.maximum=4")
		if strings.HasPrefix(hooks, "\n        secure") {
			require.ErrorContains(t, err, "monitoring.alerts.webhooks", "a text is no list")
			continue
		}
		require.NoError(t, err)
		assert.Equal(t, 4, env.Autoscale.Maximum)
	}
	_, _, err = stackfile.Read(file(t, "Pulumi.dev.yaml", with(" [{secure: v1:abc:def, more: 1}]")))
	require.ErrorContains(t, err, "monitoring.alerts.webhooks", "it is not the form of a secret")
}

// No change, however odd, is more than an error.
func FuzzChanges(f *testing.F) {
	for _, seed := range []string{
		"autoscale.maximum=8", "autoscale.maximum", "=", "..=1", "autoscale={}", "autoscale=null", "tags.x={secure: 1}", "shards=[{}]", "a=&a [*a]",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, change string) {
		env, _, err := stackfile.Read(dev, change)
		if err == nil && env.Name != "dev" {
			t.Fatalf("%q makes the environment %q", change, env.Name)
		}
	})
}

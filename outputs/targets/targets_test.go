package targets

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/internal/golden"
	"jitsi-meet-azure/outputs"
)

func deployed(tb testing.TB, name string) []byte {
	tb.Helper()
	document, err := os.ReadFile("../testdata/" + name + ".json")
	require.NoError(tb, err)
	return document
}

func of(t *testing.T, name string) outputs.Outputs {
	t.Helper()
	read, err := outputs.Parse(deployed(t, name))
	require.NoError(t, err)
	return read
}

func TestTargetsOfDeployedEnvironments(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"dev", "prod", "image"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := JSON(Of(of(t, name)))
			require.NoError(t, err)
			golden.Compare(t, "testdata/"+name+".json", text)
			// Prometheus reads a list of objects with targets and labels, both of text, and refuses others.
			var read []struct {
				Targets []string       `json:"targets"`
				Labels  model.LabelSet `json:"labels"`
			}
			require.NoError(t, json.Unmarshal(text, &read))
			for _, group := range read {
				require.NoError(t, group.Labels.Validate())
				assert.NotEmpty(t, group.Labels["job"])
				assert.NotEmpty(t, group.Labels["environment"])
			}
		})
	}
}

// What the network does not let anybody scrape is not listed: bridges, Jicofo, Prosody.
func TestNothingIsListedThatNobodyReaches(t *testing.T) {
	t.Parallel()
	read := of(t, "prod")
	jobs := map[string]int{}
	for _, group := range Of(read) {
		jobs[group.Labels["job"]] += len(group.Targets)
		for _, target := range group.Targets {
			for _, closed := range []string{":8080", ":8888", ":5280", ":5222", "10.48."} {
				assert.NotContains(t, target, closed)
			}
		}
	}
	assert.Equal(t, map[string]int{JobFrontDoor: 3, JobProbe: 1, JobRelay: 3}, jobs)
}

func TestEverythingThatPrometheusWouldRefuseIsNamed(t *testing.T) {
	t.Parallel()
	err := Validate([]Group{
		{Targets: []string{"a:1"}, Labels: map[string]string{"job": "x", "no-label": "v"}},
		{Targets: []string{"b/c:1"}, Labels: map[string]string{"job": "bad\xff"}},
		{Targets: nil, Labels: map[string]string{"job": "x"}},
		{Targets: []string{"a:1", "d", ":1", "d:0", "d:65536"}, Labels: map[string]string{"job": "x"}},
		{Targets: []string{"http://a"}, Labels: map[string]string{moduleLabel: "http_2xx"}},
	})
	for _, part := range []string{
		`"no-label" is no name`, `"b/c:1" is no host`, "group 1: invalid", "group 2 has no target", `"a:1" is listed twice`, `"d" is no host:port`,
		`":1" is no host:port`, `"d:0" has no port`, `"d:65536" has no port`, `"http://a" is no https address`,
	} {
		require.ErrorContains(t, err, part)
	}
	_, err = JSON([]Group{{}})
	require.Error(t, err)
}

// From whatever the schema takes, either a list that Prometheus takes or an error comes.
func FuzzTargets(f *testing.F) {
	for _, name := range []string{"dev", "prod", "image"} {
		f.Add(deployed(f, name))
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		read, err := outputs.Parse(document)
		if err != nil {
			return
		}
		groups := Of(read)
		text, err := JSON(groups)
		if err != nil {
			return
		}
		var again []Group
		require.NoError(t, json.Unmarshal(text, &again))
		require.NoError(t, Validate(again))
	})
}

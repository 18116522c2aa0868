package capacity

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// changed is the file with one piece of text put for another that is there.
func changed(t *testing.T, old, put string) []byte {
	t.Helper()
	require.Contains(t, string(file), old)
	return []byte(strings.Replace(string(file), old, put, 1))
}

func TestAFigureOfOnesOwn(t *testing.T) {
	t.Parallel()
	m, err := Parse(changed(t, `"value": 90000`, `"value": 45000`))
	require.NoError(t, err)
	assert.InDelta(t, 2*carried(t).Planned(), m.Planned(), 1e-12)
}

func TestWhatIsWrongIsNamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		old, put string
		want     []string
	}{
		"unknown key":      {`"note": "What`, `"extra": 1, "note": "What`, []string{`unknown field "extra"`}},
		"key of a figure":  {`"value": 90000`, `"worth": 90000`, []string{"fullPackets", "worth", "figures.fullPackets.value is 0"}},
		"repeated":         {`"value": 90000`, `"value": 90000, "value": 90000`, []string{`duplicate field`}},
		"misspelt":         {`"talking": {`, `"Talking": {`, []string{"figures.talking is missing", "figures.Talking is not a figure"}},
		"bounds":           {`"value": 90000`, `"value": -1`, []string{"figures.fullPackets.value is -1: allowed are 1000 to 1e+07 packets a second"}},
		"whole":            {`"value": 25, "unit": "videos"`, `"value": 2.5, "unit": "videos"`, []string{"figures.lastN.value is 2.5", "whole"}},
		"unit":             {`"unit": "of the processors"`, `"unit": "percent"`, []string{`figures.loadThreshold.unit is "percent"`, "of the processors"}},
		"source":           {`"source": "assumption"`, `"source": ""`, []string{"figures.talking.source is empty"}},
		"note":             {`"note": "how many talk at once in a conference, on average; who is silent sends next to nothing"`, `"note": ""`, []string{"figures.talking.note is empty"}},
		"span":             {`"least": 120`, `"least": 161`, []string{"spans.boot is 161, 160, 240", "go up"}},
		"span from zero":   {`"least": 120`, `"least": 0`, []string{"spans.boot is 0, 160, 240"}},
		"unknown span":     {`"boot": {"least"`, `"reboot": {"least"`, []string{"spans.boot is missing", "spans.reboot is not a figure"}},
		"idle and full":    {`"value": 90, "unit": "percent"`, `"value": 1, "unit": "percent"`, []string{"a full bridge is busier"}},
		"stage":            {`"value": 100, "unit": "packets`, `"value": 301, "unit": "packets`, []string{"the stage has the larger video"}},
		"cameras":          {`"value": 2, "unit": "people"`, `"value": 6, "unit": "people"`, []string{"figures.ordinaryCameras is 6, of 5 people"}},
		"not a number":     {`"value": 90000`, `"value": "many"`, []string{"reading the capacity figures"}},
		"number too large": {`"value": 90000`, `"value": 1e999`, []string{"reading the capacity figures"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse(changed(t, c.old, c.put))
			for _, want := range c.want {
				require.ErrorContains(t, err, want)
			}
		})
	}
}

func TestAllProblemsAtOnce(t *testing.T) {
	t.Parallel()
	_, err := Parse([]byte(`{"figures": {}, "spans": {}}`))
	for _, e := range entries(&Model{}) {
		require.ErrorContains(t, err, "figures."+e.name+" is missing")
	}
	for _, e := range spanEntries(&Model{}) {
		require.ErrorContains(t, err, "spans."+e.name+" is missing")
	}
}

// Every figure of the file changes something: none is written down and then forgotten.
func TestEveryFigureIsUsed(t *testing.T) {
	t.Parallel()
	whole := carried(t)
	var d document
	require.NoError(t, json.Unmarshal(file, &d))
	for _, e := range entries(&Model{}) {
		other := d
		other.Figures = map[string]figure{}
		for name, f := range d.Figures {
			switch {
			case name != e.name:
			case f.Value+1 <= e.most:
				f.Value++
			default:
				f.Value /= 2
			}
			other.Figures[name] = f
		}
		text, err := json.Marshal(other)
		require.NoError(t, err)
		m, err := Parse(text)
		require.NoError(t, err, e.name)
		assert.NotEqual(t, whole, m, e.name)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(file)
	f.Add([]byte(`{"figures":{"fullPackets":{"value":1e999}}}`))
	f.Add([]byte(`{"spans":{"boot":{"least":1,"usual":2,"most":3,"unit":"seconds","source":"x"}},"figures":null}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := Parse(text)
		if err != nil {
			return
		}
		require.Positive(t, m.load.full)
		require.Positive(t, m.Boot.Least)
		require.GreaterOrEqual(t, m.Planned(), 0.0)
		d := m.Demand(Conference{Participants: 40, Cameras: 30})
		require.Positive(t, m.Stress(d))
		sample := m.Sample(d)
		require.True(t, sample.CPU >= 0 && sample.CPU <= 100, sample.CPU)
	})
}

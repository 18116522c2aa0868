package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/internal/golden"
	"jitsi-meet-azure/internal/stackfile"
	"jitsi-meet-azure/simulation/study"
)

// The picture in the README is the one that the settings of prod give.
func TestPictureOfTheREADME(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "simulation.svg")
	err := run(context.Background(), []string{"-day", "office", "-peak", "3", "-svg", file, "../../Pulumi.prod.yaml"}, io.Discard, io.Discard)
	require.NoError(t, err)
	drawn, err := os.ReadFile(file)
	require.NoError(t, err)
	golden.Compare(t, "../../docs/simulation.svg", string(drawn))
}

// What docs/simulation.md says of the standard mix, on a day of each cell: nothing is cut and nobody refused, and knowing the busy
// hours is worth more than it costs. The bounds are wide, since one day is little; the page has the figures of twenty.
func TestTheShippedSettingsOverTheMix(t *testing.T) {
	t.Parallel()
	env, _, err := stackfile.Read("../../Pulumi.prod.yaml")
	require.NoError(t, err)
	s, err := prepare(options{day: mix, set: heldOut, days: 1, policies: "ours,known,article"}, env)
	require.NoError(t, err)
	results, err := study.Run(context.Background(), s.plan)
	require.NoError(t, err)
	tallies := make([]study.Tally, len(s.plan.Policies))
	for d, day := range s.plan.Days {
		for i := range tallies {
			tallies[i].Add(results[d][i], day.Weight)
		}
	}
	ours, known, article := tallies[0], tallies[1], tallies[2]
	for i, tally := range tallies {
		assert.Zero(t, tally.Cut, s.plan.Policies[i].Name)
		assert.Zero(t, tally.Refused, s.plan.Policies[i].Name)
	}
	assert.Less(t, ours.Overload(), article.Overload()/2)
	assert.Less(t, known.Overload(), ours.Overload()/2)
	_, warm := ours.Hours()
	assert.Less(t, warm, 1.2)
	_, warm = known.Hours()
	assert.Less(t, warm, 1.2)
}

package study_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"
	_ "time/tzdata" // a machine without time zones runs these tests too

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/internal/stackfile"
	"jitsi-meet-azure/simulation/capacity"
	"jitsi-meet-azure/simulation/demand"
	"jitsi-meet-azure/simulation/policy"
	"jitsi-meet-azure/simulation/shard"
	"jitsi-meet-azure/simulation/study"
)

func model(tb testing.TB) capacity.Model {
	tb.Helper()
	m, err := capacity.Load()
	require.NoError(tb, err)
	return m
}

// standard are the policies of prod that are always compared.
func standard(tb testing.TB) []policy.Policy {
	tb.Helper()
	env, _, err := stackfile.Read("../../Pulumi.prod.yaml")
	require.NoError(tb, err)
	policies, err := policy.Standard(env)
	require.NoError(tb, err)
	return policies
}

// drawn is a day of the kind.
func drawn(tb testing.TB, kind demand.Kind, seed uint64, peak float64) study.Day {
	tb.Helper()
	people, cameras := kind.Meeting()
	order := demand.Order{
		Kind: kind, Seed: seed, Peak: peak, Zone: time.UTC,
		ParticipantStress: model(tb).Each(capacity.Conference{Participants: people, Cameras: cameras}),
	}
	return study.Day{
		Name: fmt.Sprintf("%s day, seed %d, peak %g", kind, seed, peak), Again: fmt.Sprintf("-day %s -seed %d -peak %g", kind, seed, peak),
		Weight: 1, Make: func() (demand.Day, error) { return demand.Make(order) },
	}
}

func plan(tb testing.TB, policies []policy.Policy, days ...study.Day) study.Plan {
	tb.Helper()
	assumed := policy.Assumptions{Model: model(tb), Recycle: 4 * time.Hour}
	return study.Plan{Policies: policies, Days: days, Assumptions: assumed, Workers: 2}
}

// What comes out depends on the plan alone: not on how many work, nor on who is faster.
func TestHoweverManyWork(t *testing.T) {
	t.Parallel()
	p := plan(t, standard(t), drawn(t, demand.Office, 1, 0.5), drawn(t, demand.School, 2, 0.5), drawn(t, demand.Office, 3, 1),
		drawn(t, demand.Shop, 4, 0.5))
	var results [2][][]shard.Result
	var tallies [2]study.Tally
	for i, workers := range []int{1, 4} {
		p.Workers = workers
		made, err := study.Run(t.Context(), p)
		require.NoError(t, err)
		results[i] = made
		for d, day := range p.Days {
			tallies[i].Add(made[d][0], day.Weight)
		}
	}
	assert.Equal(t, results[0], results[1])
	assert.Equal(t, tallies[0], tallies[1])
	require.Len(t, results[0], 4)
	for d, day := range results[0] {
		require.Len(t, day, len(p.Policies))
		made, err := p.Days[d].Make()
		require.NoError(t, err)
		for i, pol := range p.Policies {
			if i%3 == 0 { // each is in its place
				input, err := pol.Input(made, p.Assumptions)
				require.NoError(t, err)
				alone, err := shard.Run(t.Context(), input)
				require.NoError(t, err)
				assert.Equal(t, alone, day[i])
			}
		}
	}
}

// cutting is a scaler that takes a machine away whenever it can.
type cutting struct{}

func (cutting) Every() capacity.Span {
	return capacity.Span{Least: time.Hour, Usual: time.Hour, Most: time.Hour}
}

func (cutting) Run(_ time.Time, seen shard.Seen) shard.Order {
	if seen.Capacity < 3 {
		return shard.Order{Capacity: 3}
	}
	return shard.Order{Capacity: 1, Reason: "a whim"}
}

func cuts(safe bool) policy.Policy {
	return policy.Custom("cutter", "cuts", safe, func() shard.Scaler { return cutting{} })
}

// A policy that promised to cut nothing and cuts ends the whole run at once; the text says what is needed to see it again.
func TestACutStopsTheRun(t *testing.T) {
	t.Parallel()
	days := []study.Day{drawn(t, demand.Office, 17, 1.5)}
	var mu sync.Mutex
	later := 0
	for range 1000 {
		days = append(days, study.Day{Name: "quiet", Make: func() (demand.Day, error) {
			mu.Lock()
			defer mu.Unlock()
			later++
			return demand.Day{Name: "quiet", Midnight: time.Date(2026, 6, 10, 0, 0, 0, 0, time.UTC), Length: 24 * time.Hour}, nil
		}})
	}
	p := plan(t, []policy.Policy{cuts(true)}, days...)
	_, err := study.Run(t.Context(), p)
	var failure *study.Failure
	require.ErrorAs(t, err, &failure)
	require.ErrorIs(t, err, study.ErrCut)
	assert.Equal(t, "cutter", failure.Policy)
	assert.Equal(t, "-day office -seed 17 -peak 1.5", failure.Again)
	assert.Regexp(t, `^policy cutter, office day, seed 17, peak 1\.5: a conference was cut: \d+ of them$`, err.Error())
	assert.Less(t, later, 500, "the other days are not simulated any more")

	p.Policies, p.Days = []policy.Policy{cuts(false)}, days[:1]
	results, err := study.Run(t.Context(), p)
	require.NoError(t, err, "it promised nothing")
	assert.Positive(t, results[0][0].Cut)
}

var errDrawing = errors.New("no such day")

func TestADayThatCannotBeMade(t *testing.T) {
	t.Parallel()
	p := plan(t, standard(t)[4:5], study.Day{Name: "nobody's day", Make: func() (demand.Day, error) { return demand.Day{}, errDrawing }})
	_, err := study.Run(t.Context(), p)
	require.ErrorIs(t, err, errDrawing)
	require.EqualError(t, err, "nobody's day: no such day")
	p.Days[0].Make = func() (demand.Day, error) { return demand.Day{Name: "too short"}, nil }
	_, err = study.Run(t.Context(), p)
	require.ErrorContains(t, err, "policy fixed, nobody's day: simulating too short: the day must be later than 1970")
}

func TestACancelledRun(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	p := plan(t, standard(t)[4:5], drawn(t, demand.Office, 1, 0.5), drawn(t, demand.Office, 2, 0.5), drawn(t, demand.Office, 3, 0.5))
	p.Workers = 1
	p.Progress = func(done, _ int) {
		if done == 2 {
			stop()
		}
	}
	results, err := study.Run(ctx, p)
	require.ErrorIs(t, err, context.Canceled)
	assert.Nil(t, results)
}

func TestProgress(t *testing.T) {
	t.Parallel()
	p := plan(t, standard(t)[3:5], drawn(t, demand.Office, 1, 0.5), drawn(t, demand.Office, 2, 0.5), drawn(t, demand.Office, 3, 0.5))
	var mu sync.Mutex
	seen := map[int]bool{}
	p.Progress = func(done, total int) {
		mu.Lock()
		defer mu.Unlock()
		assert.Equal(t, 6, total)
		assert.False(t, seen[done], "%d is told twice", done)
		seen[done] = true
	}
	_, err := study.Run(t.Context(), p)
	require.NoError(t, err)
	assert.Len(t, seen, 6)
	assert.True(t, seen[6])
	p.Days, p.Workers = nil, 0
	results, err := study.Run(t.Context(), p)
	require.NoError(t, err)
	assert.Empty(t, results)
}

// BenchmarkDay simulates an office day with a peak of two full bridges under the settings of prod.
func BenchmarkDay(b *testing.B) {
	made, err := drawn(b, demand.Office, 1, 2).Make()
	require.NoError(b, err)
	ours, assumed := standard(b)[0], policy.Assumptions{Model: model(b), Recycle: 4 * time.Hour}
	for b.Loop() {
		input, err := ours.Input(made, assumed)
		require.NoError(b, err)
		_, err = shard.Run(b.Context(), input)
		require.NoError(b, err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "days/s")
}

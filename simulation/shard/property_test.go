package shard

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"jitsi-meet-azure/autoscale/profile"
	"jitsi-meet-azure/functions/reaper/decide"
	"jitsi-meet-azure/simulation/capacity"
	"jitsi-meet-azure/simulation/demand"
)

// whim is a scaler without reason: now and then it adds, drops or shuts down something.
type whim struct {
	rng *rand.Rand
	// gentle says that it never drops.
	gentle bool
}

func (*whim) Every() capacity.Span {
	return capacity.Span{Least: 20 * time.Second, Usual: time.Minute, Most: 5 * time.Minute}
}

func (s *whim) Run(_ time.Time, seen Seen) Order {
	order := Order{Capacity: seen.Capacity, Reason: "a whim"}
	switch s.rng.IntN(5) {
	case 0:
		order.Capacity = min(seen.Capacity+1+s.rng.IntN(2), 8)
	case 1:
		if !s.gentle {
			order.Capacity = max(seen.Capacity-1-s.rng.IntN(2), 0)
		}
	case 2:
		if n := len(seen.Bridges); n > 0 && !s.gentle {
			leaving := s.rng.IntN(n)
			order.Leave = &leaving
		}
	}
	return order
}

// chaos is how a simulation without reason is made, again and again the same.
type chaos struct {
	day     demand.Day
	model   capacity.Model
	seed    uint64
	gentle  bool
	reaper  *Reaper
	start   int
	ages    []time.Duration
	outages []Outage
}

func anyChaos(t *rapid.T, m capacity.Model, calendars []profile.Calendar) chaos {
	c := chaos{day: anyDay(t), model: m, seed: rapid.Uint64().Draw(t, "whims"), start: rapid.IntRange(1, 4).Draw(t, "start")}
	for range c.start {
		c.ages = append(c.ages, time.Duration(rapid.IntRange(0, 90).Draw(t, "age"))*time.Minute)
	}
	if rapid.Bool().Draw(t, "reaper") {
		policy := decide.Default()
		policy.MinimumUptime = time.Duration(rapid.IntRange(1, 30).Draw(t, "uptime")) * time.Minute
		policy.MaximumAge = time.Duration(rapid.IntRange(0, 60).Draw(t, "maximum age")) * time.Minute
		policy.Reserve = float64(rapid.IntRange(0, 2).Draw(t, "reserve"))
		c.reaper = &Reaper{Policy: policy, Calendar: rapid.SampledFrom(calendars).Draw(t, "minimum")}
	}
	if rapid.IntRange(0, 3).Draw(t, "outage") == 0 {
		from := time.Duration(rapid.IntRange(0, 50).Draw(t, "from")) * time.Minute
		c.outages = []Outage{{From: from, To: from + time.Duration(rapid.IntRange(1, 30).Draw(t, "for"))*time.Minute}}
	}
	return c
}

func (c chaos) input() Input {
	scaler := &whim{rng: rand.New(rand.NewPCG(c.seed, 2)), gentle: c.gentle}
	return Input{
		Day: c.day, Model: c.model, Boot: c.model.Boot, Scaler: scaler, Reaper: c.reaper, Start: c.start, Ages: c.ages,
		Outages: c.outages, Keep: true,
	}
}

func calendars(tb testing.TB) []profile.Calendar {
	tb.Helper()
	return []profile.Calendar{calendar(tb, map[int]int{0: 1}), calendar(tb, map[int]int{0: 2}), calendar(tb, map[int]int{0: 1, 1: 3})}
}

// Whatever a scaler does, everything adds up after every single thing that happens.
func TestEverythingAddsUpAtAnyMoment(t *testing.T) {
	t.Parallel()
	m, minimums := model(t), calendars(t)
	rapid.Check(t, func(t *rapid.T) {
		in := anyChaos(t, m, minimums).input()
		require.NoError(t, in.validate())
		w := newWorld(in)
		for w.agenda.entries[0].at <= w.end {
			d := w.agenda.next()
			if d.at < w.now {
				t.Fatalf("after %s comes %s", w.now, d.at)
			}
			w.now = d.at
			require.NoError(t, w.do(t.Context(), d))
			if what := w.wrong(); what != "" {
				t.Fatalf("at %s, after %d of %d: %s", w.now, d.kind, d.what, what)
			}
		}
		w.now = w.end
		require.NoError(t, w.finish())
	})
}

// The sums of a result are those of its events and minutes, and all who join are served, refused or wait still.
func TestTheResultIsWhatHappened(t *testing.T) {
	t.Parallel()
	m, minimums := model(t), calendars(t)
	rapid.Check(t, func(t *rapid.T) {
		c := anyChaos(t, m, minimums)
		c.day.Warmup = 0
		for i := range c.day.Visits {
			v := &c.day.Visits[i]
			v.Leave, v.Join = v.Leave+max(-v.Join, 0), max(v.Join, 0)
		}
		got, err := Run(t.Context(), c.input())
		require.NoError(t, err)
		require.Equal(t, len(c.day.Visits), got.Joins+later(c.day))
		require.Equal(t, got.Joins, got.Served+got.Refused+got.Waiting)
		require.InDelta(t, hours(c, got), got.MachineHours, 1e-9)
		require.Len(t, of(got.Events, Added), got.Added)
		require.Len(t, of(got.Events, Retired), got.Retired)
		require.Len(t, of(got.Events, Removed), got.Removed)
		require.Len(t, of(got.Events, CutOff), got.Cut)
		up, waiting := 0, 0
		for _, minute := range got.Minutes {
			up += minute.Up
			waiting = max(waiting, minute.Waiting)
		}
		require.Equal(t, up, got.BridgeMinutes)
		require.LessOrEqual(t, got.OverloadedBridgeMinutes, got.BridgeMinutes)
		require.LessOrEqual(t, got.OverloadedConferenceMinutes, got.ConferenceMinutes+1e-9)
		require.LessOrEqual(t, waiting, len(c.day.Visits))
		again, err := Run(t.Context(), c.input())
		require.NoError(t, err)
		require.Equal(t, got, again, "the same again")
	})
}

// later counts the visits after the end.
func later(d demand.Day) int {
	count := 0
	for _, v := range d.Visits {
		if v.Join > d.Length {
			count++
		}
	}
	return count
}

// hours are the machine-hours by the events.
func hours(c chaos, r Result) float64 {
	began, ended := map[int]time.Duration{}, map[int]time.Duration{}
	for serial := range c.start {
		began[serial] = 0
	}
	for _, e := range r.Events {
		var serial int
		if _, err := fmt.Sscanf(e.Text, "machine %d", &serial); err != nil {
			continue
		}
		switch e.Kind {
		case Added:
			began[serial] = e.At.Sub(midnight())
		case Retired, Removed:
			ended[serial] = e.At.Sub(midnight())
		default:
		}
	}
	total := time.Duration(0)
	for serial, from := range began {
		until := c.day.Length
		if at, gone := ended[serial]; gone {
			until = min(until, at+deletion)
		}
		total += until - from
	}
	return total.Hours()
}

// A conference is cut by nobody but a scaler that drops machines: adding, shutting down and the reaper never do.
func TestTheReaperNeverCuts(t *testing.T) {
	t.Parallel()
	m, minimums := model(t), calendars(t)
	retired := 0
	rapid.Check(t, func(t *rapid.T) {
		c := anyChaos(t, m, minimums)
		c.gentle = true
		got, err := Run(t.Context(), c.input())
		require.NoError(t, err)
		require.Zero(t, got.Cut)
		require.Zero(t, got.Removed)
		retired += got.Retired
	})
	require.Positive(t, retired, "it was there")
}

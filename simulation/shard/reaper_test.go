package shard

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"jitsi-meet-azure/functions/reaper/decide"
)

// retirement is how long one takes at most from the first look to the machine's end, and idleAt how long after its creation a bridge
// may be retired: 55 minutes after it came up, which of a machine of the start is usual.
const retirement = 6 * time.Minute

func idleAt(in Input) time.Duration { return decide.Default().MinimumUptime + in.Boot.Usual }

// The oldest goes first, as soon as it has been up for 55 minutes, and never one below the minimum.
func TestTheReaperRetiresTheOldest(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		minimum int
		retired int
	}{
		{"minimum 1", 1, 2}, {"minimum 2", 2, 1}, {"minimum 3", 3, 0}, {"minimum 4", 4, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			in := input(t, a(3*time.Hour), 3)
			in.Ages = []time.Duration{40 * time.Minute, 20 * time.Minute, 0}
			in.Reaper = reaperOf(t, c.minimum)
			got := ran(t, in)
			assert.Equal(t, c.retired, got.Retired)
			assert.Zero(t, got.Cut+got.Removed+got.Added)
			drained, gone := of(got.Events, Drained), of(got.Events, Retired)
			assert.Len(t, drained, c.retired)
			for i, at := range drained {
				due := idleAt(in) - in.Ages[i]
				assert.GreaterOrEqual(t, at, due)
				assert.Less(t, at, due+time.Minute+tickAt, "the next look")
				assert.Less(t, gone[i], at+retirement)
				assert.GreaterOrEqual(t, gone[i], at+2*time.Minute, "a look at the drain, and one at the end")
			}
			assert.Equal(t, 3-c.retired, got.Minutes[179].Machines)
		})
	}
}

// The reaper takes no bridge with a conference, however long it has been up, and drains it when it is too old.
func TestTheReaperLeavesABusyBridge(t *testing.T) {
	t.Parallel()
	in := input(t, a(6*time.Hour, group(2, 0, time.Minute, 5*time.Hour, false)...), 3)
	in.Ages = []time.Duration{30 * time.Minute, 20 * time.Minute, 10 * time.Minute}
	in.Reaper = reaperOf(t, 1)
	got := ran(t, in)
	assert.Zero(t, got.Cut)
	assert.Equal(t, 2, got.Retired, "the oldest is on duty until five, and then two may go")
	assert.GreaterOrEqual(t, of(got.Events, Drained)[0], 5*time.Hour)

	in.Reaper.Policy.MaximumAge = 3 * time.Hour
	got = ran(t, in)
	assert.Zero(t, got.Cut)
	drained, gone := of(got.Events, Drained), of(got.Events, Retired)
	assert.InDelta(t, 150*time.Minute, drained[0], float64(2*time.Minute), "too old: no new conferences for it")
	assert.GreaterOrEqual(t, gone[0], 5*time.Hour, "but its own goes on to its end")
}

// Where the minimum falls, nothing goes before; where it rises, nothing goes that would still be missing then.
func TestTheReaperKeepsToTheCalendar(t *testing.T) {
	t.Parallel()
	in := input(t, a(4*time.Hour), 3)
	in.Reaper = &Reaper{Policy: decide.Default(), Calendar: calendar(t, map[int]int{0: 3, 2: 1})}
	got := ran(t, in)
	assert.Equal(t, 2, got.Retired)
	assert.GreaterOrEqual(t, of(got.Events, Drained)[0], 2*time.Hour+lookBack, "the engine may be a run behind")

	in.Ages = []time.Duration{idleAt(in) + 3*time.Minute - time.Hour, 0, 0} // the first is due at 0:57
	in.Reaper.Calendar = calendar(t, map[int]int{0: 2, 1: 3, 3: 3})
	got = ran(t, in)
	assert.Zero(t, got.Retired, "at one there must be three again")
}

// A reserve keeps as many bridges as it takes to have it free, whatever the minimum.
func TestTheReaperKeepsTheReserve(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		reserve float64
		stay    int
	}{{0, 1}, {0.5, 1}, {0.97, 1}, {1, 2}, {1.5, 2}, {2.9, 3}, {3.5, 4}, {9, 5}} {
		in := input(t, a(8*time.Hour), 5)
		in.Reaper = reaperOf(t, 1)
		in.Reaper.Policy.Reserve = c.reserve
		got := ran(t, in)
		assert.Equal(t, 5-c.stay, got.Retired, c.reserve)
		assert.Equal(t, c.stay, got.Minutes[479].Up, c.reserve)
	}
}

// A conference that comes between the two looks at a bridge saves it: it takes conferences again.
func TestAConferenceSavesADrainedBridge(t *testing.T) {
	t.Parallel()
	in := input(t, a(2*time.Hour, group(2, 0, 30*time.Minute+4*time.Second, 2*time.Hour, false)...), 2)
	in.Ages = []time.Duration{idleAt(in) - 30*time.Minute, 0}
	in.Reaper = reaperOf(t, 1)
	w := until(t, in, 30*time.Minute+3*time.Second)
	assert.NotEqual(t, never, w.all[0].drained, "the first look")
	w.on(t, 30*time.Minute+4*time.Second)
	assert.Equal(t, []int{0}, w.has(0), "Jicofo has not learnt of it yet")
	w.on(t, 40*time.Minute)
	assert.Equal(t, never, w.all[0].drained)
	got := ran(t, in)
	assert.Zero(t, got.Cut+got.Retired)
}

// Without a reaper nobody retires anything, and nobody publishes anything.
func TestWithoutAReaper(t *testing.T) {
	t.Parallel()
	got := ran(t, input(t, a(6*time.Hour), 4))
	assert.Zero(t, got.Retired)
	assert.Empty(t, got.Events)
	assert.InDelta(t, 24, got.MachineHours, 1e-9)
}

package azure_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/functions/reaper/fleet"
	"jitsi-meet-azure/test/e2e/azure"
)

// A busy bridge gets a second one beside it.
func TestLoadAddsABridge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := play(t, "2026-06-10T08:00:00Z", 1, 14, usual(t))
		w.pass(20 * time.Minute)
		assert.Equal(t, "0 serving", w.states())
		_, err := w.bridge(0).StartConference(200)
		require.NoError(t, err)
		w.pass(time.Hour)
		assert.Equal(t, "0 serving, 1 serving", w.states())
		// The engine knows minutes a minute and a half after their end, and the mean of those that it knows must be above 70 %.
		assert.Equal(t, []string{
			"08:00:00 booted 0 bridge at 127.40.2.4:8080",
			"08:25:30 scaled  Percentage CPU > 70: it is 83.67", "08:25:30 created 1 image 1.0.0",
			"08:28:30 booted 1 bridge at 127.40.2.5:8080",
		}, w.story(azure.Scaled, azure.Created, azure.Booted))
		busy := w.Fleet("a")[0]
		assert.Equal(t, []int{1, 200}, []int{busy.Conferences, busy.Participants})
		assert.InDelta(t, 89.1, busy.CPU, 0.1)
		assert.Empty(t, w.Violations())
		// Both together are at 45 %: nothing follows.
		_, err = w.bridge(1).StartConference(200)
		require.NoError(t, err)
		w.pass(30 * time.Minute)
		assert.Equal(t, "0 serving, 1 serving, 2 serving", w.states())
	})
}

// The night brings a machine of the newest image, and the reaper's deletion takes the old one.
func TestANight(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := play(t, "2026-06-10T01:00:00Z", 2, 14, usual(t))
		w.local.set(14, "1.1.0")
		w.pass(90 * time.Minute)
		assert.Equal(t, "0 serving, 1 serving, 2 serving", w.states())
		assert.Equal(t, []string{"02:00:00 scaled  Percentage CPU ≥ 0: it is 2"}, w.story(azure.Scaled))
		asks := w.reaper()
		machines, err := asks.Fleet(t.Context(), setID)
		require.NoError(t, err)
		require.Len(t, machines, 3)
		assert.Equal(t, "1.1.0", machines[2].Image)
		assert.Equal(t, "127.40.2.6", machines[2].Address.String())
		assert.Equal(t, fleet.StateRunning, machines[2].State)
		assert.True(t, machines[2].Created.Equal(time.Date(2026, 6, 10, 2, 0, 0, 0, time.UTC)))

		require.NoError(t, asks.Delete(t.Context(), setID, machines[0].Instance))
		assert.False(t, w.bridge(0).Alive())
		assert.Equal(t, "0 deleted, 1 serving, 2 serving", w.states())
		w.pass(time.Minute)
		machines, err = asks.Fleet(t.Context(), setID)
		require.NoError(t, err)
		assert.Equal(t, fleet.StateDeleting, machines[0].State)
		w.pass(10 * time.Minute)
		machines, err = asks.Fleet(t.Context(), setID)
		require.NoError(t, err)
		assert.Len(t, machines, 2)
		assert.Len(t, w.local.machines, 2)
		assert.Equal(t, []string{
			"01:00:00 switched  {\"name\":\"Auto created default scale condition\",\"for\":\"nightly-recycle\"}",
			"02:00:00 switched  nightly-recycle",
			"02:05:15 switched  {\"name\":\"Auto created default scale condition\",\"for\":\"nightly-recycle\"}",
			"02:30:05 reaped 0", "02:31:45 gone 0",
		}, w.story(azure.Switched, azure.Reaped, azure.Gone, azure.Trouble, azure.Removed))
		assert.Empty(t, w.Violations())
	})
}

// A machine that comes up is shown as being made, then as running, and takes its time until its bridge answers.
func TestABoot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := play(t, "2026-06-10T08:00:00Z", 0, 14, usual(t))
		asks := w.reaper()
		for _, c := range []struct {
			after  time.Duration
			listed fleet.State
			state  string
		}{
			{30 * time.Second, fleet.StateStarting, "0 booting"},
			{45 * time.Second, fleet.StateRunning, "0 booting"},
			{2 * time.Minute, fleet.StateRunning, "0 serving"},
		} {
			w.pass(c.after)
			machines, err := asks.Fleet(t.Context(), setID)
			require.NoError(t, err)
			require.Len(t, machines, 1)
			assert.Equal(t, c.listed, machines[0].State)
			assert.Equal(t, c.state, w.states())
		}
		assert.Equal(t, []string{"08:00:00 scaled  minimum 1"}, w.story(azure.Scaled))
		assert.Empty(t, w.Violations())
	})
}

// What the reaper is told of a machine's traffic agrees with its bridge's participants.
func TestTraffic(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := play(t, "2026-06-10T08:00:00Z", 1, 14, usual(t))
		ask := func(want fleet.Traffic, when string) {
			t.Helper()
			got, err := w.reaper().Traffic(t.Context(), setID, fleet.Machine{Instance: "0"}, 15*time.Minute, w.clock.Now())
			require.NoError(t, err)
			assert.Equal(t, want, got, when)
		}
		w.pass(10 * time.Minute)
		ask(fleet.TrafficUnknown, "too little is known")
		w.pass(20 * time.Minute)
		ask(fleet.TrafficLittle, "idle")
		conference, err := w.bridge(0).StartConference(1)
		require.NoError(t, err)
		w.pass(5 * time.Minute)
		ask(fleet.TrafficSome, "somebody")
		require.NoError(t, w.bridge(0).EndConference(conference))
		w.pass(10 * time.Minute)
		ask(fleet.TrafficSome, "somebody ten minutes ago")
		w.pass(20 * time.Minute)
		ask(fleet.TrafficLittle, "idle again")
		w.FailZone("1")
		w.pass(10 * time.Minute)
		ask(fleet.TrafficUnknown, "nobody measures")
	})
}

func TestAZoneFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := play(t, "2026-06-10T08:00:00Z", 2, 14, usual(t))
		w.pass(20 * time.Minute)
		_, err := w.bridge(0).StartConference(5)
		require.NoError(t, err)
		old := w.bridge(0)
		w.FailZone("2")
		assert.Equal(t, "0 serving, 1 serving", w.states())
		w.FailZone("1")
		assert.Equal(t, "0 lost, 1 lost", w.states())
		assert.False(t, old.Alive())
		assert.Equal(t, 1, old.Lost())
		machines, err := w.reaper().Fleet(t.Context(), setID)
		require.NoError(t, err)
		require.Len(t, machines, 2, "Azure still lists them")
		// One is deleted while its zone is gone.
		require.NoError(t, w.reaper().Delete(t.Context(), setID, machines[1].Instance))
		require.NoError(t, w.reaper().Delete(t.Context(), setID, machines[0].Instance))
		w.pass(time.Hour)
		assert.Equal(t, "0 deleted, 1 deleted", w.states())
		assert.Equal(t, []string{"08:20:15 refused  minimum 1, but: zone 1 has failed"}, w.story(azure.Refused))
		w.RestoreZone("1")
		w.pass(10 * time.Minute)
		assert.Equal(t, "0 deleted, 1 deleted, 2 serving", w.states())
		assert.Empty(t, w.Violations())
	})
}

func TestAZoneComesBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := play(t, "2026-06-10T08:00:00Z", 1, 14, usual(t))
		w.pass(20 * time.Minute)
		old := w.bridge(0)
		w.FailZone("1")
		w.pass(time.Hour)
		w.RestoreZone("1")
		assert.Equal(t, "0 booting", w.states())
		w.pass(5 * time.Minute)
		assert.Equal(t, "0 serving", w.states())
		assert.Equal(t, 2, w.booted)
		assert.False(t, old.Alive())
		assert.True(t, w.bridge(0).Alive())
		assert.NotSame(t, old, w.bridge(0))
		assert.Equal(t, []string{"08:20:05 lost 0 zone 1 has failed", "09:20:05 restored 0 zone 1 is back", "09:23:15 booted 0 bridge at 127.40.2.4:8080"},
			w.story(azure.Lost, azure.Restored, azure.Booted)[1:])
		assert.Empty(t, w.Violations())
	})
}

// A local cloud that has no room is asked again and again, and told of once; the shard is under its minimum meanwhile.
func TestNoRoom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := play(t, "2026-06-10T08:00:00Z", 1, 0, usual(t))
		w.pass(10 * time.Minute)
		w.bridge(0).Kill()
		assert.Equal(t, "0 stopped", w.states())
		machines, err := w.reaper().Fleet(t.Context(), setID)
		require.NoError(t, err)
		require.NoError(t, w.reaper().Delete(t.Context(), setID, machines[0].Instance))
		w.pass(4 * time.Minute)
		assert.Empty(t, w.Violations())
		w.pass(time.Hour)
		assert.Equal(t, []string{"08:10:30 refused  minimum 1, but: the prefix is used up"}, w.story(azure.Refused))
		assert.Greater(t, w.local.asked, 80)
		require.Len(t, w.Violations(), 1)
		assert.Contains(t, w.Violations()[0], "shard a: 0 of 1 bridges were up at 2026-06-10T08:15:00Z, for longer than 4m30s, with profile ")
		w.local.set(1, "1.0.0")
		w.pass(10 * time.Minute)
		assert.Equal(t, "0 deleted, 1 serving", w.states())
		assert.Len(t, w.Violations(), 1)
	})
}

// More machines than the maximum are too many for Azure, whoever is on them. The deployed settings never come to that.
func TestAzureRemovesWhatIsTooMuch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := play(t, "2026-06-10T08:00:00Z", 3, 14, []byte(`{"enabled":true,"profiles":[{"name":"small",
			"capacity":{"minimum":"1","default":"1","maximum":"2"},"rules":[]}]}`))
		w.pass(time.Minute)
		assert.Equal(t, "0 serving, 1 serving, 2 deleted", w.states())
		assert.Equal(t, []string{"08:00:00 removed 2 maximum 2"}, w.story(azure.Removed, azure.Reaped, azure.Trouble))
		assert.False(t, w.bridge(2).Alive())
		machines, err := w.reaper().Fleet(t.Context(), setID)
		require.NoError(t, err)
		assert.Equal(t, fleet.StateDeleting, machines[2].State)
	})
}

// A bridge that drains and ends by itself is told apart from one that serves.
func TestStates(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := play(t, "2026-06-10T08:00:00Z", 2, 14, usual(t))
		w.pass(time.Minute)
		w.bridge(1).SetFit(false)
		assert.Equal(t, "0 serving, 1 serving", w.states())
		w.bridge(1).Kill()
		assert.Equal(t, "0 serving, 1 stopped", w.states())
		w.pass(20 * time.Minute)
		assert.Equal(t, "0 serving, 1 stopped", w.states(), "the engine counts machines, not bridges")
		assert.Empty(t, w.Violations())
		assert.Empty(t, w.Fleet("b"))
	})
}

package people_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"jitsi-meet-azure/test/e2e/people"
)

const peak = 700

// there counts who is there at a time.
func there(meetings []people.Meeting, at time.Time, lasting bool) int {
	count := 0
	for _, m := range meetings {
		for _, stay := range m.Stays {
			if m.Lasting == lasting && !at.Before(stay.From) && at.Before(stay.To) {
				count++
			}
		}
	}
	return count
}

func begins() time.Time { return time.Date(2026, 3, 4, 5, 0, 0, 0, time.UTC) }

func TestAPlanIsTheSameEachTime(t *testing.T) {
	t.Parallel()
	from := begins()
	plan := people.Plan(people.WorkingDay(), peak, 1, from, from.Add(26*time.Hour))
	assert.Equal(t, plan, people.Plan(people.WorkingDay(), peak, 1, from, from.Add(26*time.Hour)))
	assert.NotEqual(t, plan, people.Plan(people.WorkingDay(), peak, 2, from, from.Add(26*time.Hour)))
}

func TestAPlanFollowsTheDay(t *testing.T) {
	t.Parallel()
	day := people.WorkingDay()
	from := begins()
	plan := people.Plan(day, peak, 1, from, from.Add(26*time.Hour))
	for _, hour := range []int{9, 10, 11, 14, 15, 20} {
		at := time.Date(2026, 3, 4, hour, 30, 0, 0, time.UTC)
		want := peak * day.Share(at.Sub(at.Truncate(24*time.Hour)))
		assert.InDelta(t, want, there(plan, at, false), 0.25*want, "at %d:30", hour)
	}
	assert.Less(t, there(plan, time.Date(2026, 3, 5, 3, 0, 0, 0, time.UTC), false), 30, "at night")
	noon, lunch := there(plan, time.Date(2026, 3, 4, 11, 0, 0, 0, time.UTC), false), there(plan, time.Date(2026, 3, 4, 12, 45, 0, 0, time.UTC), false)
	assert.Less(t, lunch, noon*4/5)
	total := 0
	for _, m := range plan {
		total += len(m.Stays)
	}
	t.Logf("%d meetings, %d stays", len(plan), total)
}

func TestOrdinaryMeetings(t *testing.T) {
	t.Parallel()
	from := begins()
	sizes := map[int]int{}
	rooms, users := map[string]bool{}, map[string]bool{}
	meetings := people.Plan(people.WorkingDay(), peak, 3, from, from.Add(24*time.Hour))
	for _, m := range meetings {
		if m.Lasting {
			continue
		}
		assert.False(t, rooms[m.Room], "%s has two meetings", m.Room)
		rooms[m.Room] = true
		sizes[len(m.Stays)]++
		duration := m.To.Sub(m.From)
		assert.True(t, duration >= 10*time.Minute && duration <= 90*time.Minute, "%s", duration)
		for _, stay := range m.Stays {
			assert.Equal(t, m.Room, strings.ToLower(stay.Room))
			assert.False(t, users[stay.User])
			users[stay.User] = true
			assert.GreaterOrEqual(t, stay.To.Sub(stay.From), 5*time.Minute)
			assert.False(t, stay.From.Before(m.From))
		}
	}
	most := 0
	for size, count := range sizes {
		assert.True(t, size >= 2 && size <= 40, "%d people", size)
		if size >= 3 && size <= 8 {
			most += count
		}
	}
	assert.Greater(t, most, len(rooms)/2)
	assert.Greater(t, len(sizes), 15, "small ones and large ones")
}

func TestSomeMeetAllNight(t *testing.T) {
	t.Parallel()
	from := begins()
	plan := people.Plan(people.WorkingDay(), peak, 1, from, from.Add(30*time.Hour))
	found := map[string][]time.Duration{}
	for _, m := range plan {
		if m.Lasting {
			found[m.Room] = append(found[m.Room], m.From.Sub(from), m.To.Sub(from))
		}
	}
	// Each is under way when the day begins at 05:00, and comes again.
	assert.Equal(t, map[string][]time.Duration{
		"operations/night-watch": {0, time.Hour, 17 * time.Hour, 25 * time.Hour},
		"release-night":          {0, 3 * time.Hour, 16 * time.Hour, 27 * time.Hour},
	}, found)
	for hour := 22; hour < 30; hour++ {
		assert.GreaterOrEqual(t, there(plan, time.Date(2026, 3, 4, hour, 30, 0, 0, time.UTC), true), 3)
	}
}

func TestTheCurveIsStraightBetweenItsPoints(t *testing.T) {
	t.Parallel()
	curve := people.Curve{Points: []people.Point{{At: 6 * time.Hour, Share: 0}, {At: 18 * time.Hour, Share: 1}}}
	for at, want := range map[time.Duration]float64{6 * time.Hour: 0, 12 * time.Hour: .5, 18 * time.Hour: 1, 0: .5, 3 * time.Hour: .25, 21 * time.Hour: .75} {
		assert.InDelta(t, want, curve.Share(at), 1e-9, at)
	}
	assert.Zero(t, people.Curve{}.Share(time.Hour))
}

func TestAnyPlanIsSound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		from := begins().Add(time.Duration(rapid.IntRange(0, 86400).Draw(t, "seconds")) * time.Second)
		until := from.Add(time.Duration(rapid.IntRange(0, 300).Draw(t, "minutes")) * time.Minute)
		for _, m := range people.Plan(people.WorkingDay(), rapid.IntRange(0, 50).Draw(t, "peak"), rapid.Uint64().Draw(t, "seed"), from, until) {
			require.False(t, m.From.Before(from))
			require.True(t, m.From.Before(until))
			for _, stay := range m.Stays {
				require.True(t, stay.From.Before(stay.To), "%s %s", stay.From, stay.To)
			}
		}
	})
}

package policy

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/simulation/demand"
)

func TestBusyHoursOfWhoKnows(t *testing.T) {
	t.Parallel()
	a := env(t, "prod").Autoscale
	for _, c := range []struct {
		kind    demand.Kind
		planned float64
		minimum int
		to      time.Duration
	}{
		{demand.Office, 0.4, 0, 0}, // 0.98: the usual minimum will do
		{demand.Office, 1, 2, 17*time.Hour + 15*time.Minute},
		{demand.Webinar, 2, 3, 17*time.Hour + 15*time.Minute},
		{demand.Flash, 3, 5, 17*time.Hour + 15*time.Minute},
		{demand.School, 3, 6, 12*time.Hour + 30*time.Minute},
		{demand.School, 100, 13, 12*time.Hour + 30*time.Minute},
		{demand.Shop, 3, 0, 0},
		{demand.Weekend, 3, 0, 0},
		{"trace.csv", 0, 0, 0},
	} {
		hours, _ := busy(demand.Day{Name: string(c.kind), Planned: c.planned}, a)
		if c.minimum == 0 {
			assert.Empty(t, hours, c.kind)
			continue
		}
		require.Len(t, hours, 1, c.kind)
		assert.Equal(t, c.minimum, hours[0].Minimum, "%s %v", c.kind, c.planned)
		assert.Equal(t, []time.Duration{7*time.Hour + 40*time.Minute, c.to}, []time.Duration{hours[0].From, hours[0].To})
		assert.Len(t, hours[0].Days, 5)
	}
}

// Where nothing is known of a day, the configured busy hours stay: no timetable, or a trace that merely has a kind's name.
func TestConfiguredBusyHoursStay(t *testing.T) {
	t.Parallel()
	a := env(t, "prod").Autoscale
	a.BusyHours = []environment.BusyHours{{Name: "own", Days: []time.Weekday{time.Sunday}, To: time.Hour, Minimum: 2}}
	for _, day := range []demand.Day{{Name: "shop", Planned: 3}, {Name: "school"}, {Name: "trace.csv"}} {
		hours, _ := busy(day, a)
		assert.Equal(t, a.BusyHours, hours, day.Name)
	}
	hours, _ := busy(demand.Day{Name: "school", Planned: 3}, a)
	assert.Equal(t, "known", hours[0].Name)
}

// Who knows has the bridges there when the people come; where there is nothing to know it is the environment's own policy. Several
// days are asked for at once.
func TestKnown(t *testing.T) {
	t.Parallel()
	read := env(t, "prod")
	ours, err := Ours("ours", "", read)
	require.NoError(t, err)
	known := Known(read)
	school, shop := drawn(t, demand.School, 1, 3), drawn(t, demand.Shop, 1, 1)
	var asking sync.WaitGroup
	for _, day := range []demand.Day{school, shop, school, office(t)} {
		asking.Go(func() {
			_, err := known.Input(day, assumptions(t))
			assert.NoError(t, err)
		})
	}
	asking.Wait()
	same(t, simulated(t, ours, shop), simulated(t, known, shop))
	with, without := simulated(t, known, school), simulated(t, ours, school)
	assert.GreaterOrEqual(t, with.Minutes[8*60].Up, 6)
	assert.Less(t, without.Minutes[8*60].Up, 6)
	assert.Less(t, overload(with), overload(without))
	assert.Zero(t, with.Cut)
}

package demand

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDates(t *testing.T) {
	t.Parallel()
	lengths := map[Kind]map[time.Duration]int{}
	for _, kind := range Kinds() {
		lengths[kind] = map[time.Duration]int{}
		for seed := range uint64(150) {
			d := drawn(t, kind, seed, 0.2)
			lengths[kind][d.Length]++
			switch kind {
			case Weekend:
				require.Equal(t, time.Saturday, d.Midnight.Weekday())
			case Shop:
			default:
				require.NotContains(t, []time.Weekday{time.Saturday, time.Sunday}, d.Midnight.Weekday(), kind)
			}
		}
	}
	for _, day := range []time.Duration{23 * time.Hour, 24 * time.Hour, 25 * time.Hour} {
		assert.Positive(t, lengths[Shop][day], "shop of %v", day)
		assert.Positive(t, lengths[Weekend][day+24*time.Hour], "weekend of %v", day+24*time.Hour)
	}
	assert.Equal(t, map[time.Duration]int{24 * time.Hour: 150}, lengths[Office], "clocks change on Sundays here")
	assert.Greater(t, lengths[Shop][24*time.Hour], 120, "and rarely")
}

// In some zones the clocks go forward at midnight, and a day has no 00:00; in one they change by half an hour.
func TestZonesOfAllKinds(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Africa/Cairo", "America/Havana", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"} {
		zone, err := time.LoadLocation(name)
		require.NoError(t, err)
		for day := range 365 {
			first := midnight(year, time.January, 1+day, zone)
			next := midnight(year, time.January, 2+day, zone)
			require.Equal(t, 1+day, first.YearDay(), "%s %v", name, first)
			require.Equal(t, day, first.Add(-time.Second).YearDay()%365, "%s %v", name, first)
			whole := length(first, 1, zone)
			require.Zero(t, whole%time.Hour)
			require.True(t, whole >= next.Sub(first) && whole < next.Sub(first)+time.Hour, "%s %v", name, first)
		}
		for seed := range uint64(20) {
			d, err := Make(Order{Kind: Shop, Seed: seed, Peak: 0.2, ParticipantStress: planned, Zone: zone})
			require.NoError(t, err)
			require.NotEmpty(t, d.Visits)
		}
	}
}

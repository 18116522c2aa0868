package demand

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"math"
	"slices"
	"testing"
	"time"
	_ "time/tzdata" // a machine without time zones runs these tests too

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// planned is about what capacity.Model.Planned says.
const planned = 0.0064

func berlin(tb testing.TB) *time.Location {
	tb.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	require.NoError(tb, err)
	return zone
}

func drawn(tb testing.TB, kind Kind, seed uint64, peak float64) Day {
	tb.Helper()
	day, err := Make(Order{Kind: kind, Seed: seed, Peak: peak, ParticipantStress: planned, Zone: berlin(tb)})
	require.NoError(tb, err)
	return day
}

// sum is a hash of the day as a trace.
func sum(t *testing.T, d Day) string {
	t.Helper()
	var text bytes.Buffer
	require.NoError(t, d.Write(&text))
	hash := sha256.Sum256(text.Bytes())
	return hex.EncodeToString(hash[:8])
}

// The days of a seed are what published comparisons refer to. Whoever changes how days are drawn changes these on purpose.
func TestTheSameSeedGivesTheSameDayEverywhere(t *testing.T) {
	t.Parallel()
	for kind, want := range map[Kind]string{
		Office: "a505a30a2e96ae42", School: "432fd14e20c221e8", Webinar: "253428823ff206d7",
		Weekend: "9d4c438f95721438", Shop: "4ff11a2e7e4496e4", Flash: "e01e21fe9965a9cd",
	} {
		day := drawn(t, kind, 7, 1)
		assert.Equal(t, want, sum(t, day), kind)
		assert.Equal(t, day, drawn(t, kind, 7, 1))
		assert.NotEqual(t, sum(t, day), sum(t, drawn(t, kind, 8, 1)), kind)
	}
}

func TestWhatHoldsOfEveryDay(t *testing.T) {
	t.Parallel()
	for _, kind := range Kinds() {
		for seed := range uint64(30) {
			d := drawn(t, kind, seed, []float64{0.2, 1, 5}[seed%3])
			require.Equal(t, string(kind), d.Name)
			require.Equal(t, year, d.Midnight.Year())
			require.Zero(t, d.Midnight.Hour())
			require.Zero(t, d.Length%time.Hour)
			require.Equal(t, "00:00:00", d.Midnight.Add(d.Length).Format(time.TimeOnly))
			require.True(t, slices.IsSortedFunc(d.Visits, compare))
			seen := make([]bool, len(d.Rooms))
			for _, v := range d.Visits {
				inside := v.Join >= -d.Warmup && v.Join < d.Length && v.Leave > v.Join
				if !inside || v.Join%time.Second != 0 || v.Leave%time.Second != 0 {
					require.Fail(t, "a visit that cannot be", "%+v", v)
				}
				seen[v.Room] = true
			}
			require.NotContains(t, seen, false, "every room has a visit")
			names := slices.Clone(d.Rooms)
			slices.Sort(names)
			require.Len(t, slices.Compact(names), len(d.Rooms), "no two rooms have one name")
		}
	}
}

// The expected peak is the one that was ordered, for small shards and for large ones.
func TestThePeakIsTheOneThatWasOrdered(t *testing.T) {
	t.Parallel()
	for _, kind := range []Kind{Office, School, Weekend, Shop} {
		for _, peak := range []float64{0.5, 3} {
			const days = 100
			total := 0
			for seed := range uint64(days) {
				people, at := drawn(t, kind, seed, peak).Peak()
				total += people
				require.GreaterOrEqual(t, at, time.Duration(0))
			}
			assert.InEpsilon(t, peak, float64(total)/days*planned, 0.12, "%s with a peak of %v", kind, peak)
		}
	}
}

func TestWrongOrdersAreRefused(t *testing.T) {
	t.Parallel()
	_, err := Make(Order{Kind: "holiday", Peak: -1, ParticipantStress: 2})
	for _, part := range []string{`kind is "holiday", not one of [office`, "peak is -1", "participant stress is 2", "zone is missing"} {
		require.ErrorContains(t, err, part)
	}
	_, err = Make(Order{Kind: Office, Peak: 6, ParticipantStress: 0.0001, Zone: time.UTC})
	require.ErrorContains(t, err, "60000 people: allowed are up to 50000")
	for _, peak := range []float64{0, 101, math.NaN(), math.Inf(1)} {
		_, err = Make(Order{Kind: Office, Peak: peak, ParticipantStress: math.NaN(), Zone: time.UTC})
		require.ErrorContains(t, err, "peak is")
		require.ErrorContains(t, err, "participant stress is NaN")
	}
}

func BenchmarkMake(b *testing.B) {
	for _, kind := range Kinds() {
		b.Run(string(kind), func(b *testing.B) {
			for seed := uint64(0); b.Loop(); seed++ {
				drawn(b, kind, seed, 5)
			}
		})
	}
}

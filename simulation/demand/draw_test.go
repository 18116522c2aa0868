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

func berlin(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	return zone
}

func drawn(t testing.TB, kind Kind, seed uint64, peak float64) Day {
	t.Helper()
	day, err := Make(Order{Kind: kind, Seed: seed, Peak: peak, ParticipantStress: planned, Zone: berlin(t)})
	require.NoError(t, err)
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
		Office: "", School: "", Webinar: "", Weekend: "", Shop: "", Flash: "",
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
		for seed := range uint64(60) {
			d := drawn(t, kind, seed, []float64{0.2, 1, 5}[seed%3])
			require.Equal(t, string(kind), d.Name)
			require.Equal(t, year, d.Midnight.Year())
			require.Zero(t, d.Midnight.Hour())
			require.Zero(t, d.Length%time.Hour)
			require.Equal(t, d.Midnight.Add(d.Length).Format(time.TimeOnly), "00:00:00")
			require.True(t, slices.IsSortedFunc(d.Visits, compare))
			seen := make([]bool, len(d.Rooms))
			for _, v := range d.Visits {
				require.GreaterOrEqual(t, v.Join, -d.Warmup)
				require.Less(t, v.Join, d.Length)
				require.Greater(t, v.Leave, v.Join)
				require.Zero(t, v.Join%time.Second)
				require.Zero(t, v.Leave%time.Second)
				seen[v.Room] = true
			}
			require.NotContains(t, seen, false, "every room has a visit")
			names := slices.Clone(d.Rooms)
			slices.Sort(names)
			require.Len(t, slices.Compact(names), len(d.Rooms), "no two rooms have one name")
		}
	}
}

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
	for _, hours := range []time.Duration{23, 24, 25} {
		assert.Positive(t, lengths[Shop][hours*time.Hour], "shop of %d hours", hours)
		assert.Positive(t, lengths[Weekend][(24+hours)*time.Hour], "weekend of %d hours", 24+hours)
	}
	assert.Equal(t, map[time.Duration]int{24 * time.Hour: 150}, lengths[Office], "clocks change on Sundays here")
	assert.Greater(t, lengths[Shop][24*time.Hour], 120, "and rarely")
}

// The expected peak is the one that was ordered, for small shards and for large ones.
func TestThePeakIsTheOneThatWasOrdered(t *testing.T) {
	t.Parallel()
	for _, kind := range []Kind{Office, School, Weekend, Shop} {
		for _, peak := range []float64{0.5, 2, 5} {
			const days = 120
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

// visitsIn counts the joins of a day between two times, and the people who are there at the second.
func visitsIn(d Day, from, to time.Duration) (joins, there int) {
	for _, v := range d.Visits {
		if v.Join >= from && v.Join < to {
			joins++
		}
		if v.Join <= to && v.Leave > to {
			there++
		}
	}
	return joins, there
}

func TestAFlashCrowdComesWithinTwoMinutes(t *testing.T) {
	t.Parallel()
	begins := map[time.Duration]bool{}
	for seed := range uint64(40) {
		d := drawn(t, Flash, seed, 0.2)
		var crowd []Visit
		rooms := map[int]int{}
		for _, v := range d.Visits {
			if room := d.Rooms[v.Room]; bytes.HasPrefix([]byte(room), []byte("flash-")) {
				crowd = append(crowd, v)
				rooms[v.Room]++
				stay := v.Leave - v.Join
				require.True(t, stay >= 30*time.Minute && stay <= time.Hour, stay)
			}
		}
		require.Len(t, crowd, 300)
		require.Len(t, rooms, 30)
		for _, people := range rooms {
			require.Equal(t, 10, people)
		}
		first, last := crowd[0].Join, crowd[299].Join
		require.Less(t, last-first, 2*time.Minute)
		require.GreaterOrEqual(t, first, 9*time.Hour)
		require.Less(t, last, 17*time.Hour+2*time.Minute)
		begins[first.Truncate(time.Hour)] = true
	}
	assert.Greater(t, len(begins), 4, "nobody can know when")
}

func TestAWebinarHasItsAudience(t *testing.T) {
	t.Parallel()
	d := drawn(t, Webinar, 3, 0.5)
	office := drawn(t, Office, 3, 0.5)
	cameras, people := 0, 0
	for _, v := range d.Visits {
		if d.Rooms[v.Room][:7] != "webinar" {
			continue
		}
		people++
		if v.Camera {
			cameras++
		}
		require.GreaterOrEqual(t, v.Join, 15*time.Hour+50*time.Minute)
		require.LessOrEqual(t, v.Join, 16*time.Hour+5*time.Minute)
		require.LessOrEqual(t, v.Leave, 17*time.Hour+2*time.Minute)
	}
	assert.Equal(t, 500, people)
	assert.Equal(t, 3, cameras)
	most, at := d.Peak()
	usual, _ := office.Peak()
	assert.Greater(t, most, 450)
	assert.Less(t, usual, 250)
	assert.InDelta(t, 16, at.Hours(), 0.5)
}

func TestASchoolIsEmptyAtNightAndFullInLessons(t *testing.T) {
	t.Parallel()
	for seed := range uint64(30) {
		d := drawn(t, School, seed, 3)
		before, _ := visitsIn(d, -4*time.Hour, 8*time.Hour-time.Minute)
		require.Zero(t, before)
		after, there := visitsIn(d, 13*time.Hour, 24*time.Hour)
		require.Zero(t, after)
		require.Zero(t, there)
		joins, present := visitsIn(d, 8*time.Hour+49*time.Minute, 8*time.Hour+54*time.Minute)
		require.Positive(t, joins)
		require.GreaterOrEqual(t, float64(present), 0.9*float64(joins), "everybody within four minutes")
		_, between := visitsIn(d, 0, 9*time.Hour+40*time.Minute)
		require.Zero(t, between, "a room has one conference after the other")
	}
}

// Within the day the curves do what their kinds are about.
func TestCurves(t *testing.T) {
	t.Parallel()
	count := func(kind Kind, from, to int) int {
		total := 0
		for seed := range uint64(40) {
			joins, _ := visitsIn(drawn(t, kind, seed, 1), time.Duration(from)*time.Hour, time.Duration(to)*time.Hour)
			total += joins
		}
		return total
	}
	assert.Greater(t, count(Office, 9, 12), 20*count(Office, 20, 23))
	assert.Less(t, count(Office, 0, 5), count(Office, 9, 10)/10)
	assert.Greater(t, count(Weekend, 18, 21), 3*count(Weekend, 10, 13))
	night, noon := count(Shop, 1, 4), count(Shop, 10, 13)
	assert.InDelta(t, 0.3, float64(night)/float64(noon), 0.06)
	evening, _ := visitsIn(drawn(t, Shop, 1, 5), -4*time.Hour, 0)
	assert.Positive(t, evening, "the day begins as the evening before ended")
}

// People begin together: most of those of an office join around the full and the half hour.
func TestMeetingsBeginOnTheClock(t *testing.T) {
	t.Parallel()
	d := drawn(t, Office, 5, 5)
	near, cameras := 0, 0
	for _, v := range d.Visits {
		if past := (v.Join + 2*time.Minute) % (30 * time.Minute); past <= 6*time.Minute {
			near++
		}
		if v.Camera {
			cameras++
		}
	}
	assert.InDelta(t, 0.85+0.15*0.2, float64(near)/float64(len(d.Visits)), 0.05)
	assert.InDelta(t, 0.4, float64(cameras)/float64(len(d.Visits)), 0.03)
}

func TestWrongOrdersAreRefused(t *testing.T) {
	t.Parallel()
	_, err := Make(Order{Kind: "holiday", Peak: -1, ParticipantStress: 2})
	for _, part := range []string{`kind is "holiday", not one of [office`, "peak is -1", "participant stress is 2", "zone is missing"} {
		require.ErrorContains(t, err, part)
	}
	for _, peak := range []float64{0, 101, math.NaN(), math.Inf(1)} {
		_, err = Make(Order{Kind: Office, Peak: peak, ParticipantStress: math.NaN(), Zone: time.UTC})
		require.ErrorContains(t, err, "peak is")
		require.ErrorContains(t, err, "participant stress is NaN")
	}
}

func TestEveryKindHasATitle(t *testing.T) {
	t.Parallel()
	titles := map[string]bool{}
	for _, kind := range Kinds() {
		require.NotEmpty(t, kind.Title())
		titles[kind.Title()] = true
	}
	assert.Len(t, titles, len(Kinds()))
	assert.Empty(t, Kind("holiday").Title())
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

func BenchmarkMake(b *testing.B) {
	for _, kind := range Kinds() {
		b.Run(string(kind), func(b *testing.B) {
			for seed := uint64(0); b.Loop(); seed++ {
				drawn(b, kind, seed, 5)
			}
		})
	}
}

package demand

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

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
			if room := d.Rooms[v.Room]; strings.HasPrefix(room, "flash-") {
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
		if !strings.HasPrefix(d.Rooms[v.Room], "webinar-") {
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

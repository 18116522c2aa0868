package environment

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestPause(t *testing.T) {
	t.Parallel()
	for schedule, want := range map[string]time.Duration{
		"0 * * * * *":               time.Minute,
		"* * * * * *":               time.Second,
		"*/20 * * * * *":            20 * time.Second,
		"*/7 * * * * *":             7 * time.Second, // and 4 at the end of a minute
		"30 */5 * * * *":            5 * time.Minute,
		"0 */7 * * * *":             7 * time.Minute, // and 4 at the end of an hour
		"0 0,4,8 * * * *":           52 * time.Minute,
		"0 0-50/5 * * * *":          10 * time.Minute,
		"0 10/4 * * * *":            12 * time.Minute, // 58, then 10
		"0 30 * * * *":              time.Hour,
		"59 59 * * * *":             time.Hour,
		"0 * 0-23 1-31 jan-DEC 0-6": time.Minute,
		"0 * 0-11,12-23 * * *":      time.Minute,
		"0 * */2 * * *":             time.Hour,
		"0 * * 2-31 * *":            time.Hour,
		"0 * * * 2-12 *":            time.Hour,
		"0 * * * * mon-fri":         time.Hour,
	} {
		if got := pause(schedule); got != want {
			t.Errorf("%q: got %s, want %s", schedule, got, want)
		}
	}
}

// However the runs within an hour are spread, the pause is the longest of the times between neighbours.
func TestPauseIsTheLongestOfAll(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		at := rapid.SliceOfNDistinct(rapid.IntRange(0, 59), 1, 8, rapid.ID[int]).Draw(r, "minutes")
		second := rapid.IntRange(0, 59).Draw(r, "second")
		schedule := fmt.Sprintf("%d %s * * * *", second, strings.Trim(strings.ReplaceAll(fmt.Sprint(at), " ", ","), "[]"))
		longest := 0
		for _, from := range at {
			next := 60
			for _, to := range at {
				if distance := (to - from + 60) % 60; distance > 0 {
					next = min(next, distance)
				}
			}
			longest = max(longest, next)
		}
		if got := pause(schedule); got != time.Duration(longest)*time.Minute {
			r.Fatalf("%q: got %s, want %d minutes", schedule, got, longest)
		}
	})
}

// Whatever is accepted as a schedule has a pause, of a second to an hour.
func FuzzPause(f *testing.F) {
	for _, schedule := range []string{everyMinute, "*/15 0-30/5 1,2,3 1-31 Jan-DEC mon,WED-fri", "59/59 5/1 * * * *"} {
		f.Add(schedule)
	}
	f.Fuzz(func(t *testing.T, schedule string) {
		if !isSchedule(schedule) {
			return
		}
		if got := pause(schedule); got < time.Second || got > time.Hour {
			t.Errorf("%q: a pause of %s", schedule, got)
		}
	})
}

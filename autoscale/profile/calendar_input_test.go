package profile_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"jitsi-meet-azure/autoscale/profile"
)

func TestZeroCalendar(t *testing.T) {
	t.Parallel()
	if got := (profile.Calendar{}).Minimum(time.Now(), time.Hour, time.Hour); got != math.MaxInt {
		t.Errorf("no profile is known, and yet %d instances are enough", got)
	}
}

func TestNewCalendarRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		profiles []profile.Profile
		want     []string
	}{
		"nothing":      {nil, []string{"0 profiles"}},
		"IANA":         {night("Europe/Berlin", "04:00", "04:10"), []string{`profile "Europe/Berlin 04:00": "Europe/Berlin" is not a Windows`}},
		"no time zone": {night("", "04:00", "04:10"), []string{"the time zone is empty"}},
		"no day": {[]profile.Profile{{Name: "a", Recurrence: profile.Recurrence{TimeZone: "UTC", Days: []profile.Weekday{1 << 40, -1}}}}, []string{
			"day %!Weekday(1099511627776) is given twice or does not exist",
		}},
		"all at once": {[]profile.Profile{weekly(-1, "UTC", "04:00"), weekly(1, "Mars", "04:00")}, []string{"minimum -1", `"Mars" is not a Windows`}},
	} {
		made, err := profile.NewCalendar(c.profiles)
		if err == nil {
			t.Errorf("%s: accepted", name)
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: want an error with %q, got %v", name, want, err)
			}
		}
		// An empty time zone is reported as such, not as an unknown one besides.
		if strings.Contains(err.Error(), `""`) || made.Minimum(time.Now(), 0, 0) != math.MaxInt {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestParseCalendar(t *testing.T) {
	t.Parallel()
	profiles := sample()
	text, err := profile.Marshal(profiles)
	if err != nil {
		t.Fatal(err)
	}
	when, err := profile.ParseCalendar(text)
	if err != nil {
		t.Fatal(err)
	}
	other := calendar(t, profiles)
	profiles[0].Recurrence.Days[0], profiles[0].Minimum = 0, 7 // a calendar keeps nothing of what it was made from
	for at := instant(t, "2026-06-07T00:00:00Z"); at.Day() < 9; at = at.Add(time.Minute) {
		want := 1
		if at.Hour() == 2 && at.Minute() < 10 {
			want = 2
		}
		if got, also := when.Minimum(at, 0, 0), other.Minimum(at, 0, 0); got != want || also != want {
			t.Fatalf("%s: minimum %d and %d, want %d", at.Format(time.RFC3339), got, also, want)
		}
	}
	if _, err := profile.ParseCalendar(text[1:]); err == nil {
		t.Error("half a text is accepted")
	}
	if _, err := profile.ParseCalendar([]byte(strings.Replace(string(text), berlin, "Europe/Berlin", 1))); err == nil {
		t.Error("an IANA name is accepted")
	}
}

// Whatever the reaper is given, it must not crash, and the minimum must be one of those given.
func FuzzParseCalendar(f *testing.F) {
	for _, profiles := range [][]profile.Profile{
		sample(), night(london, "23:55", "00:10"),
		{weekly(3, "Azores Standard Time", "00:30", time.Sunday), weekly(2, "Line Islands Standard Time", "14:30")},
	} {
		text, err := profile.Marshal(profiles)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text, int64(1_792_890_000), int64(time.Minute), int64(time.Minute))
		f.Add(text, int64(math.MinInt64), int64(math.MinInt64), int64(math.MaxInt64))
		f.Add(text, int64(math.MaxInt64), int64(math.MaxInt64), int64(math.MinInt64))
		f.Add(text, int64(1<<62), int64(1)<<50, int64(0))
	}
	f.Fuzz(func(t *testing.T, text []byte, now, before, after int64) {
		when, err := profile.ParseCalendar(text)
		if err != nil {
			return
		}
		var given struct{ Profiles []struct{ Minimum int } }
		if err := json.Unmarshal(text, &given); err != nil {
			t.Fatal(err)
		}
		got := when.Minimum(time.Unix(now, 0), time.Duration(before), time.Duration(after))
		for _, p := range given.Profiles {
			if p.Minimum == got {
				return
			}
		}
		t.Fatalf("minimum %d is none of %v", got, given.Profiles)
	})
}

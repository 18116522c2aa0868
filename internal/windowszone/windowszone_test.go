package windowszone

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestEveryNameLoads(t *testing.T) {
	t.Parallel()
	for _, id := range IDs() {
		if _, err := Load(id); err != nil {
			t.Error(err)
		}
	}
}

// CLDR lists 139 Windows zones; a row lost or doubled in editing would refuse or shadow a valid configuration.
func TestTableIsComplete(t *testing.T) {
	t.Parallel()
	ids := IDs()
	if len(ids) != 139 {
		t.Errorf("want 139 zones, got %d", len(ids))
	}
	if unique := slices.Compact(slices.Clone(ids)); len(unique) != len(ids) {
		t.Error("a Windows id occurs twice")
	}
	names := map[string]string{}
	for _, z := range table() {
		if other, taken := names[z.iana]; taken {
			t.Errorf("%s stands for both %q and %q", z.iana, other, z.windows)
		}
		names[z.iana] = z.windows
	}
}

func TestIANA(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		"UTC":                       "Etc/UTC",
		"W. Europe Standard Time":   "Europe/Berlin",
		"GMT Standard Time":         "Europe/London",
		"Pacific Standard Time":     "America/Los_Angeles",
		"AUS Eastern Standard Time": "Australia/Sydney",
	} {
		if got, ok := IANA(id); !ok || got != want {
			t.Errorf("IANA(%q) = %q, %v; want %q", id, got, ok, want)
		}
	}
	for _, id := range []string{"", "Europe/Berlin", "w. europe standard time", "W. Europe Standard Time "} {
		if got, ok := IANA(id); ok {
			t.Errorf("IANA(%q) = %q, want none", id, got)
		}
		if _, err := Load(id); err == nil {
			t.Errorf("Load(%q) must fail", id)
		}
	}
}

// Daylight saving must come out of the Windows id: 04:00 in Berlin is 02:00 UTC in summer and 03:00 UTC in winter.
func TestLoadFollowsDaylightSaving(t *testing.T) {
	t.Parallel()
	berlin, err := Load("W. Europe Standard Time")
	if err != nil {
		t.Fatal(err)
	}
	for month, want := range map[time.Month]int{time.January: 3, time.July: 2} {
		if got := time.Date(2026, month, 15, 4, 0, 0, 0, berlin).UTC().Hour(); got != want {
			t.Errorf("04:00 in %s is %02d:00 UTC, want %02d:00", month, got, want)
		}
	}
}

func TestFromIANA(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Europe/Berlin":     "W. Europe Standard Time",
		"Europe/Amsterdam":  "W. Europe Standard Time",
		"Europe/Lisbon":     "GMT Standard Time",
		"Asia/Kolkata":      "India Standard Time",
		"Asia/Ho_Chi_Minh":  "SE Asia Standard Time",
		"America/Vancouver": "Pacific Standard Time",
		"Etc/UTC":           "UTC",
	} {
		if got, ok := FromIANA(name); !ok || got != want {
			t.Errorf("FromIANA(%q) = %q, %v; want %q", name, got, ok, want)
		}
	}
	for _, name := range []string{"", "Local", "Europe/Atlantis", "../etc/passwd", "Antarctica/Troll"} {
		if got, ok := FromIANA(name); ok {
			t.Errorf("FromIANA(%q) = %q, want none", name, got)
		}
	}
}

// Going from a Windows id to IANA and back must not lose anything.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.SampledFrom(IDs()).Draw(t, "id")
		name, _ := IANA(id)
		if back, ok := FromIANA(name); !ok || back != id {
			t.Fatalf("%q became %q, then %q", id, name, back)
		}
	})
}

// Package windowszone translates between Windows time-zone ids, the only ones that Azure Monitor autoscale takes in a
// recurrence, and IANA names, the only ones that Go and most people know.
//
// The package embeds Go's own time-zone database. The names that it returns must load wherever the program runs, also
// in a container or on Windows where no database is installed; half a megabyte of binary is the price, and a schedule
// that silently means UTC would be the alternative. The package is pure.
package windowszone

import (
	"fmt"
	"sort"
	"strings"
	"time"
	_ "time/tzdata" // see the package comment
)

// IANA returns the IANA name that stands for the Windows time zone id, for example "Europe/Berlin" for
// "W. Europe Standard Time". Ids are compared exactly, as Azure does.
func IANA(id string) (string, bool) {
	for _, z := range table() {
		if z.windows == id {
			return z.iana, true
		}
	}
	return "", false
}

// Load returns the rules of a Windows time zone.
func Load(id string) (*time.Location, error) {
	name, ok := IANA(id)
	if !ok {
		return nil, fmt.Errorf("%q is not a Windows time-zone id", id)
	}
	location, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("loading %s for the Windows time zone %q: %w", name, id, err)
	}
	return location, nil
}

// IDs returns all Windows ids, sorted.
func IDs() []string {
	zones := table()
	ids := make([]string, 0, len(zones))
	for _, z := range zones {
		ids = append(ids, z.windows)
	}
	sort.Strings(ids)
	return ids
}

// FromIANA returns the Windows id for an IANA name: the one that the table gives to exactly this name, else one whose
// clocks showed the same time throughout the reference years, preferably on the same continent. It reports false for a
// name that is not an IANA zone, or whose clocks no Windows zone follows.
func FromIANA(name string) (string, bool) {
	for _, z := range table() {
		if z.iana == name {
			return z.windows, true
		}
	}
	location, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		return "", false
	}
	return sameClocks(name, location)
}

func sameClocks(name string, location *time.Location) (string, bool) {
	wanted := changes(location)
	continent, _, _ := strings.Cut(name, "/")
	found, best := "", 0
	for _, z := range table() {
		candidate, err := time.LoadLocation(z.iana)
		if err != nil || changes(candidate) != wanted {
			continue
		}
		if s := similarity(z, continent); s > best {
			found, best = z.windows, s
		}
	}
	return found, best > 0
}

// similarity ranks zones with the same clocks: the continent counts most, then that the zone is not the special one of
// a single country, which Windows writes in parentheses.
func similarity(z zone, continent string) int {
	rank := 1
	if strings.HasPrefix(z.iana, continent+"/") {
		rank += 2
	}
	if !strings.Contains(z.windows, "(") {
		rank++
	}
	return rank
}

// changes describes how far the clocks of a location were from UTC, and from when on, in the reference years 2025 and
// 2026. They are fixed so that the same program always gives the same answer.
func changes(location *time.Location) string {
	at := time.Date(2025, time.January, 1, 0, 0, 0, 0, time.UTC)
	last := time.Date(2027, time.January, 1, 0, 0, 0, 0, time.UTC)
	var description strings.Builder
	for {
		local := at.In(location)
		_, offset := local.Zone()
		fmt.Fprintf(&description, "%d:%d ", at.Unix(), offset)
		_, end := local.ZoneBounds()
		if end.IsZero() || !end.Before(last) {
			return description.String()
		}
		at = end
	}
}

package image

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Version is an image version's name. Machines boot from the highest one that is not excluded.
type Version struct{ Major, Minor, Patch int }

// String is the form that Azure takes.
func (v Version) String() string { return fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Patch) }

// Compare says which version is higher, as [cmp.Compare] does.
func (v Version) Compare(other Version) int {
	return cmp.Or(cmp.Compare(v.Major, other.Major), cmp.Compare(v.Minor, other.Minor), cmp.Compare(v.Patch, other.Patch))
}

// ParseVersion reads a version: three numbers without leading zeros, each at most 2,147,483,647.
// Source: Azure REST, GalleryImageVersions: the digits are within a 32-bit integer.
func ParseVersion(text string) (Version, error) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return Version{}, fmt.Errorf("%q is no image version: it is not three numbers", text)
	}
	var numbers [3]int
	for i, part := range parts {
		number, err := strconv.Atoi(part)
		if err != nil || number < 0 || number > math.MaxInt32 || strconv.Itoa(number) != part {
			return Version{}, fmt.Errorf("%q is no image version: %q is no number of 32 bits", text, part)
		}
		numbers[i] = number
	}
	return Version{numbers[0], numbers[1], numbers[2]}, nil
}

// nightly is the version of an image that is built at a time: the baseline's first number, the date, and the time in UTC. It
// is higher than all that were built earlier.
func nightly(baseline Version, at time.Time) Version {
	at = at.UTC()
	return Version{
		Major: baseline.Major,
		Minor: at.Year()*10000 + int(at.Month())*100 + at.Day(),
		Patch: at.Hour()*100 + at.Minute(),
	}
}

// builtAt is the time in a nightly version's name. Versions that somebody named by hand have none.
func (v Version) builtAt() (time.Time, bool) {
	at, err := time.Parse("20060102 1504", fmt.Sprintf("%08d %04d", v.Minor, v.Patch))
	return at, err == nil && v.Minor >= 2020_01_01
}

// Next is the version to publish now: the baseline where that is not published, which a new environment asks for, and a
// nightly one otherwise. It is an error if what is published is already as high: the new image would never be booted.
func Next(baseline Version, published []Published, now time.Time) (Version, error) {
	present := false
	next := nightly(baseline, now)
	for _, p := range published {
		present = present || p.Version == baseline
		if p.Version.Compare(next) >= 0 {
			return Version{}, fmt.Errorf("version %s is published, and %s would not be higher", p.Version, next)
		}
	}
	if !present {
		return baseline, nil
	}
	return next, nil
}

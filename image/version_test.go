package image_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"jitsi-meet-azure/image"
)

var (
	baseline = image.Version{Major: 1}
	tonight  = time.Date(2026, time.November, 24, 22, 13, 0, 0, time.UTC)
)

func parsed(t require.TestingT, text string) image.Version {
	version, err := image.ParseVersion(text)
	require.NoError(t, err)
	return version
}

func TestParseVersion(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"0.0.0", "1.0.0", "1.20261124.2213", "2147483647.2147483647.2147483647"} {
		assert.Equal(t, text, parsed(t, text).String())
	}
	for _, text := range []string{
		"", "1", "1.0", "1.0.0.0", "1.0.x", "1.0.-1", "1.0.+1", "01.0.0", "1.0.0 ", "1..0", "1.0.2147483648", "latest", "1.0.٣",
	} {
		_, err := image.ParseVersion(text)
		assert.ErrorContains(t, err, "is no image version", text)
	}
}

func FuzzParseVersion(f *testing.F) {
	f.Add("1.20261124.2213")
	f.Add("01.0.0")
	f.Fuzz(func(t *testing.T, text string) {
		if version, err := image.ParseVersion(text); err == nil && version.String() != text {
			t.Errorf("%q is read as %s", text, version)
		}
	})
}

func TestNext(t *testing.T) {
	t.Parallel()
	published := func(names ...string) []image.Published {
		var all []image.Published
		for _, name := range names {
			all = append(all, image.Published{Version: parsed(t, name), Usable: true})
		}
		return all
	}
	for name, test := range map[string]struct {
		baseline  image.Version
		published []image.Published
		now       time.Time
		want      string
	}{
		"a new environment publishes the baseline": {baseline, nil, tonight, "1.0.0"},
		"the first night":                          {baseline, published("1.0.0"), tonight.Add(59 * time.Second), "1.20261124.2213"},
		"no leading zero after midnight":           {baseline, published("1.0.0"), tonight.Add(2 * time.Hour), "1.20261125.13"},
		"the time is UTC": {
			baseline, published("1.0.0"), tonight.In(time.FixedZone("", 3*3600)), "1.20261124.2213",
		},
		"the baseline's first number": {image.Version{Major: 3, Minor: 1}, published("3.1.0", "1.0.0"), tonight, "3.20261124.2213"},
		"a baseline that was deleted": {baseline, published("1.20261123.2213"), tonight, "1.0.0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := image.Next(test.baseline, test.published, test.now)
			require.NoError(t, err)
			assert.Equal(t, test.want, got.String())
		})
	}
	for _, name := range []string{"1.20261124.2213", "1.20261124.2214", "2.0.0"} {
		_, err := image.Next(baseline, published("1.0.0", name), tonight)
		assert.ErrorContains(t, err, "version "+name+" is published, and 1.20261124.2213 would not be higher")
	}
}

// A version that is built later is higher, or machines would go on booting the earlier one.
func TestLaterIsHigher(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		start := time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)
		minutes := rapid.Int64Range(0, 50*365*24*60).Draw(t, "minutes")
		pause := rapid.Int64Range(1, 400*24*60).Draw(t, "pause")
		earlier := start.Add(time.Duration(minutes) * time.Minute)
		first, err := image.Next(baseline, []image.Published{{Version: baseline}}, earlier)
		require.NoError(t, err)
		second, err := image.Next(baseline, []image.Published{{Version: baseline}, {Version: first}},
			earlier.Add(time.Duration(pause)*time.Minute))
		require.NoError(t, err)
		if second.Compare(first) <= 0 || first.Compare(baseline) <= 0 {
			t.Fatalf("%s, then %s", first, second)
		}
		require.Equal(t, second, parsed(t, second.String()))
	})
}

func TestLoadReportsWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ file, problem string }{
		"no YAML":          {"config: [", "reading the stack file of dev"},
		"no configuration": {"encryptionsalt: x\n", "has no configuration"},
		"incomplete":       {"config:\n  meet:location: westeurope\n", "bridges.packageVersion"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := image.Load("dev", []byte(test.file))
			assert.ErrorContains(t, err, test.problem)
		})
	}
}

func FuzzLoad(f *testing.F) {
	f.Add("config:\n  meet:location: westeurope\n")
	f.Fuzz(func(t *testing.T, file string) {
		if variables, _, err := image.Load("dev", []byte(file)); err == nil && strings.TrimSpace(variables.PackageVersion) == "" {
			t.Error("no package version and no error")
		}
	})
}

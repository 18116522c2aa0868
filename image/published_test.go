package image_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"jitsi-meet-azure/image"
)

// listed is an image version as az prints it, without what nobody reads.
func listed(name, state string, excluded bool) string {
	return fmt.Sprintf(`{"name": %q, "location": "westeurope", "provisioningState": %q,
		"publishingProfile": {"excludeFromLatest": %t, "replicaCount": 1}}`, name, state, excluded)
}

func TestParsePublished(t *testing.T) {
	t.Parallel()
	published, err := image.ParsePublished([]byte("[" + listed("1.0.0", "Succeeded", false) + "," +
		listed("1.20261123.2213", "Succeeded", true) + "," + listed("1.20261124.2213", "Creating", false) + "]"))
	require.NoError(t, err)
	assert.Equal(t, []image.Published{
		{Version: image.Version{Major: 1}, Usable: true},
		{Version: image.Version{Major: 1, Minor: 20261123, Patch: 2213}},
		{Version: image.Version{Major: 1, Minor: 20261124, Patch: 2213}},
	}, published)

	none, err := image.ParsePublished([]byte("[]"))
	require.NoError(t, err)
	assert.Empty(t, none)

	for name, list := range map[string]string{
		"nothing":                "",
		"null":                   "null",
		"an error":               `{"error": {"code": "AuthorizationFailed"}}`,
		"no name":                `[{"provisioningState": "Succeeded", "publishingProfile": {}}]`,
		"no state":               `[{"name": "1.0.0", "publishingProfile": {}}]`,
		"no profile":             `[{"name": "1.0.0", "provisioningState": "Succeeded"}]`,
		"a name of another form": "[" + listed("latest", "Succeeded", false) + "]",
		"cut off":                "[" + listed("1.0.0", "Succeeded", false),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := image.ParsePublished([]byte(list))
			assert.Error(t, err)
		})
	}
}

func FuzzParsePublished(f *testing.F) {
	f.Add([]byte("[" + listed("1.0.0", "Succeeded", false) + "]"))
	f.Add([]byte("null"))
	f.Fuzz(func(t *testing.T, list []byte) {
		published, err := image.ParsePublished(list)
		if err != nil && published != nil {
			t.Error("an error, and versions")
		}
	})
}

// nights are usable nightly versions of the given days before tonight.
func nights(days ...int) []image.Published {
	all := []image.Published{{Version: baseline, Usable: true}}
	for _, day := range days {
		at := tonight.AddDate(0, 0, -day)
		all = append(all, image.Published{
			Version: image.Version{Major: 1, Minor: at.Year()*10000 + int(at.Month())*100 + at.Day(), Patch: 2213}, Usable: true,
		})
	}
	return all
}

func TestPrune(t *testing.T) {
	t.Parallel()
	keep := image.Retention{Keep: 2, Age: 7 * 24 * time.Hour}
	unusable := func(published []image.Published, at ...int) []image.Published {
		for _, i := range at {
			published[i].Usable = false
		}
		return published
	}
	for name, test := range map[string]struct {
		published []image.Published
		want      []string
	}{
		"only the baseline":                     {nights(), nil},
		"old, but among those kept":             {nights(30, 20), nil},
		"old and superseded, oldest first":      {nights(8, 9, 10, 40), []string{"1.20261015.2213", "1.20261114.2213"}},
		"superseded, but young":                 {nights(1, 2, 3, 4), nil},
		"exactly the age":                       {nights(1, 2, 7), nil},
		"a version in the future":               {nights(-3, -2, -1), nil},
		"unusable ones do not count as kept":    {unusable(nights(8, 9, 10, 11), 1, 2), nil},
		"unusable ones above the kept stay":     {unusable(nights(8, 9, 10, 11, 12), 1), []string{"1.20261112.2213", "1.20261113.2213"}},
		"unusable and superseded":               {unusable(nights(1, 2, 20, 30), 3), []string{"1.20261025.2213", "1.20261104.2213"}},
		"nothing is usable: nothing is deleted": {unusable(nights(8, 9, 10, 11), 0, 1, 2, 3, 4), nil},
		"named by hand": {append(nights(1, 2), []image.Published{
			{Version: image.Version{Major: 1, Minor: 1}, Usable: true},
			{Version: image.Version{Major: 1, Minor: 20251399, Patch: 1}, Usable: true},
			{Version: image.Version{Major: 1, Minor: 20250101, Patch: 2460}, Usable: true},
		}...), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			old, err := image.Prune(baseline, test.published, keep, tonight)
			require.NoError(t, err)
			var got []string
			for _, version := range old {
				got = append(got, version.String())
			}
			assert.Equal(t, test.want, got)
		})
	}
}

func TestPruneRefuses(t *testing.T) {
	t.Parallel()
	week := 7 * 24 * time.Hour
	_, err := image.Prune(baseline, nights(1, 20)[1:], image.Retention{Keep: 2, Age: week}, tonight)
	require.ErrorContains(t, err, "the baseline version 1.0.0 is not in the list")
	for _, keep := range []image.Retention{{}, {Keep: 1, Age: week}, {Keep: 2, Age: time.Hour}} {
		_, err = image.Prune(baseline, nights(20), keep, tonight)
		require.ErrorContains(t, err, "have to stay")
	}
}

// Whatever is in the gallery: what machines boot from, the way back and the baseline stay.
func TestPruneNeverTakesTheNewest(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		days := rapid.SliceOfDistinct(rapid.IntRange(-5, 60), rapid.ID[int]).Draw(t, "days")
		published := nights(days...)
		for i := range published {
			published[i].Usable = rapid.Bool().Draw(t, "usable")
		}
		keep := image.Retention{Keep: rapid.IntRange(2, 20).Draw(t, "keep"), Age: 7 * 24 * time.Hour}
		old, err := image.Prune(baseline, published, keep, tonight)
		require.NoError(t, err)

		var before, after []image.Version
		for _, p := range published {
			gone := slices.Contains(old, p.Version)
			if gone && (p.Version == baseline || slices.Contains(nights(-5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7), p)) {
				t.Fatalf("%s goes", p.Version)
			}
			if p.Usable {
				before = append(before, p.Version)
				if !gone {
					after = append(after, p.Version)
				}
			}
		}
		slices.SortFunc(before, image.Version.Compare)
		slices.SortFunc(after, image.Version.Compare)
		stay := before[max(0, len(before)-keep.Keep):]
		require.Equal(t, stay, after[len(after)-len(stay):])
	})
}

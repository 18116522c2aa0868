package guid_test

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"jitsi-meet-azure/internal/guid"
)

var version5 = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

// The value is pinned: another one would make Azure refuse every live role assignment as already existing.
func TestForIsPinned(t *testing.T) {
	t.Parallel()
	const want = "65c82a64-2bd8-58a3-8b84-deedf78b56cc"
	if got := guid.For("/subscriptions/s/resourceGroups/g", "role", "principal"); got != want {
		t.Errorf("For = %s, want %s", got, want)
	}
}

func TestForSeparatesItsParts(t *testing.T) {
	t.Parallel()
	if guid.For("ab", "c") == guid.For("a", "bc") {
		t.Error("different parts with the same concatenation share a GUID")
	}
}

func TestForIsAVersion5GUIDWithoutRegardToCase(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOf(rapid.StringMatching(`[a-zA-Z0-9/_-]{0,20}`)).Draw(t, "parts")
		got := guid.For(parts...)
		if !version5.MatchString(got) {
			t.Fatalf("%q is not a version 5 GUID", got)
		}
		upper := make([]string, len(parts))
		for i, part := range parts {
			upper[i] = strings.ToUpper(part)
		}
		if guid.For(upper...) != got {
			t.Fatal("case changes the GUID")
		}
	})
}

package spelling_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"jitsi-meet-azure/internal/spelling"
)

func TestDistance(t *testing.T) {
	t.Parallel()
	for want, pair := range [][2]string{{"zone", "zone"}, {"zone", "zones"}, {"maximum", "maxmium"}, {"kitten", "sitting"}} {
		assert.Equal(t, want, spelling.Distance(pair[0], pair[1]), pair)
	}
}

// The distance is a metric: it is symmetric, zero only between equal texts, and never longer than a detour.
func TestDistanceIsAMetric(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		word := rapid.StringOfN(rapid.RuneFrom([]rune("abc")), 0, 6, -1)
		a, b, c := word.Draw(r, "a"), word.Draw(r, "b"), word.Draw(r, "c")
		if spelling.Distance(a, b) != spelling.Distance(b, a) || (spelling.Distance(a, b) == 0) != (a == b) {
			r.Fatalf("%d and %d", spelling.Distance(a, b), spelling.Distance(b, a))
		}
		if spelling.Distance(a, c) > spelling.Distance(a, b)+spelling.Distance(b, c) {
			r.Fatal("a detour is shorter")
		}
	})
}

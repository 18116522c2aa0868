package people_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"jitsi-meet-azure/test/e2e/people"
)

// presences counts by shard what a crowd knows of who was where, and how many of them go on. No user is in a room twice at a time.
func presences(t *testing.T, crowd *people.Crowd) (counts map[string]int, goOn int) {
	t.Helper()
	counts = map[string]int{}
	latest := map[string]people.Presence{}
	for _, p := range crowd.Presences() {
		counts[p.Shard]++
		assert.NotEmpty(t, p.Room)
		if before, been := latest[p.User]; been {
			assert.False(t, before.To.IsZero() || p.From.Before(before.To), "%+v, and then %+v", before, p)
			assert.Equal(t, before.Room, p.Room)
		}
		latest[p.User] = p
		if p.To.IsZero() {
			goOn++
			continue
		}
		assert.False(t, p.To.Before(p.From), "%+v", p)
	}
	return counts, goOn
}

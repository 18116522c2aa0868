package demand

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// named is a visit with its room's name.
type named struct {
	Visit
	room string
}

func visits(d Day) []named {
	all := make([]named, 0, len(d.Visits))
	for _, v := range d.Visits {
		name := d.Rooms[v.Room]
		v.Room = 0
		all = append(all, named{v, name})
	}
	return all
}

func TestSplitKeepsEverybodyAndKeepsRoomsTogether(t *testing.T) {
	t.Parallel()
	for _, kind := range Kinds() {
		day := drawn(t, kind, 4, 3)
		for _, shards := range []int{-1, 1, 2, 3, 7} {
			days := day.Split(shards)
			require.Len(t, days, max(shards, 1))
			var together []named
			home := map[string]int{}
			for i, d := range days {
				require.Equal(t, day.Midnight, d.Midnight)
				require.Equal(t, day.Length, d.Length)
				require.True(t, slices.IsSortedFunc(d.Visits, compare))
				together = append(together, visits(d)...)
				for _, room := range d.Rooms {
					_, there := home[room]
					require.False(t, there, room)
					home[room] = i
				}
			}
			require.ElementsMatch(t, visits(day)[:50], intersect(together, visits(day)[:50]))
			require.Len(t, together, len(day.Visits))
			require.Len(t, home, len(day.Rooms))
		}
	}
}

// intersect are the visits of all that are wanted, each as often as it is there.
func intersect(all, wanted []named) []named {
	var found []named
	for _, v := range all {
		if slices.Contains(wanted, v) {
			found = append(found, v)
		}
	}
	return found
}

// With many rooms every shard gets about as many, also where their names differ in the last digits only.
func TestSplitIsFair(t *testing.T) {
	t.Parallel()
	day := drawn(t, Shop, 1, 5)
	for _, shards := range []int{2, 3, 4, 8} {
		for _, d := range day.Split(shards) {
			assert.InEpsilon(t, float64(len(day.Rooms))/float64(shards), float64(len(d.Rooms)), 0.15)
		}
	}
}

func TestSplitOfNothing(t *testing.T) {
	t.Parallel()
	assert.Len(t, Day{}.Split(3), 3)
}

package demand

import (
	"maps"
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

// count adds a day's visits to those counted.
func count(d Day, into map[named]int) {
	for _, v := range d.Visits {
		name := d.Rooms[v.Room]
		v.Room = 0
		into[named{v, name}]++
	}
}

func TestSplitKeepsEverybodyAndKeepsRoomsTogether(t *testing.T) {
	t.Parallel()
	for _, kind := range Kinds() {
		day := drawn(t, kind, 4, 3)
		for _, shards := range []int{-1, 1, 2, 3, 7} {
			days := day.Split(shards)
			require.Len(t, days, max(shards, 1))
			before, after := map[named]int{}, map[named]int{}
			count(day, before)
			home := map[string]int{}
			for i, d := range days {
				require.Equal(t, day.Midnight, d.Midnight)
				require.Equal(t, day.Length, d.Length)
				require.True(t, slices.IsSortedFunc(d.Visits, compare))
				count(d, after)
				for _, room := range d.Rooms {
					_, there := home[room]
					require.False(t, there, room)
					home[room] = i
				}
			}
			require.True(t, maps.Equal(before, after), "everybody is there once")
			require.Len(t, home, len(day.Rooms))
		}
	}
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

package demand

import (
	"cmp"
	"slices"
)

// compare is the order of a day's visits. What it leaves equal is equal.
func compare(a, b Visit) int {
	switch {
	case a.Join != b.Join:
		return cmp.Compare(a.Join, b.Join)
	case a.Room != b.Room:
		return cmp.Compare(a.Room, b.Room)
	case a.Leave != b.Leave:
		return cmp.Compare(a.Leave, b.Leave)
	case a.Camera == b.Camera:
		return 0
	case a.Camera:
		return 1
	default:
		return -1
	}
}

// canonical sorts the visits, and numbers the rooms by their first visit, so that a day that was written and read again is the same.
// Rooms without a visit are left out.
func (d Day) canonical() Day {
	slices.SortFunc(d.Visits, compare)
	number := make([]int, len(d.Rooms))
	rooms := make([]string, 0, len(d.Rooms))
	for i, v := range d.Visits {
		if number[v.Room] == 0 {
			rooms = append(rooms, d.Rooms[v.Room])
			number[v.Room] = len(rooms)
		}
		d.Visits[i].Room = number[v.Room] - 1
	}
	// Only among those who join at the same moment the new numbers can have changed the order.
	for begin, i := 0, 1; i <= len(d.Visits); i++ {
		if i == len(d.Visits) || d.Visits[i].Join != d.Visits[begin].Join {
			slices.SortFunc(d.Visits[begin:i], compare)
			begin = i
		}
	}
	d.Rooms = rooms
	return d
}

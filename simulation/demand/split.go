package demand

import "hash/fnv"

// Split spreads the rooms over shards by a hash of their names, as a front door does: everybody in a room is on one shard. Fewer
// than one shard are one.
func (d Day) Split(shards int) []Day {
	shards = max(shards, 1)
	days := make([]Day, shards)
	for i := range days {
		days[i] = d
		days[i].Rooms, days[i].Visits = nil, nil
		days[i].Planned = d.Planned / float64(shards)
	}
	shard, number := make([]int, len(d.Rooms)), make([]int, len(d.Rooms))
	for i, name := range d.Rooms {
		hash := fnv.New64a()
		hash.Write([]byte(name))
		s := int(hash.Sum64() % uint64(shards))
		shard[i], number[i] = s, len(days[s].Rooms)
		days[s].Rooms = append(days[s].Rooms, name)
	}
	for _, v := range d.Visits {
		s := shard[v.Room]
		v.Room = number[v.Room]
		days[s].Visits = append(days[s].Visits, v)
	}
	return days
}

package shard

import (
	"slices"
	"time"

	"jitsi-meet-azure/simulation/capacity"
	"jitsi-meet-azure/simulation/demand"
)

// Bounds are the fewest bridges that can carry each minute of a day, from the beginning of its warm-up on: what somebody would have
// who knows the future and waits for nothing.
func Bounds(d demand.Day, model capacity.Model) []int {
	type change struct {
		at     time.Duration
		room   int
		people int
		camera bool
	}
	changes := make([]change, 0, 2*len(d.Visits))
	for _, v := range d.Visits {
		changes = append(changes, change{v.Join, v.Room, 1, v.Camera}, change{v.Leave, v.Room, -1, v.Camera})
	}
	slices.SortStableFunc(changes, func(a, b change) int { return int(a.at - b.at) })
	minutes := int((d.Warmup + d.Length) / time.Minute)
	bounds := make([]int, 0, minutes)
	rooms, stresses := make([]capacity.Conference, len(d.Rooms)), make([]float64, len(d.Rooms))
	load, next := whole{passed: -d.Warmup}, 0
	for i := range minutes {
		end := -d.Warmup + time.Duration(i+1)*time.Minute
		for ; next < len(changes) && changes[next].at < end; next++ {
			c := changes[next]
			load.pass(c.at)
			room := &rooms[c.room]
			room.Participants += c.people
			if c.camera {
				room.Cameras += c.people
			}
			stress := model.Stress(model.Demand(*room))
			load.change(stresses[c.room], stress)
			stresses[c.room] = stress
		}
		fewest, _ := load.bound(end)
		bounds = append(bounds, fewest)
	}
	return bounds
}

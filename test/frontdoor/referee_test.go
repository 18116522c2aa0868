package frontdoor_test

import (
	"context"
	"sync"
	"time"

	"jitsi-meet-azure/haproxy/doortest"
)

// crowdRoom is a room and what the referee has seen of it.
type crowdRoom struct {
	name    string
	users   int
	lasting bool
	founded chan struct{} // closed when the first user is in

	firstShard   string
	firstTime    time.Time
	ended        bool
	inside       int    // users who have a WebSocket, as far as they know
	connects     int    // WebSockets opened so far
	home         string // where it was whole last
	whole        bool
	moves        int
	splitSince   time.Time
	longestSplit time.Duration
	splitFrom    time.Time      // of the longest split
	splitUsers   map[string]int // by shard, during the longest split
}

// referee looks at the shards' live WebSockets, ten times a second, and so knows which rooms are split.
type referee struct {
	door  *doortest.Door
	mutex sync.Mutex
	rooms []*crowdRoom
}

func newReferee(door *doortest.Door) *referee { return &referee{door: door} }

func (r *referee) admit(name string, users int, lasting bool) *crowdRoom {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	room := &crowdRoom{name: name, users: users, lasting: lasting, founded: make(chan struct{})}
	r.rooms = append(r.rooms, room)
	return room
}

func (r *referee) joined(room *crowdRoom, shard string) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	room.inside++
	room.connects++
	if room.firstShard == "" {
		room.firstShard, room.firstTime = shard, time.Now()
		close(room.founded)
	}
}

func (r *referee) left(room *crowdRoom) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	room.inside--
}

// dismiss is told before a room's users leave: what is seen of it afterwards does not count.
func (r *referee) dismiss(room *crowdRoom) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	room.ended = true
}

func (r *referee) watch(running context.Context) {
	for crowdPause(running, 100*time.Millisecond) {
		seen := map[string]map[string]int{}
		for shard, s := range r.door.Shards {
			for room, users := range s.Rooms() {
				if seen[room] == nil {
					seen[room] = map[string]int{}
				}
				seen[room][shard] = users
			}
		}
		r.mutex.Lock()
		for _, room := range r.rooms {
			if !room.ended {
				room.see(seen[room.name])
			}
		}
		r.mutex.Unlock()
	}
}

// see takes the number of the room's users on each shard that has any.
func (r *crowdRoom) see(users map[string]int) {
	r.whole = false
	if len(users) != 1 {
		r.seeSplit(users)
		return
	}
	r.splitSince = time.Time{}
	for shard, count := range users {
		if count != r.users || r.inside != r.users {
			continue
		}
		if r.home != "" && r.home != shard {
			r.moves++
		}
		r.whole, r.home = true, shard
	}
}

func (r *crowdRoom) seeSplit(users map[string]int) {
	switch {
	case len(users) == 0:
		r.splitSince = time.Time{}
	case r.splitSince.IsZero():
		r.splitSince = time.Now()
	case time.Since(r.splitSince) > r.longestSplit:
		r.longestSplit, r.splitFrom, r.splitUsers = time.Since(r.splitSince), r.splitSince, users
	}
}

// forget drops the splits seen so far, which had a reason.
func (r *referee) forget() {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for _, room := range r.rooms {
		room.longestSplit, room.splitSince = 0, time.Time{}
	}
}

package frontdoor_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"jitsi-meet-azure/haproxy/doortest"
)

// crowdLongOnly leaves a test to the long runs.
func crowdLongOnly(t *testing.T) {
	t.Helper()
	if !long() {
		t.Skip("FRONTDOOR_LONG is not set")
	}
}

// crowd are users in front of a door. Some stay in their rooms throughout; others found new rooms all the time and leave
// them after a few seconds. Each of their connections goes through any proxy that is ready, as a load balancer does it.
type crowd struct {
	door    *doortest.Door
	referee *referee
	running context.Context
	workers sync.WaitGroup
	ready   []atomic.Bool // what the load balancer thinks

	// What the users saw: shards that changed under them, and attempts that failed.
	reloads, failures atomic.Int64
	notes             crowdNotes
}

// crowdIn lets a crowd in and waits until every lasting room is whole.
func crowdIn(t *testing.T, door *doortest.Door) *crowd {
	t.Helper()
	rooms, users, every := 15, 3, 250*time.Millisecond
	if long() {
		rooms, users, every = 25, 4, 200*time.Millisecond
	}
	running, stop := context.WithCancel(context.Background())
	c := &crowd{door: door, referee: newReferee(door), running: running, ready: make([]atomic.Bool, len(door.Proxies))}
	t.Cleanup(func() {
		stop()
		c.workers.Wait()
		c.report(t)
	})
	for index := range door.Proxies {
		c.ready[index].Store(door.Proxies[index].Says("/ready"))
		c.work(func() { c.balance(index) })
	}
	c.work(func() { c.referee.watch(running) })
	for number := range rooms {
		room := c.referee.admit(fmt.Sprintf("lasting-%d", number), users, true)
		for range users {
			c.work(func() { c.live(running, room, nil) })
		}
	}
	c.waitWhole(t, time.Minute)
	c.work(func() { c.foundRooms(every) })
	return c
}

func (c *crowd) work(job func()) {
	c.workers.Add(1)
	go func() {
		defer c.workers.Done()
		job()
	}()
}

// crowdPause waits, and says whether the time has passed.
func crowdPause(running context.Context, by time.Duration) bool {
	timer := time.NewTimer(by)
	defer timer.Stop()
	select {
	case <-running.Done():
		return false
	case <-timer.C:
		return true
	}
}

func crowdBetween(low, high time.Duration) time.Duration { return low + rand.N(high-low) }

// balance is the load balancer's probe of one proxy.
func (c *crowd) balance(index int) {
	for crowdPause(c.running, 500*time.Millisecond) {
		c.ready[index].Store(c.door.Proxies[index].Says("/ready"))
	}
}

// readyProxies are those that the load balancer would choose, in random order.
func (c *crowd) readyProxies() []*doortest.Proxy {
	var proxies []*doortest.Proxy
	for _, index := range rand.Perm(len(c.ready)) {
		if c.ready[index].Load() {
			proxies = append(proxies, c.door.Proxies[index])
		}
	}
	return proxies
}

var errNobody = fmt.Errorf("no proxy is ready")

// pick is the load balancer's choice for a connection.
func (c *crowd) pick() (*doortest.Proxy, error) {
	if proxies := c.readyProxies(); len(proxies) > 0 {
		return proxies[0], nil
	}
	return nil, errNobody
}

// ask asks for paths on a connection of their own and returns the shard that answered last.
func (c *crowd) ask(proxy *doortest.Proxy, paths ...string) (shard string, err error) {
	client, err := proxy.Connect()
	if err != nil {
		return "", err
	}
	defer client.Close()
	for _, path := range paths {
		if shard, err = client.Shard(path); err != nil {
			return "", err
		}
	}
	return shard, nil
}

// join opens a room's page and its WebSocket.
func (c *crowd) join(room *crowdRoom, proxy *doortest.Proxy) (*doortest.Client, string, error) {
	var err error
	if proxy == nil {
		if proxy, err = c.pick(); err != nil {
			return nil, "", err
		}
	}
	if _, err := c.ask(proxy, "/"+room.name, "/config.js?room="+room.name); err != nil {
		return nil, "", err
	}
	return proxy.WebSocket(room.name)
}

// live is one user's stay in a room: it comes back whenever its connection breaks. Its first attempt goes through the given
// proxy, if any.
func (c *crowd) live(staying context.Context, room *crowdRoom, first *doortest.Proxy) {
	for staying.Err() == nil {
		socket, shard, err := c.join(room, first)
		first = nil
		if err != nil {
			c.failures.Add(1)
			crowdPause(staying, crowdBetween(200*time.Millisecond, 600*time.Millisecond))
			continue
		}
		c.referee.joined(room, shard)
		c.stay(staying, room, socket, shard)
		c.referee.left(room)
		socket.Close()
		crowdPause(staying, crowdBetween(50*time.Millisecond, 300*time.Millisecond))
	}
}

// stay keeps a WebSocket until it breaks or, as the keep-alive request finds, another shard has the room. The client's own
// request comes every 60 to 120 seconds; nobody wants to wait so long.
func (c *crowd) stay(staying context.Context, room *crowdRoom, socket *doortest.Client, shard string) {
	for {
		next := time.Now().Add(crowdBetween(2*time.Second, 4*time.Second))
		for time.Now().Before(next) {
			if !crowdPause(staying, crowdBetween(300*time.Millisecond, 900*time.Millisecond)) {
				return
			}
			if err := socket.Echo("here"); err != nil {
				c.notes.add("%s loses %s: %v", room.name, shard, err)
				return
			}
		}
		proxy, err := c.pick()
		if err != nil {
			continue
		}
		now, err := c.ask(proxy, "/xmpp-websocket?room="+room.name)
		if err == nil && now != shard {
			c.reloads.Add(1)
			c.notes.add("%s has a WebSocket to %s, but %s says %s", room.name, shard, proxy.Name, now)
			return
		}
	}
}

// foundRooms founds a room every so often.
func (c *crowd) foundRooms(every time.Duration) {
	for number := 0; crowdPause(c.running, every); number++ {
		c.work(func() { c.foundRoom(fmt.Sprintf("new-%d", number)) })
	}
}

// foundRoom founds a room through one proxy, is joined through each of the others a moment later, and ends.
func (c *crowd) foundRoom(name string) {
	proxies := c.readyProxies()
	if len(proxies) == 0 {
		return
	}
	room := c.referee.admit(name, len(proxies), false)
	staying, end := context.WithCancel(c.running)
	defer end()
	c.work(func() { c.live(staying, room, proxies[0]) })
	select {
	case <-room.founded:
	case <-c.running.Done():
		return
	}
	for _, proxy := range proxies[1:] {
		c.work(func() {
			if crowdPause(staying, crowdBetween(100*time.Millisecond, 200*time.Millisecond)) {
				c.live(staying, room, proxy)
			}
		})
	}
	crowdPause(staying, 4*time.Second)
	c.referee.dismiss(room)
}

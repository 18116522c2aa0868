package people

import (
	"context"
	"errors"
	"time"

	"github.com/coder/websocket"

	"jitsi-meet-azure/test/e2e/meeting/wire"
)

const (
	// beat is how often a client says that it is there, on the clock, and minBeat how often it does so at most in real time.
	// Source: lib-jitsi-meet, ping.js, PING_DEFAULT_INTERVAL.
	beat    = 10 * time.Second
	minBeat = 10 * time.Second
	// firstCheck is how long after its first connection, and checkEvery how long after each later check at least and up to twice
	// that, a client asks which shard it is on. In real time, as the front door forgets a room in real time that nobody asks for.
	// Source: lib-jitsi-meet, XmppConnection, _keepAliveAndCheckShard.
	firstCheck = 5 * time.Second
	checkEvery = time.Minute
	// farewell is how long a leaving client waits for the shard to hear it, in real time.
	farewell = 2 * time.Second
)

// ending is how somebody's connection ended.
type ending int

const (
	left ending = iota
	broke
	elsewhere
)

// visit is the user's time on one connection.
func (u *user) visit(ctx context.Context, connection *websocket.Conn) ending {
	defer func() { _ = connection.CloseNow() }()
	// The connection outlives the stay for a moment, for the farewell.
	reading, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	notices := make(chan wire.Notice)
	go listen(reading, connection, notices)
	answers := make(chan string, 1)
	check := time.NewTimer(u.beforeFirstCheck())
	defer check.Stop()
	beats := time.NewTicker(max(u.crowd.options.Clock.Real(beat), minBeat))
	defer beats.Stop()
	for {
		select {
		case <-ctx.Done():
			u.farewell(ctx, connection, notices)
			return left
		case notice, open := <-notices:
			if !open {
				return broke
			}
			u.crowd.change(func() { u.media.hear(u.crowd, notice.Media, u.crowd.options.Clock.Now()) })
		case <-beats.C:
			if say(reading, connection, wire.Word{}) != nil {
				return broke
			}
		case <-check.C:
			go func() { answers <- u.crowd.browser.whose(ctx, u.room) }()
		case shard := <-answers:
			if shard != "" && shard != u.page {
				_ = say(reading, connection, wire.Word{Leave: true}) // A page that goes says so, if it can.
				return elsewhere
			}
			every := u.crowd.options.CheckEvery
			check.Reset(u.between(every, 2*every))
		}
	}
}

// beforeFirstCheck: at once, if the connection is not the first.
func (u *user) beforeFirstCheck() time.Duration {
	if u.broken.IsZero() {
		return firstCheck
	}
	return 0
}

// listen passes on what the shard says, and closes the channel when the connection is gone or ctx has ended.
func listen(ctx context.Context, connection *websocket.Conn, notices chan<- wire.Notice) {
	defer close(notices)
	for {
		_, text, err := connection.Read(ctx)
		if err != nil {
			return
		}
		notice, err := wire.ParseNotice(text)
		if err != nil {
			return
		}
		select {
		case notices <- notice:
		case <-ctx.Done():
			return
		}
	}
}

// farewell tells the shard that the user leaves, and waits until it has hung up. Nobody takes that long when all are sent home.
func (u *user) farewell(ctx context.Context, connection *websocket.Conn, notices <-chan wire.Notice) {
	if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer cancel()
	if say(ctx, connection, wire.Word{Leave: true}) != nil {
		return
	}
	for {
		select {
		case <-ctx.Done():
			return
		case _, open := <-notices:
			if !open {
				return
			}
		}
	}
}

package people

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"time"

	"jitsi-meet-azure/test/e2e/meeting/wire"
)

const (
	// firstRetry and lastRetry bound how long a client waits before it tries again, in real time; the first time it does not.
	// Source: lib-jitsi-meet, ResumeTask, which waits longer each time and not for everybody alike.
	firstRetry = 200 * time.Millisecond
	lastRetry  = 3 * time.Second
	// minReload and maxReload are how long the page of somebody who has lost the meeting waits before it loads again, on the clock.
	// Source: jitsi-meet, react/features/overlay, AbstractPageReloadOverlay.
	minReload = 10 * time.Second
	maxReload = 30 * time.Second
)

// user is one person during one stay. Only its own goroutine touches it.
type user struct {
	crowd  *Crowd
	stay   Stay
	room   room
	random *rand.Rand
	// due is when the stay begins in reality.
	due time.Time
	// page is the shard that the page came from; empty while there is none.
	page string
	// session is the one to be taken up again; empty if there is none.
	session string
	// tries counts the attempts that have failed since the last one that did not.
	tries int
	// been says that the user has been in the room, in that the room counts on the user.
	been, in bool
	// broken is when the connection broke, on the clock.
	broken time.Time
	media  media
	// present is the place of the latest presence among the crowd's; nil while there is none.
	present *int
}

func newUser(c *Crowd, stay Stay) *user {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(stay.User)) // A hash takes everything.
	written, err := parseRoom(stay.Room)
	if err != nil {
		written = room{name: "unnamed"} // Which no plan has: the curve's rooms have been checked.
	}
	//nolint:gosec // Waits that are not everybody's own.
	random := rand.New(rand.NewPCG(c.options.Seed, hash.Sum64()))
	return &user{crowd: c, stay: stay, room: written, random: random, due: c.options.Clock.Moment(stay.From)}
}

// gathering is the room's; the crowd must be locked.
func (u *user) gathering() *gathering { return u.crowd.gathering(u.room.key()) }

// live is the stay: it goes on until its end, or the end of ctx.
func (u *user) live(ctx context.Context) {
	ctx, cancel := context.WithDeadline(ctx, u.crowd.options.Clock.Moment(u.stay.To))
	defer cancel()
	u.crowd.change(func() {
		u.crowd.staying++
		u.crowd.ledger.Due++
	})
	defer u.goHome(ctx)
	for pause(ctx, u.wait()) {
		if err := u.connect(ctx); err != nil && ctx.Err() == nil {
			u.tries++
			u.crowd.change(func() { u.crowd.ledger.Refused++ })
		}
	}
}

// wait is how long to wait before the next attempt.
func (u *user) wait() time.Duration {
	if u.tries == 0 {
		return 0
	}
	most := min(lastRetry, firstRetry<<min(u.tries-1, 10))
	return u.between(most/2, most)
}

func (u *user) between(low, high time.Duration) time.Duration {
	return low + time.Duration(u.random.Int64N(int64(high-low)+1))
}

// connect loads the page, if there is none, and is in the room for as long as the connection lasts.
func (u *user) connect(ctx context.Context) error {
	if u.page == "" {
		page, err := u.crowd.browser.page(ctx, u.room)
		if err != nil {
			return err
		}
		u.page = page
	}
	connection, notice, err := u.crowd.browser.enter(ctx, u.room, wire.Word{User: u.stay.User, Resume: u.session})
	switch {
	case errors.Is(err, errNoSession):
		u.reload(ctx)
		return nil
	case err != nil:
		return err
	}
	u.tries = 0
	u.arrive(notice)
	end := u.visit(ctx, connection)
	u.part(notice.Shard, end)
	if end == elsewhere {
		u.reload(ctx)
	}
	return nil
}

// reload forgets the page and the session, and waits as the page does before it loads again.
func (u *user) reload(ctx context.Context) {
	u.page, u.session = "", ""
	pause(ctx, u.crowd.options.Clock.Real(u.between(minReload, maxReload)))
}

// arrive is written down when a shard has let the user in.
func (u *user) arrive(notice wire.Notice) {
	u.session = notice.Session
	now := u.crowd.options.Clock.Now()
	u.crowd.change(func() {
		l := &u.crowd.ledger
		switch {
		case !u.been:
			l.Joins++
			l.SlowestJoin = max(l.SlowestJoin, time.Since(u.due))
		case notice.Resumed:
			l.Reconnections++
			l.Resumed++
		default:
			l.Reconnections++
			l.Rejoined++
			u.media.missed(u.broken)
		}
		u.enters(notice.Shard, notice.Resumed, now)
		u.gathering().arrive(notice.Shard, !u.in)
		u.been, u.in = true, true
		u.media.hear(u.crowd, notice.Media, now)
	})
}

// part is written down when the connection has ended.
func (u *user) part(shard string, end ending) {
	u.broken = u.crowd.options.Clock.Now()
	u.crowd.change(func() {
		u.exits(u.broken)
		u.media.unheard(u.crowd)
		g := u.gathering()
		switch end {
		case left:
			u.in = false
			g.present--
		case broke:
			g.lost(Broken)
		case elsewhere:
			g.lost(Elsewhere)
			u.crowd.ledger.Reloads++
			u.crowd.say(Reload, g.room, fmt.Sprintf("%s was on shard %s", u.stay.User, shard))
		}
		g.part(shard)
	})
}

// goHome is written down when the stay has ended.
func (u *user) goHome(ctx context.Context) {
	now := u.crowd.options.Clock.Now()
	u.crowd.change(func() {
		u.crowd.staying--
		u.media.end(u.crowd, now)
		if u.in {
			u.gathering().leave()
		}
		// Whoever is sent home with everybody else has not missed anything.
		if !u.been && errors.Is(ctx.Err(), context.DeadlineExceeded) {
			u.crowd.ledger.Never++
			u.crowd.say(Never, u.room.key(), fmt.Sprintf("%s, after %d attempts", u.stay.User, u.tries))
		}
	})
}

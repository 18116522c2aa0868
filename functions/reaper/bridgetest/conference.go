package bridgetest

import "time"

// StartConference puts a new conference with some local participants on the bridge and returns its number. As the real
// one, the bridge takes it whether it is drained or not, and refuses it in a graceful shutdown that waits for participants
// to leave. In the minute after that, when it calls itself shutting down, it takes conferences again: nobody is expected to
// ask any more. An idle bridge that is asked for a graceful shutdown enters that minute at once.
// Source: jitsi-videobridge, Videobridge.getOrCreateConference and isInGracefulShutdown, ShutdownManager.kt.
func (b *Bridge) StartConference(participants int) (conference int, err error) {
	defer b.look()()
	switch {
	case !b.alive(b.settings.Now()):
		return 0, ErrGone
	case !b.graceful.IsZero() && b.stopping.IsZero():
		return 0, ErrGraceful
	}
	b.lastConference++
	b.conferences[b.lastConference] = Conference{Local: participants}
	return b.lastConference, nil
}

// SetConference changes who is in a conference. When the last local participant of all conferences leaves, a graceful
// shutdown goes on.
func (b *Bridge) SetConference(conference int, who Conference) error {
	defer b.look()()
	before, found := b.conferences[conference]
	if !found {
		return ErrUnknown
	}
	b.conferences[conference] = who
	b.left(before.Local > who.Local)
	return nil
}

// EndConference takes a conference off the bridge, with everybody in it.
func (b *Bridge) EndConference(conference int) error {
	defer b.look()()
	before, found := b.conferences[conference]
	if !found {
		return ErrUnknown
	}
	delete(b.conferences, conference)
	b.left(before.Local > 0)
	return nil
}

// left is what a graceful shutdown makes of somebody's leaving.
func (b *Bridge) left(somebody bool) {
	if somebody && !b.graceful.IsZero() && b.stopping.IsZero() && b.live(b.settings.Now()).local == 0 {
		b.stop(b.settings.Now())
	}
}

// shutdown is a request for a shutdown. One that is not graceful ends everything within the minute.
// Source: jitsi-videobridge, ShutdownManager.kt.
func (b *Bridge) shutdown(graceful bool) {
	now := b.settings.Now()
	switch {
	case !graceful:
		b.forced = true
		if b.stopping.IsZero() {
			b.stop(now)
		}
	case b.graceful.IsZero() && b.stopping.IsZero():
		b.graceful = now
		if b.live(now).local == 0 {
			b.stop(now)
		}
	}
}

// Alive says that the bridge's process runs.
func (b *Bridge) Alive() bool {
	defer b.look()()
	return b.alive(b.settings.Now())
}

// Load says how many conferences are on the bridge, and how many participants are connected to it, at this moment.
func (b *Bridge) Load() (conferences, participants int) {
	defer b.look()()
	live := b.live(b.settings.Now())
	return live.conferences, live.local
}

// Lost counts the conferences that somebody was in when they were cut off: by a crash, by the end of the process or of the
// machine.
func (b *Bridge) Lost() int {
	defer b.look()()
	return b.lost
}

// Draining says that the bridge is drained at this moment.
func (b *Bridge) Draining() bool {
	defer b.look()()
	return b.drain
}

// Stopping says since when the bridge has been in a graceful shutdown and since when it has called itself shutting down;
// zero where it has not. Forced says that somebody asked for a shutdown that is not graceful.
func (b *Bridge) Stopping() (graceful, shuttingDown time.Time, forced bool) {
	defer b.look()()
	return b.graceful, b.stopping, b.forced
}

// Presence is what Jicofo knows of a bridge.
type Presence struct {
	// Listed says that the bridge is in the brewery room.
	Listed bool
	// Draining, Graceful and ShuttingDown are what it announced last. A bridge that has not announced itself yet counts as
	// drained. Source: jicofo, Bridge.kt.
	Draining, Graceful, ShuttingDown bool
	// Participants is how many were connected to it then.
	Participants int
	// Since is when its process started.
	Since time.Time
	// Operational says that it passes Jicofo's health checks.
	Operational bool
	// Version is the videobridge's.
	Version string
	// At is when it announced that.
	At time.Time
}

// Presence is what Jicofo knows of the bridge at this moment. A process that ends leaves the brewery room at once.
func (b *Bridge) Presence() Presence {
	defer b.look()()
	announced := b.announced
	joined := !announced.at.IsZero()
	return Presence{
		Listed:       b.alive(b.settings.Now()) && joined && !b.cutOff,
		Draining:     announced.drain || !joined,
		Graceful:     announced.graceful,
		ShuttingDown: announced.stopping,
		Participants: announced.local,
		Since:        b.starts,
		Operational:  !b.unfit,
		Version:      b.settings.Version,
		At:           announced.at,
	}
}

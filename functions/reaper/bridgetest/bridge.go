// Package bridgetest plays videobridges and Jicofos for tests, as far as the reaper meets them: their REST interfaces and
// what follows from them. A bridge is a state machine that is brought up to date by the clock whenever somebody looks, so
// that it works with the virtual time of testing/synctest: it has no goroutine and no timer of its own.
//
// Bridges and Jicofos are reached through a [Network], without sockets, or through a [Server], on a real one.
package bridgetest

import (
	"errors"
	"sync"
	"time"
)

const (
	// Interval is how often a bridge makes statistics and announces itself to Jicofo.
	// Source: jitsi-videobridge, videobridge.stats.interval and apis.xmpp-client.presence-interval.
	Interval = 5 * time.Second
	// gracefulLimit is how long a graceful shutdown waits for participants to leave.
	// Source: jitsi-videobridge, videobridge.shutdown.graceful-shutdown-max-duration.
	gracefulLimit = 24 * time.Hour
	// stoppingDelay is how long a bridge without participants goes on before its process ends.
	// Source: jitsi-videobridge, videobridge.shutdown.shutting-down-delay.
	stoppingDelay = time.Minute
)

// Settings are what a bridge is made from.
type Settings struct {
	// Nickname is its name in the brewery room.
	Nickname string
	// Now is the time on the machine and everywhere around it; nil for the real one.
	Now func() time.Time
	// Starts is when its process starts; zero for now. Until then its port refuses connections.
	Starts time.Time
	// InitialDrain has every process start drained (videobridge.initial-drain-mode).
	InitialDrain bool
	// PresencePhase is how long after a process started it announces itself first; after that, every Interval.
	PresencePhase time.Duration
	// Skew is how far the bridge's clock is ahead.
	Skew time.Duration
	// StoppingDelay replaces the minute between the last participant's leaving and the end of the process.
	StoppingDelay time.Duration
	// Version is the videobridge's; empty for some version.
	Version string
	// Stress is how full the bridge calls itself, by the participants that are connected to it; nil has a hundred of them fill it.
	Stress func(participants int) float64
}

// Bridge plays one bridge on one machine. It may be used by several goroutines.
type Bridge struct {
	settings Settings
	faults   faults

	mu sync.Mutex
	// starts and ends bound the life of the process; ends is zero while nothing ends it. destroyed is a machine that is gone.
	starts, ends time.Time
	destroyed    bool
	// graceful and stopping are when the process entered these states; zero while it has not.
	graceful, stopping time.Time
	drain, unfit       bool
	cutOff, frozen     bool
	conferences        map[int]Conference
	lastConference     int
	lost               int
	forced             bool
	// shown and announced are the latest statistics and the latest presence.
	shown, announced state
}

// Conference is one conference on a bridge: the participants that are connected to the bridge, and those on others.
type Conference struct{ Local, Remote int }

// state is what a bridge says of itself at a moment.
type state struct {
	at                                   time.Time
	conferences, local, participants     int
	drain, graceful, stopping, connected bool
}

var (
	// ErrGraceful is the answer of a bridge in its graceful shutdown to a new conference.
	ErrGraceful = errors.New("in graceful shutdown")
	// ErrGone is a bridge without a process.
	ErrGone = errors.New("no process")
	// ErrUnknown is a conference that is not on the bridge.
	ErrUnknown = errors.New("no such conference")
)

// New returns a bridge that is running or going to start.
func New(settings Settings) *Bridge {
	if settings.Now == nil {
		settings.Now = time.Now
	}
	if settings.Starts.IsZero() {
		settings.Starts = settings.Now()
	}
	if settings.StoppingDelay == 0 {
		settings.StoppingDelay = stoppingDelay
	}
	if settings.Version == "" {
		settings.Version = "2.3.307-g4bb0aead1"
	}
	if settings.Stress == nil {
		settings.Stress = func(participants int) float64 { return float64(participants) / 100 }
	}
	b := &Bridge{settings: settings}
	b.start(settings.Starts)
	return b
}

// Nickname is the bridge's name in the brewery room.
func (b *Bridge) Nickname() string { return b.settings.Nickname }

// Restart crashes the process and starts it again after a while: its conferences are lost, and nothing remembers that it
// was drained or shutting down.
func (b *Bridge) Restart(after time.Duration) {
	defer b.look()()
	b.drop()
	b.start(b.settings.Now().Add(after))
}

// Kill ends the process for good; its conferences are lost.
func (b *Bridge) Kill() {
	defer b.look()()
	b.drop()
	b.ends = b.settings.Now()
}

// Destroy takes the machine away: nothing answers at its address any more.
func (b *Bridge) Destroy() {
	defer b.look()()
	b.drop()
	b.ends, b.destroyed = b.settings.Now(), true
}

// SetFit makes the bridge's own health check pass or fail.
func (b *Bridge) SetFit(fit bool) {
	defer b.look()()
	b.unfit = !fit
}

// CutOff takes the bridge's connection to its shard's Prosody away, or gives it back. Its own health check does not notice.
func (b *Bridge) CutOff(off bool) {
	defer b.look()()
	b.cutOff = off
}

// Freeze keeps the bridge from making statistics: it goes on answering with the latest.
func (b *Bridge) Freeze(frozen bool) {
	defer b.look()()
	b.frozen = frozen
}

// Break makes the bridge answer wrongly on a path, or on all paths if it is empty.
func (b *Bridge) Break(path string, fault Fault) { b.faults.set(path, fault) }

// Mend takes all faults away.
func (b *Bridge) Mend() { b.faults.clear() }

// look locks the bridge and brings it up to now; the function that it returns unlocks it.
func (b *Bridge) look() (unlock func()) {
	b.mu.Lock()
	b.advance(b.settings.Now())
	return b.mu.Unlock
}

// start begins a process.
func (b *Bridge) start(at time.Time) {
	b.starts, b.ends = at, time.Time{}
	b.graceful, b.stopping = time.Time{}, time.Time{}
	b.drain = b.settings.InitialDrain
	b.conferences = map[int]Conference{}
	b.shown, b.announced = state{}, state{}
}

// drop loses the conferences, and counts those that somebody was in.
func (b *Bridge) drop() {
	for _, conference := range b.conferences {
		if conference.Local > 0 {
			b.lost++
		}
	}
	b.conferences = map[int]Conference{}
}

// advance brings the bridge up to a moment. Everything that changes it by other means than time calls this first, so what
// it is now is what it has been since.
func (b *Bridge) advance(now time.Time) {
	if !b.graceful.IsZero() && b.stopping.IsZero() && !now.Before(b.graceful.Add(gracefulLimit)) {
		b.stop(b.graceful.Add(gracefulLimit))
	}
	if at, due := latest(now, b.starts, b.shown.at); due && !b.frozen {
		b.shown = b.live(at)
	}
	if at, due := latest(now, b.starts.Add(b.settings.PresencePhase), b.announced.at); due {
		b.announced = b.live(at)
	}
	if !b.ends.IsZero() && !now.Before(b.ends) {
		b.drop()
	}
}

// latest is the latest beat of an interval, and whether it comes after the one before.
func latest(now, first, before time.Time) (at time.Time, due bool) {
	if now.Before(first) {
		return time.Time{}, false
	}
	at = first.Add(now.Sub(first).Truncate(Interval))
	return at, at.After(before)
}

// live is the bridge's state at a moment since it last changed.
func (b *Bridge) live(at time.Time) state {
	live := state{
		at: at, conferences: len(b.conferences), drain: b.drain, connected: !b.cutOff,
		graceful: !b.graceful.IsZero() && !at.Before(b.graceful),
		stopping: !b.stopping.IsZero() && !at.Before(b.stopping),
	}
	for _, conference := range b.conferences {
		live.local += conference.Local
		live.participants += conference.Local + conference.Remote
	}
	return live
}

// alive says that there is a process.
func (b *Bridge) alive(now time.Time) bool {
	return !b.destroyed && !now.Before(b.starts) && (b.ends.IsZero() || now.Before(b.ends))
}

// stop enters the last minute of the process.
func (b *Bridge) stop(at time.Time) {
	b.stopping, b.ends = at, at.Add(b.settings.StoppingDelay)
}

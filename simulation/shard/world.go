package shard

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"jitsi-meet-azure/functions/reaper/decide"
	"jitsi-meet-azure/simulation/capacity"
)

// world is a simulation under way.
type world struct {
	Input

	now    time.Duration
	end    time.Duration
	agenda agenda
	rng    *rand.Rand

	rooms  []room
	visits []visit
	// machines are those that are not gone, the oldest first; all are all there ever were.
	machines, all []*machine
	waiting       int
	// dark says that there is no power.
	dark bool
	// whole is the load of all conferences together.
	whole whole

	metrics metrics
	memory  decide.Memory
	version int
	minute  Minute

	result Result
}

const (
	// day is a day without a change of clocks.
	day = 24 * time.Hour
	// tickAt is how long after a full minute the reaper has looked at all bridges.
	tickAt = 2 * time.Second
	// firstAge and ageStep make the ages of the machines that are there at the start: the oldest is from the night before.
	firstAge, ageStep = 16 * time.Hour, 2 * time.Hour
)

func newWorld(in Input) *world {
	w := &world{
		Input: in, now: -in.Day.Warmup, end: in.Day.Length,
		rng:   rand.New(rand.NewPCG(in.Day.Seed, 1)), //nolint:gosec // a simulation, not a secret
		rooms: make([]room, len(in.Day.Rooms)), visits: make([]visit, len(in.Day.Visits)),
		memory: decide.Memory{Slots: map[decide.Slot]decide.Removal{}, Machines: map[string]decide.Past{}},
	}
	w.whole.passed = w.now
	w.metrics.hostDelay, w.metrics.customDelay = in.Model.HostDelay, in.Model.CustomDelay
	for i := range w.rooms {
		w.rooms[i].at = nowhere
	}
	for i := range in.Start {
		age := max(firstAge-time.Duration(i)*ageStep, time.Hour)
		if len(in.Ages) > 0 {
			age = in.Ages[i]
		}
		m := newMachine(i, w.now-age, w.now-age+in.Boot.Usual)
		m.up, m.passed = true, w.now
		w.machines, w.all = append(w.machines, m), append(w.all, m)
	}
	w.agenda.put(w.now+time.Minute, minute, 0)
	if in.Reaper != nil {
		w.agenda.put(w.now+tickAt, looks, 0)
	}
	if in.Scaler.Every().Most > 0 {
		w.agenda.put(w.now+w.drawn(in.Scaler.Every()), scales, 0)
	}
	for i, o := range in.Outages {
		w.agenda.put(o.From, power, i)
		w.agenda.put(o.To, power, i)
	}
	if len(in.Day.Visits) > 0 {
		w.agenda.put(in.Day.Visits[0].Join, joins, 0)
	}
	return w
}

// drawn is a time out of a span: between the least and the usual as often as between that and the most.
func (w *world) drawn(s capacity.Span) time.Duration {
	low, high := s.Least, s.Usual
	if w.rng.IntN(2) == 1 {
		low, high = s.Usual, s.Most
	}
	if high <= low {
		return low
	}
	return low + time.Duration(w.rng.Int64N(int64(high-low)+1))
}

// counts says that the day has begun, so that what happens counts.
func (w *world) counts() bool { return w.now >= 0 }

// wall is the present moment.
func (w *world) wall() time.Time { return w.Day.Midnight.Add(w.now) }

func (w *world) note(k Kind, format string, args ...any) {
	if w.Keep && w.counts() {
		w.result.Events = append(w.result.Events, Event{At: w.wall(), Kind: k, Text: fmt.Sprintf(format, args...)})
	}
}

// run goes through the agenda until the day is over.
func (w *world) run(ctx context.Context) error {
	for {
		d := w.agenda.next()
		if d.at > w.end {
			break
		}
		w.now = d.at
		if err := w.do(ctx, d); err != nil {
			return fmt.Errorf("at %s: %w", w.now, err)
		}
	}
	w.now = w.end
	return w.finish()
}

func (w *world) do(ctx context.Context, d due) error {
	switch d.kind {
	case joins:
		w.join(d.what)
	case leaves:
		w.leave(d.what)
	case alone:
		w.aloneFor(d.what)
	case gives:
		w.giveUp(d.what)
	case boots:
		w.boot(w.all[d.what])
	case vanishes:
		w.vanish(w.all[d.what])
	case minute:
		w.endMinute()
		w.agenda.put(w.now+time.Minute, minute, 0)
		return ctx.Err()
	case looks:
		w.agenda.put(w.now+time.Minute, looks, 0)
		return w.tick(ctx)
	case scales:
		w.agenda.put(w.now+w.drawn(w.Scaler.Every()), scales, 0)
		w.scale()
	case power:
		w.power(w.now == w.Outages[d.what].From)
	}
	return nil
}

// finish counts what goes on past the end, and makes sure that everything adds up.
func (w *world) finish() error {
	for _, m := range w.machines {
		w.pay(m, w.end)
	}
	r := &w.result
	r.Length = w.end
	for _, v := range w.visits {
		if v.state == waits && v.counted {
			r.Waiting++
		}
	}
	if r.Served+r.Refused+r.Waiting != r.Joins {
		return fmt.Errorf("%d served, %d refused and %d waiting are not the %d who joined", r.Served, r.Refused, r.Waiting, r.Joins)
	}
	if w.waiting < 0 {
		return fmt.Errorf("%d people wait", w.waiting)
	}
	return nil
}

// pay counts a machine's hours up to some moment.
func (w *world) pay(m *machine, until time.Duration) {
	if from := max(m.created, 0); until > from {
		w.result.MachineHours += (until - from).Hours()
	}
}

package shard

import (
	"math"
	"time"

	"jitsi-meet-azure/autoscale/profile"
	"jitsi-meet-azure/functions/reaper/gauge"
)

// kept is how many minutes of metrics are kept; no window of a rule that is deployed is longer.
const kept = 64

// metrics are what Azure Monitor has of the scale set.
type metrics struct {
	// now is when somebody reads; what is not collected by then is missing.
	now                    time.Time
	hostDelay, customDelay time.Duration
	minutes                [kept]measured
}

// measured is what the machines measured in the minute that begins at at, in seconds since 1970.
type measured struct {
	at                          int64
	cpu, in, out, stress, spare []float64
}

// of is the place of a minute; what was there before is forgotten.
func (s *metrics) of(at time.Time) *measured {
	seconds := at.Unix() - at.Unix()%60
	m := &s.minutes[seconds/60%kept]
	if m.at != seconds {
		*m = measured{at: seconds, cpu: m.cpu[:0], in: m.in[:0], out: m.out[:0], stress: m.stress[:0], spare: m.spare[:0]}
	}
	return m
}

// publish takes in what the reaper publishes.
func (s *metrics) publish(at time.Time, stress []float64, spare float64) {
	m := s.of(at)
	m.stress, m.spare = append(m.stress, stress...), append(m.spare, spare)
}

// Minute implements engine.Metrics.
func (s *metrics) Minute(metric string, at time.Time) (samples []float64, ok bool) {
	seconds := at.Unix()
	m := &s.minutes[seconds/60%kept]
	if m.at != seconds {
		return nil, false
	}
	delay := s.hostDelay
	switch metric {
	case profile.CPU:
		samples = m.cpu
	case profile.NetworkIn:
		samples = m.in
	case profile.NetworkOut:
		samples = m.out
	case gauge.Stress:
		samples, delay = m.stress, s.customDelay
	case gauge.Spare:
		samples, delay = m.spare, s.customDelay
	}
	if at.Add(time.Minute + delay).After(s.now) {
		return nil, false
	}
	return samples, len(samples) > 0
}

// whole is the load of the whole shard: of the conferences that fit on a bridge with others, and of those that need one or more for
// themselves.
type whole struct {
	passed       time.Duration
	small, large float64
	sums         struct{ small, large, all float64 }
	all          float64
}

func (l *whole) pass(now time.Duration) {
	seconds := (now - l.passed).Seconds()
	l.sums.small += l.small * seconds
	l.sums.large += l.large * seconds
	l.sums.all += l.all * seconds
	l.passed = now
}

func (l *whole) change(before, after float64) {
	l.count(before, -1)
	l.count(after, 1)
	l.all += after - before
}

func (l *whole) count(stress, times float64) {
	if stress >= 1 {
		l.large += times
	} else {
		l.small += times * stress
	}
}

// bound is the fewest bridges that can carry the minute that ends now, and the load of all its conferences: a conference that fills a
// bridge has one for itself for as long as it does, and of the others no bridge carries more than 1.
func (l *whole) bound(now time.Duration) (fewest int, load float64) {
	l.pass(now)
	const seconds, rest = 60, 1e-6
	need := (l.sums.small + l.sums.large) / seconds
	load = l.sums.all / seconds
	l.sums.small, l.sums.large, l.sums.all = 0, 0, 0
	return int(math.Ceil(need - rest)), load
}

// endMinute measures the minute that is over.
func (w *world) endMinute() {
	began := w.wall().Add(-time.Minute)
	into := w.metrics.of(began)
	fewest, load := w.whole.bound(w.now)
	w.minute = Minute{At: began, Machines: len(w.machines), LowerBound: fewest, Load: load, Waiting: w.waiting}
	counts := w.now > 0
	for _, m := range w.machines {
		w.endMinuteOf(m, into, counts)
	}
	if !counts {
		return
	}
	w.result.LowerBoundHours += float64(fewest) / 60
	w.result.LowerBoundWarmHours += float64(fewest+1) / 60
	w.most()
	if local := w.wall(); time.Duration(local.Hour())*time.Hour+time.Duration(local.Minute())*time.Minute == (w.Recycle+recycled)%day {
		w.readAge()
	}
	if w.Keep {
		if w.minute.Up > 0 {
			w.minute.Mean /= float64(w.minute.Up)
		}
		w.result.Minutes = append(w.result.Minutes, w.minute)
	}
}

// endMinuteOf measures one machine.
func (w *world) endMinuteOf(m *machine, into *measured, counts bool) {
	w.touch(m)
	demand, conferences := m.mean(w.now)
	stress := w.Model.Stress(demand)
	if counts { // also of a bridge that is gone since: its conferences were there
		w.result.ConferenceMinutes += conferences
		if stress > 1 {
			w.result.OverloadedConferenceMinutes += conferences
		}
	}
	if !m.there() || w.dark || w.now-m.created < (m.boots-m.created)/3 {
		return // Azure measures nothing of a machine that is still being made, or that is going.
	}
	sample := w.Model.Booting()
	if m.up {
		sample = w.Model.Sample(demand)
	}
	into.cpu, into.in, into.out = append(into.cpu, sample.CPU), append(into.in, sample.In), append(into.out, sample.Out)
	if !m.up || !counts {
		return
	}
	w.result.BridgeMinutes++
	w.result.Stress.add(stress)
	if stress > 1 {
		w.result.OverloadedBridgeMinutes++
	}
	w.minute.Up++
	w.minute.Mean += stress
	w.minute.Max = max(w.minute.Max, stress)
	w.minute.Participants += m.participants
	w.minute.Conferences += len(m.rooms)
}

// readAge reads the age of the oldest machine.
func (w *world) readAge() {
	w.result.OldestAfterRecycle = 0
	for _, m := range w.machines {
		if m.there() {
			w.result.OldestAfterRecycle = max(w.result.OldestAfterRecycle, w.now-m.created)
		}
	}
}

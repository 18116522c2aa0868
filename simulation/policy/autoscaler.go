package policy

import (
	"time"

	"jitsi-meet-azure/simulation/capacity"
	"jitsi-meet-azure/simulation/demand"
	"jitsi-meet-azure/simulation/shard"
)

// What meet.jit.si runs its pools with, as far as it is published: from a mean stress of 0.3 in two periods of a minute up, below 0.1
// in ten down, by one; after each change a pause; a young bridge is protected; two bridges at least.
// Source: jitsi/infra-provisioning, scripts/create-jvb-pool.sh.
const (
	upFrom, downBelow     = 0.3, 0.1
	period                = time.Minute
	periodsUp, periodDown = 2, 10
	grace, protected      = 600 * time.Second, 900 * time.Second
	fewest                = 2
)

// MeetJitSi is jitsi-autoscaler with what meet.jit.si tells it, for a given maximum: it looks at the mean stress of the bridges in
// whole periods, waits until what it launched is there, and takes the bridge with the fewest participants away gracefully.
// Source: jitsi/jitsi-autoscaler, src/autoscaler.ts and src/instance_launcher.ts.
func MeetJitSi(maximum int) Policy {
	made := func(_ demand.Day, bounds []int, _ capacity.Model) (setup, error) {
		return setup{scaler: &autoscaler{maximum: maximum}, start: max(fewest, min(evening(bounds)+1, maximum))}, nil
	}
	return Policy{Name: "meet.jit.si", Title: "meet.jit.si's thresholds", Safe: true, setup: made}
}

// autoscaler is jitsi-autoscaler for one group.
type autoscaler struct {
	maximum int
	// stress is the mean of each period, the latest last.
	stress []float64
	calm   time.Time
}

// Every implements [shard.Scaler].
func (a *autoscaler) Every() capacity.Span {
	return capacity.Span{Least: period, Usual: period, Most: period}
}

// Run implements [shard.Scaler].
func (a *autoscaler) Run(now time.Time, seen shard.Seen) shard.Order {
	a.observe(seen.Bridges)
	stay := shard.Order{Capacity: seen.Capacity}
	count := len(seen.Bridges)
	switch {
	case now.Before(a.calm) || seen.Coming > 0 || count == 0:
		return stay
	// Those that leave hold their places still.
	case seen.Capacity < a.maximum && (count < fewest || a.all(periodsUp, func(s float64) bool { return s >= upFrom })):
		a.calm = now.Add(grace)
		return shard.Order{Capacity: seen.Capacity + 1, Reason: "stress"}
	case count > fewest && a.all(periodDown, func(s float64) bool { return s < downBelow }):
		if i, found := emptiest(seen.Bridges); found {
			a.calm = now.Add(grace)
			stay.Leave = &i
		}
	}
	return stay
}

// observe takes a period's mean stress in.
func (a *autoscaler) observe(bridges []shard.Bridge) {
	mean := 0.0
	for _, b := range bridges {
		mean += b.Stress / float64(len(bridges))
	}
	if a.stress = append(a.stress, mean); len(a.stress) > periodDown {
		a.stress = a.stress[1:]
	}
}

// all says that the last periods are all so.
func (a *autoscaler) all(periods int, so func(float64) bool) bool {
	if len(a.stress) < periods {
		return false
	}
	for _, s := range a.stress[len(a.stress)-periods:] {
		if !so(s) {
			return false
		}
	}
	return true
}

// emptiest is the bridge with the fewest participants that is not protected.
func emptiest(bridges []shard.Bridge) (index int, found bool) {
	for i, b := range bridges {
		if b.Age >= protected && (!found || b.Participants < bridges[index].Participants) {
			index, found = i, true
		}
	}
	return index, found
}

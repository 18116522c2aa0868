package decide

import "time"

// Policy is what decisions are measured by. The first group is configured, the second follows from how bridges and Azure
// behave; see [Default].
type Policy struct {
	// MinimumUptime is how long a bridge must have been up before the rule may retire it.
	MinimumUptime time.Duration
	// MaximumAge is the age at which a bridge is drained while busy; zero means never.
	MaximumAge time.Duration
	// StuckAfter is how long a bridge must have had conferences without a local endpoint to count as idle; zero means that
	// it never does.
	StuckAfter time.Duration
	// BootDeadline is the age by which a bridge must have come up; zero means that none is replaced for being late.
	BootDeadline time.Duration
	// DeadAfter is how long all witnesses must agree that a bridge is dead; zero means that none is replaced for it.
	DeadAfter time.Duration
	// Reserve is the warm reserve, in bridges: the capacity, see [gauge.SpareOf], that a retirement must leave to the shard.
	// Zero means none. It must not be below the reserve at which autoscale adds a bridge, or one would be retired and added
	// for ever.
	Reserve float64

	// PresenceWait is how long Jicofo may take to learn that a bridge is drained.
	PresenceWait time.Duration
	// Fresh is how old statistics, by the reaper's clock, may be, and how far in its future they may lie.
	Fresh time.Duration
	// Skew is how far apart the times that Azure and a bridge give for its start may be.
	Skew time.Duration
	// EndedFor is how long every look must have found a bridge ended before it is taken for that: longer than a process
	// that crashed takes to come back, and than Jicofo takes to notice.
	EndedFor time.Duration
	// WatchGap is the longest time without a look after which nothing is known of what happened meanwhile.
	WatchGap time.Duration
	// WatchFrom is the age up to which a machine must have been seen first to count as watched from its beginning.
	WatchFrom time.Duration
	// GoneFor is how long a port must have refused connections for the process to be gone for good, whatever it was before.
	GoneFor time.Duration
	// GiveUp is how long a drained bridge may give no reliable answer before its removal is given up.
	GiveUp time.Duration
	// HoldFor is how long a bridge that has ended is kept because of the minimum in force.
	HoldFor time.Duration
	// AcceptedFor is how long Azure may take to begin a deletion that it accepted.
	AcceptedFor time.Duration
}

// Default is the policy of an environment that configures nothing.
func Default() Policy {
	return Policy{
		MinimumUptime: 55 * time.Minute,
		MaximumAge:    24 * time.Hour,
		StuckAfter:    30 * time.Minute,
		BootDeadline:  20 * time.Minute,
		DeadAfter:     defaultWitness,
		// Two presences of five seconds, and one interval of statistics that the first of them may lag behind.
		// Source: jitsi-videobridge, videobridge.stats.interval and apis.xmpp-client.presence-interval.
		PresenceWait: 15 * time.Second,
		Fresh:        30 * time.Second,
		Skew:         2 * time.Minute,
		// systemd starts a bridge that crashed again after two seconds, and a Java process needs some more until it listens.
		EndedFor:  45 * time.Second,
		WatchGap:  5 * time.Minute,
		WatchFrom: 3 * time.Minute,
		GoneFor:   2 * time.Hour,
		GiveUp:    30 * time.Minute,
		HoldFor:   15 * time.Minute,
		// Azure's instance list lags behind what was accepted.
		AcceptedFor: 10 * time.Minute,
	}
}

// defaultWitness is how long witnesses must agree where DeadAfter is off and a boot deadline is not.
const defaultWitness = 15 * time.Minute

// witness is how long all witnesses must agree before a machine is replaced.
func (p Policy) witness() time.Duration {
	if p.DeadAfter > 0 {
		return p.DeadAfter
	}
	return defaultWitness
}

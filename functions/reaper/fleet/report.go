package fleet

import "time"

// Outcome is how the attempt to ask a bridge ended.
type Outcome string

const (
	// OutcomeNotAsked is a bridge that nobody could ask, because it has no address or the tick ended first.
	OutcomeNotAsked Outcome = ""
	// OutcomeAnswered is a bridge all of whose answers arrived and were understood.
	OutcomeAnswered Outcome = "answered"
	// OutcomeRefused is a machine that is there and has no process on the bridge's port: it refused the connection.
	OutcomeRefused Outcome = "refused"
	// OutcomeSilent is a machine from which no complete answer came: a time-out, an unreachable network, a connection that
	// broke. An overloaded bridge looks like this, so it proves nothing.
	OutcomeSilent Outcome = "silent"
	// OutcomeGarbled is a process that answers, but with something that cannot be relied on: a wrong status, a huge body,
	// malformed or missing fields.
	OutcomeGarbled Outcome = "garbled"
)

// Report is what a bridge says of itself. Everything but Outcome and Problem is meaningful with OutcomeAnswered only.
type Report struct {
	Outcome Outcome
	// Problem says in a few words why the outcome is not OutcomeAnswered.
	Problem string
	// Fit says that the bridge's own health check passed (/about/health answered 200).
	Fit bool
	// Draining is the bridge's drain mode at the moment it was asked (/colibri/drain).
	Draining bool
	// Started is when the process started (the gauge jitsi_jvb_startup_time of /metrics).
	Started time.Time
	// Stats is the bridge's latest statistics (/colibri/stats).
	Stats Stats
}

// Answered says that the report can be relied on.
func (r Report) Answered() bool { return r.Outcome == OutcomeAnswered }

// Stopping says that the bridge has taken a graceful shutdown: it refuses new conferences, carries on with those it has, and
// cannot go back.
// Source: jitsi-videobridge, ShutdownManager.
func (r Report) Stopping() bool {
	return r.Answered() && (r.Stats.GracefulShutdown || r.Stats.ShuttingDown)
}

// Finished says that the bridge is at the end of its graceful shutdown and nobody is on it. Its process ends within a minute
// of calling itself shutting down. One that is still waiting for the end, without a conference, refuses every new one, so
// that none can come; a bridge may be configured to stay so.
// Source: jitsi-videobridge, ShutdownManager (shutting-down-delay, graceful-shutdown-min-participants).
func (r Report) Finished() bool {
	return r.Stopping() && r.Stats.LocalEndpoints == 0 && (r.Stats.ShuttingDown || r.Stats.Conferences == 0)
}

// Stats are those of a bridge's statistics that the reaper uses. The bridge makes them every five seconds and answers with
// the latest. Source: jitsi-videobridge, doc/statistics.md.
type Stats struct {
	// At is when the bridge made them (current_timestamp, in UTC, by the bridge's own clock).
	At time.Time
	// Conferences are those on the bridge. A conference can outlive its participants on this bridge; see LocalEndpoints.
	Conferences int
	// LocalEndpoints are the participants that are connected to this bridge.
	LocalEndpoints int
	// Participants are all participants of the bridge's conferences, those on other bridges included.
	Participants int
	// Drain, GracefulShutdown and ShuttingDown are what the bridge announces to Jicofo together with these statistics.
	Drain, GracefulShutdown, ShuttingDown bool
	// ClientsConfigured and ClientsConnected are connections to XMPP servers, RoomsConfigured and RoomsJoined brewery rooms
	// (muc_clients_*, mucs_*). A bridge whose numbers differ takes no conferences from some shard that it should serve.
	ClientsConfigured, ClientsConnected, RoomsConfigured, RoomsJoined int
	// Stress is the bridge's own estimate of its load; 1 is full, and it can be more. With StressUnknown the bridge did not say.
	Stress        float64
	StressUnknown bool
	// BitRateIn and BitRateOut are kilobits a second.
	BitRateIn, BitRateOut int64
	// Version is the videobridge's version.
	Version string
}

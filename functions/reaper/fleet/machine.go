// Package fleet is the reaper's vocabulary: what can be known about a shard's bridges at one moment, each fact with the
// witness that it comes from. The other packages fill these types in (discover, probe) or read them (decide, report). It is
// pure: no input or output, no clock.
package fleet

import (
	"net/netip"
	"time"
)

// State is what Azure says of a machine.
type State string

const (
	// StateUnknown is a machine of which Azure does not say how it is. Nothing follows from it.
	StateUnknown State = ""
	// StateRunning is a machine that Azure has made and that is switched on.
	StateRunning State = "running"
	// StateStarting is a machine that Azure is still making or changing.
	StateStarting State = "starting"
	// StateStopped is a machine that is switched off.
	StateStopped State = "stopped"
	// StateFailed is a machine that Azure could not make, or lost.
	StateFailed State = "failed"
	// StateDeleting is a machine that is being deleted already.
	StateDeleting State = "deleting"
)

// Machine is one instance of a shard's scale set, as Azure lists it.
type Machine struct {
	// ID is Azure's vmId, a GUID in lower case. It is the machine's identity: instance ids come back in a scale set that is
	// made again, addresses come back all the time.
	ID string
	// Instance is the machine's id within its scale set, which deleting it takes.
	Instance string
	// Created is when Azure made the machine; zero where Azure does not say.
	Created time.Time
	// Address is the private address; invalid where no network interface is listed.
	Address netip.Addr
	// Image is the exact version of the image that the machine was made from; empty where Azure does not say.
	Image string
	// State is how the machine is.
	State State
}

// Traffic is what Azure's host metrics say about a machine's network over the time that a witness must agree for.
type Traffic string

const (
	// TrafficUnknown says nothing: not asked, or not every minute has a value.
	TrafficUnknown Traffic = ""
	// TrafficNone is a machine that sent not a single byte.
	TrafficNone Traffic = "none"
	// TrafficLittle is a machine that never sent as much as LittleTraffic within a minute: what the operating system and
	// Azure's agents say, but hardly a meeting.
	TrafficLittle Traffic = "little"
	// TrafficSome is any other.
	TrafficSome Traffic = "some"
)

// LittleTraffic bounds what a machine without a meeting sends, in bytes a minute. One person's audio alone is about 300,000.
// Source: lib-jitsi-meet, 40 kbit/s of audio.
const LittleTraffic = 250_000

// Presence is whether a shard's Jicofo knows a bridge.
type Presence string

const (
	// PresenceUnknown says nothing: Jicofo did not answer, or not in a form that can be relied on.
	PresenceUnknown Presence = ""
	// PresenceListed is a bridge that is in the brewery room.
	PresenceListed Presence = "listed"
	// PresenceAbsent is a bridge that a Jicofo that answered does not list.
	PresenceAbsent Presence = "absent"
)

// Bridge is everything that is known about one bridge at one tick.
type Bridge struct {
	Machine
	// Report is what the bridge itself says.
	Report Report
	// Presence is what its shard's Jicofo says.
	Presence Presence
	// Traffic is what Azure's metrics say. It is asked for suspects only.
	Traffic Traffic
}

// Package capacity says what a conference costs a bridge, and how long bridges and Azure take for things: figures that were
// published or measured elsewhere, each with its source, in one file, capacity.json. It is pure.
package capacity

import "time"

// Conference is what is known of a conference on a bridge.
type Conference struct {
	// Participants are the people on the bridge, Cameras those of them who send video.
	Participants, Cameras int
}

// Demand is what conferences ask of a bridge. Demands of several conferences add up.
type Demand struct {
	// Packets are those in and out, a second.
	Packets float64
	// In and Out are bytes a second.
	In, Out float64
}

// Sample is what Azure measures of one machine in a minute: its processor load in percent, and the bytes received and sent.
type Sample struct{ CPU, In, Out float64 }

// Span is how long something takes: at least, usually, at most.
type Span struct{ Least, Usual, Most time.Duration }

// Model is the file, read and checked.
type Model struct {
	// Boot is from a machine's creation to its bridge being in use, with an image that has the bridge in it; PlainBoot with one
	// on which it is installed first.
	Boot, PlainBoot Span
	// Statistics is how often a bridge works its load out, Presence how often it tells Jicofo.
	Statistics, Presence time.Duration
	// RampUp is how long Jicofo counts a new participant on top of what a bridge reported, ParticipantStress as how much.
	RampUp            time.Duration
	ParticipantStress float64
	// Alone is how long a conference with one participant stays on its bridge.
	Alone time.Duration
	// Patience is how long somebody waits for a bridge before he gives up.
	Patience time.Duration
	// EngineRun is the time between two runs of Azure's autoscale engine.
	EngineRun Span
	// HostDelay and CustomDelay are how long after its end a minute's metrics can be read: the host's own, and custom ones.
	HostDelay, CustomDelay time.Duration
	// Deletion is how long a machine that is being deleted is still there, and paid for.
	Deletion time.Duration

	load load
}

// load is the part of the model that turns people into packets, and packets into what a machine shows.
type load struct {
	// full are the packets a second, in and out together, at which a bridge is full.
	full float64
	// stage, small and audio are packets a second of one stream.
	stage, small, audio float64
	// talking is how many talk at once, lastN how many videos somebody is sent, stages how many cameras send their large layer.
	talking, lastN, stages float64
	// videoBytes and audioBytes are bytes a packet.
	videoBytes, audioBytes float64
	// threshold is the part of its processors at which a bridge calls itself full.
	threshold float64
	// idleCPU, fullCPU and bootCPU are percent; idleIn and idleOut bytes a minute.
	idleCPU, fullCPU, bootCPU, idleIn, idleOut float64
	// people and cameras are those of an ordinary meeting.
	people, cameras float64
}

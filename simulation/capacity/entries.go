package capacity

import "time"

// seconds is the unit of everything that takes time, longest the most that anything may take.
const (
	seconds = "seconds"
	longest = 3600.0
)

// entry is a figure of the file: its name and unit, its bounds, and where it goes.
type entry struct {
	name, unit  string
	least, most float64
	whole       bool
	set         func(float64)
}

// spanEntry is a span of the file, always in seconds.
type spanEntry struct {
	name string
	into *Span
}

// entries are all figures of the file, in its order.
func entries(m *Model) []entry {
	const packets, bytes, people, minute = "packets a second", "bytes a packet", "people", "bytes a minute"
	l := &m.load
	return []entry{
		number("fullPackets", packets, 1000, 1e7, &l.full),
		number("stagePackets", packets, 1, 10_000, &l.stage),
		number("smallPackets", packets, 1, 10_000, &l.small),
		number("audioPackets", packets, 1, 1000, &l.audio),
		number("talking", people, 0, 10, &l.talking),
		count("lastN", "videos", 1, 1000, &l.lastN),
		count("stages", "videos", 1, 1000, &l.stages),
		number("videoBytes", bytes, 1, 65_535, &l.videoBytes),
		number("audioBytes", bytes, 1, 65_535, &l.audioBytes),
		number("loadThreshold", "of the processors", 0.1, 1, &l.threshold),
		number("idleCPU", "percent", 0, 99, &l.idleCPU),
		number("fullCPU", "percent", 1, 100, &l.fullCPU),
		number("bootCPU", "percent", 0, 100, &l.bootCPU),
		number("idleIn", minute, 0, 1e9, &l.idleIn),
		number("idleOut", minute, 0, 1e9, &l.idleOut),
		count("ordinaryPeople", people, 2, 100, &l.people),
		count("ordinaryCameras", people, 0, 100, &l.cameras),
		pause("statistics", &m.Statistics),
		pause("presence", &m.Presence),
		pause("rampUp", &m.RampUp),
		number("participantStress", "bridges", 0, 1, &m.ParticipantStress),
		pause("alone", &m.Alone),
		pause("patience", &m.Patience),
		pause("hostDelay", &m.HostDelay),
		pause("customDelay", &m.CustomDelay),
		pause("deletion", &m.Deletion),
	}
}

// spanEntries are all spans of the file, in its order.
func spanEntries(m *Model) []spanEntry {
	return []spanEntry{{"boot", &m.Boot}, {"plainBoot", &m.PlainBoot}, {"engineRun", &m.EngineRun}}
}

func number(name, unit string, least, most float64, into *float64) entry {
	return entry{name: name, unit: unit, least: least, most: most, set: func(v float64) { *into = v }}
}

func count(name, unit string, least, most float64, into *float64) entry {
	e := number(name, unit, least, most, into)
	e.whole = true
	return e
}

func pause(name string, into *time.Duration) entry {
	return entry{name: name, unit: seconds, least: 1, most: longest, set: func(v float64) { *into = duration(v) }}
}

package capacity

// Plus is both demands together.
func (d Demand) Plus(other Demand) Demand {
	return Demand{Packets: d.Packets + other.Packets, In: d.In + other.In, Out: d.Out + other.Out}
}

// Times is the demand of n such conferences.
func (d Demand) Times(n float64) Demand {
	return Demand{Packets: d.Packets * n, In: d.In * n, Out: d.Out * n}
}

// Demand is what a conference asks of its bridge while it goes on: nothing with fewer than two participants, for whom Jicofo begins
// none. Numbers that cannot be, negative ones and more cameras than people, are taken for the nearest that can.
//
// A bridge does not mix: it sends each participant what he hears and sees. He hears those who talk. He sees one video large, on
// stage, and the others small, up to the last-n, and never himself. The bridge asks a camera only for the layers that somebody
// sees: the small one of those within somebody's last-n, the large one of those on somebody's stage.
// Source: jitsi/jitsi-videobridge, reference.conf (the comment on the transport's send queue counts the same way: a call of 100
// with a last-n of 20 sends each of them 2,300 packets a second).
func (m Model) Demand(c Conference) Demand {
	if c.Participants < 2 {
		return Demand{}
	}
	l := m.load
	people := float64(c.Participants)
	cameras := min(max(float64(c.Cameras), 0), people)
	heard := l.audio * l.talking
	audioIn, audioOut := heard, heard*(people-1)
	videoOut := cameras*l.seen(cameras-1) + (people-cameras)*l.seen(cameras)
	videoIn := l.small*min(cameras, l.lastN+1) + l.stage*min(cameras, l.stages)
	return Demand{
		Packets: audioIn + audioOut + videoIn + videoOut,
		In:      audioIn*l.audioBytes + videoIn*l.videoBytes,
		Out:     audioOut*l.audioBytes + videoOut*l.videoBytes,
	}
}

// seen are the packets a second of the video that somebody is sent, out of the videos of others.
func (l load) seen(videos float64) float64 {
	shown := min(videos, l.lastN)
	if shown < 1 {
		return 0
	}
	return l.stage + l.small*(shown-1)
}

// Stress is how full a bridge of eight virtual processors is: 1 is full, and what is more it can no longer carry.
func (m Model) Stress(d Demand) float64 { return d.Packets / m.load.full }

// Reported is what a bridge of this stress says of itself: how busy its processors are, over the part at which it calls itself
// full. An idle one is not quite at zero, and none can say more than that all its processors are busy, 1/0.9 with the bridges'
// default, however overloaded it is.
// Source: jitsi/jitsi-videobridge, reference.conf, load-measurements.cpu-usage.
func (m Model) Reported(stress float64) float64 { return m.cpu(stress) / 100 / m.load.threshold }

// cpu is the processor load at a stress, in percent: a straight line from an idle bridge to one without a free processor.
func (m Model) cpu(stress float64) float64 {
	return min(m.load.idleCPU+(m.load.fullCPU-m.load.idleCPU)*max(stress, 0), 100)
}

// Sample is what Azure measures in a minute in which the machine's mean demand is d. Of more than its processors can carry, a
// machine receives and sends only that part.
func (m Model) Sample(d Demand) Sample {
	stress := m.Stress(d)
	carried := 1.0
	if most := (100 - m.load.idleCPU) / (m.load.fullCPU - m.load.idleCPU); stress > most {
		carried = most / stress
	}
	return Sample{CPU: m.cpu(stress), In: m.load.idleIn + 60*carried*d.In, Out: m.load.idleOut + 60*carried*d.Out}
}

// Booting is what Azure measures of a machine without a bridge yet.
func (m Model) Booting() Sample {
	return Sample{CPU: m.load.bootCPU, In: m.load.idleIn, Out: m.load.idleOut}
}

// Each is the stress of one participant in a meeting, in bridges; zero for a meeting of nobody.
func (m Model) Each(meeting Conference) float64 {
	if meeting.Participants < 1 {
		return 0
	}
	return m.Stress(m.Demand(meeting)) / float64(meeting.Participants)
}

// Planned is the stress of one participant in an ordinary meeting, in bridges: what a number of people is planned by.
func (m Model) Planned() float64 {
	meeting := Conference{Participants: int(m.load.people), Cameras: int(m.load.cameras)}
	return m.Stress(m.Demand(meeting)) / m.load.people
}

// Package load says what a number of participants costs a bridge: a model of a videobridge on a Standard_F8s_v2, eight virtual
// processors, for whoever plays bridges. It is pure.
package load

// The model is a straight line from an idle bridge to one that is full.
const (
	// Full is how many participants a bridge can take. meet.jit.si, on machines of this size, counts 0.004 to 0.005 of a bridge
	// for an average participant: 200 to 250 of them.
	// Source: jitsi/infra-configuration, roles/jitsi-videobridge, average-participant-stress.
	Full = 225
	// idleCPU and fullCPU are percent of the machine's processors. A full bridge has none left.
	idleCPU, fullCPU = 2.0, 100.0
	// sends and receives are what one participant more has the bridge send and receive, in bits a second. meet.jit.si takes 81,000
	// to 100,000 packets a second for the most that a bridge of this size can do; at about 1,050 bytes each that is 0.85 gigabits
	// a second for 200 participants. It receives less: most people look at several others, and many have no camera on; one with a
	// camera sends up to 2.2 megabits a second.
	// Source: jitsi/infra-configuration, jvb.conf.j2 (packet-rate load-threshold); lib-jitsi-meet, the bit rates of VP8.
	sends, receives = 4_250_000.0, 1_000_000.0
	// idleIn and idleOut are what a machine without a meeting receives and sends, in bytes a minute: probes, and the operating
	// system. The reaper takes 250,000 sent for the bound.
	idleIn, idleOut = 200_000.0, 100_000.0
	bytesAMinute    = 60.0 / 8 // of a bit a second
	// threshold is the processor load, in percent, at which a bridge calls itself full.
	// Source: jitsi/jitsi-videobridge, reference.conf, load-measurements.cpu-usage.load-threshold.
	threshold = 90.0
	// bootCPU is the processor load of a machine that comes up.
	bootCPU = 25.0
)

// Sample is what Azure measures of one machine in a minute: its processor load in percent, and the bytes that it received and
// sent.
type Sample struct{ CPU, In, Out float64 }

// Of is the load of a bridge with some participants connected to it. Beyond [Full] nothing grows any more.
func Of(participants int) Sample {
	p := float64(min(max(participants, 0), Full))
	return Sample{
		CPU: idleCPU + (fullCPU-idleCPU)*p/Full,
		In:  idleIn + receives*bytesAMinute*p,
		Out: idleOut + sends*bytesAMinute*p,
	}
}

// Stress is what a bridge with some participants connected to it says of itself: 1 is full.
func Stress(participants int) float64 { return Of(participants).CPU / threshold }

// Booting is the load of a machine without a bridge yet.
func Booting() Sample { return Sample{CPU: bootCPU, In: idleIn, Out: idleOut} }

// Mean is the mean of samples; zero of none.
func Mean(samples []Sample) Sample {
	var mean Sample
	for _, s := range samples {
		mean.CPU += s.CPU / float64(len(samples))
		mean.In += s.In / float64(len(samples))
		mean.Out += s.Out / float64(len(samples))
	}
	return mean
}

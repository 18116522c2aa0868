package capacity

// measured is how many virtual processors the machines had on which fullPackets was published.
const measured = 8

// On is the model for a machine with so many virtual processors: what a full bridge forwards is taken to grow in proportion, which is
// an assumption; nobody publishes figures for several sizes.
func (m Model) On(processors int) Model {
	m.load.full *= float64(processors) / measured
	return m
}

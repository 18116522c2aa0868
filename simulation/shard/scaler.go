package shard

import (
	"time"

	"jitsi-meet-azure/autoscale/engine"
	"jitsi-meet-azure/simulation/capacity"
)

// Scaler decides how many machines there are. One is made for each simulation.
type Scaler interface {
	// Every is how much time lies between two runs; zero for one that never runs.
	Every() capacity.Span
	// Run looks at the shard and says what there shall be.
	Run(now time.Time, seen Seen) Order
}

// Seen is what a scaler sees.
type Seen struct {
	// Capacity is the number of machines, those being deleted left out.
	Capacity int
	// Metrics are the scale set's in Azure Monitor, as late as they are there.
	Metrics engine.Metrics
	// Bridges are those that are in use and take new conferences, as they last reported.
	Bridges []Bridge
	// Coming are the machines whose bridges are not up yet.
	Coming int
}

// Bridge is what a scaler of bridges, rather than of machines, can see of one.
type Bridge struct {
	Stress       float64
	Participants int
	// Age is that of its machine.
	Age time.Duration
}

// Order is what there shall be.
type Order struct {
	// Capacity is how many machines there shall be. More are created. Of fewer, the newest are deleted at once, as Azure does, with
	// whatever is on them.
	Capacity int
	// Leave is a bridge, by its index in Seen.Bridges, that is to shut down gracefully: it takes no new conferences, and its machine
	// goes when the last has ended. Nil for none.
	Leave *int
	// Reason says in a line why.
	Reason string
}

// Azure is the scaler that Azure Monitor's autoscale engine is with a setting.
type Azure struct {
	setting engine.Setting
	every   capacity.Span
	state   engine.State
}

// NewAzure makes a scaler of a setting. Metrics come with the model's delays, so that the setting should assume none.
//
// The rule that fired last is taken to have been one about load, the day before, with Azure's usual cooldown: a setting on which
// nothing ever fired would wait for nothing in its first night.
func NewAzure(setting engine.Setting, model capacity.Model, begin time.Time) *Azure {
	before := engine.State{LastAction: begin.Add(-day), Cooldown: usualCooldown}
	return &Azure{setting: setting, every: model.EngineRun, state: before}
}

// usualCooldown is what Azure's portal proposes.
const usualCooldown = 5 * time.Minute

// Every implements [Scaler].
func (a *Azure) Every() capacity.Span { return a.every }

// Run implements [Scaler].
func (a *Azure) Run(now time.Time, seen Seen) Order {
	d, next := a.setting.Evaluate(now, seen.Capacity, a.state, seen.Metrics)
	a.state = next
	return Order{Capacity: d.Capacity, Reason: d.Reason}
}

// Fixed is the scaler that never changes anything.
type Fixed struct{}

// Every implements [Scaler].
func (Fixed) Every() capacity.Span { return capacity.Span{} }

// Run implements [Scaler].
func (Fixed) Run(_ time.Time, seen Seen) Order { return Order{Capacity: seen.Capacity} }

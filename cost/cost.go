// Package cost estimates what an environment costs in a month from its configuration alone. The package is pure.
//
// Three sums are given: the least that the environment can cost, with every number at its minimum; the most, with every number at
// its maximum all month long; and a typical month, for which [Assumptions] says what it takes for granted. What leaves the network
// is a rate and in no sum: it follows what people do, and may well cost more than everything else.
package cost

import (
	"errors"
	"fmt"

	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/internal/prices"
)

// hoursOfMonth is what Azure counts a month as: 365 days of 24 hours, over 12.
const (
	hoursOfMonth = 730
	daysOfMonth  = hoursOfMonth / 24.0
)

// Assumptions are what no configuration tells.
type Assumptions struct {
	// BusyHours of BusyDays a month, the bridges above the minimum and half way to the maximum run as well.
	BusyHours, BusyDays float64
	// LogsPerBridgeDay is what a bridge, LogsPerDay what everything else sends to the workspace in a day, in GB.
	LogsPerBridgeDay, LogsPerDay float64
	// ImageGB is the size of one version of the bridge image, and ImageVersions how many there are: least, typical, most.
	ImageGB       float64
	ImageVersions Quantity
	// ReceivedMbps is what a participant receives: least, typical, most, in megabits (10^6 bits) a second.
	ReceivedMbps Quantity
	// TickOperations is what one run of the reaper asks of its tables, for each bridge that there may be.
	TickOperations float64
}

// Default is what the estimate is made with. Videos of 720 lines come at up to 4 Mbit/s, and a participant who looks at one
// speaker and small pictures of the others receives a good part of that; who only listens receives far less.
// Source: community.jitsi.org, "Bandwidth cost modeling" (14762).
func Default() Assumptions {
	return Assumptions{
		BusyHours: 8, BusyDays: 22,
		LogsPerBridgeDay: 0.05, LogsPerDay: 0.5,
		ImageGB: 4, ImageVersions: Quantity{1, 7, 14},
		ReceivedMbps:   Quantity{0.5, 2, 4},
		TickOperations: 4,
	}
}

// Quantity is an amount: at least, in a typical month, at most.
type Quantity struct {
	Least   float64 `json:"least"`
	Typical float64 `json:"typical"`
	Most    float64 `json:"most"`
}

// same is an amount that is always the same.
func same(amount float64) Quantity { return Quantity{amount, amount, amount} }

func (q Quantity) times(factor float64) Quantity {
	return Quantity{q.Least * factor, q.Typical * factor, q.Most * factor}
}

func (q Quantity) plus(other Quantity) Quantity {
	return Quantity{q.Least + other.Least, q.Typical + other.Typical, q.Most + other.Most}
}

// Line is one thing that is paid for.
type Line struct {
	// Part is the part of the environment, Item what is paid for.
	Part string `json:"part"`
	Item string `json:"item"`
	// Amount is how much of it a month, in Unit.
	Amount Quantity `json:"amount"`
	Unit   string   `json:"unit"`
	// Price is of one unit.
	Price float64 `json:"price"`
	// Month is what it costs in a month.
	Month Quantity `json:"month"`
	// Estimate says that the price has no source.
	Estimate bool `json:"estimate"`
}

// Rate is what is paid by use.
type Rate struct {
	// Item says what is paid for, and what the price takes for granted.
	Item string `json:"item"`
	// Price is at least, typical, at most, of one Unit.
	Price    Quantity `json:"price"`
	Unit     string   `json:"unit"`
	Estimate bool     `json:"estimate"`
}

// Estimate is the whole.
type Estimate struct {
	Environment string `json:"environment"`
	Location    string `json:"location"`
	Currency    string `json:"currency"`
	// Prices is the day of the prices.
	Prices string `json:"prices"`
	Note   string `json:"note"`
	Lines  []Line `json:"lines"`
	// Total is the sum of the lines, a month.
	Total Quantity `json:"total"`
	// Rates are in no sum.
	Rates []Rate `json:"rates"`
	// Assumed is what the typical month takes for granted, in words.
	Assumed []string `json:"assumed"`
}

// estimator collects lines, and every price that is missing.
type estimator struct {
	env     environment.Environment
	list    prices.List
	assumed Assumptions
	lines   []Line
	missing []error
}

// Of estimates an environment. The error names every price that the list lacks, and how to add it.
func Of(env environment.Environment, list prices.List, assumed Assumptions, rules Rules) (Estimate, error) {
	e := &estimator{env: env, list: list, assumed: assumed}
	e.bridges()
	e.cluster()
	e.addresses()
	e.balancers()
	e.reaper()
	e.logs()
	e.watch(rules)
	rates := e.rates()
	if err := errors.Join(e.missing...); err != nil {
		return Estimate{}, fmt.Errorf("estimating %s: %w", env.Name, err)
	}
	total := Quantity{}
	for _, line := range e.lines {
		total = total.plus(line.Month)
	}
	return Estimate{
		Environment: env.Name, Location: env.Location, Currency: list.Currency, Prices: list.Date, Note: list.Note,
		Lines: e.lines, Total: total, Rates: rates, Assumed: e.assumptions(),
	}, nil
}

// price looks one up and remembers what is missing.
func (e *estimator) price(name string) prices.Price {
	found, err := e.list.Of(name, e.env.Location)
	if err != nil {
		for _, told := range e.missing {
			if told.Error() == err.Error() {
				return found
			}
		}
		e.missing = append(e.missing, err)
	}
	return found
}

// add adds a line.
func (e *estimator) add(part, item, price string, amount Quantity) {
	found := e.price(price)
	e.lines = append(e.lines, Line{
		Part: part, Item: item, Amount: amount, Unit: found.Unit, Price: found.Price, Month: amount.times(found.Price),
		Estimate: found.Estimate,
	})
}

package demand

import (
	_ "embed" // the file
	"errors"
	"fmt"
	"maps"
	"slices"

	strictjson "sigs.k8s.io/json"
)

//go:embed mix.json
var mixFile []byte

// The sets of seeds. A policy is chosen by the days of the one, and judged by those of the other, which nobody looked at before.
const (
	Tuning  = "tuning"
	HeldOut = "heldOut"
)

// apart is how far apart the seeds of two cells are: with more days a cell, those that it had stay the same.
const apart = 1000

// Mix is a collection of days by which policies are compared: kinds of days, each in several sizes.
type Mix struct {
	// Kinds are how often each kind occurs, against the others.
	Kinds map[Kind]float64 `json:"kinds"`
	// Peaks are the loads at the busiest time, in bridges a shard, each as often as another.
	Peaks []float64 `json:"peaks"`
	// Seeds are the sets of seeds, by name.
	Seeds map[string]Seeds `json:"seeds"`
}

// Seeds is a set of seeds.
type Seeds struct {
	// From is the first seed of the first cell, Each how many days are drawn for a cell.
	From uint64 `json:"from"`
	Each int    `json:"each"`
}

// Cell is one kind in one size. The weights of a mix's cells add up to 1.
type Cell struct {
	Kind         Kind
	Peak, Weight float64
}

// StandardMix is the mix that the program carries.
func StandardMix() (Mix, error) { return ParseMix(mixFile) }

// ParseMix reads a mix of the same form as mix.json, strictly. The error names everything that is wrong.
func ParseMix(text []byte) (Mix, error) {
	var m Mix
	strict, err := strictjson.UnmarshalStrict(text, &m)
	if err != nil {
		return Mix{}, fmt.Errorf("reading the mix of days: %w", err)
	}
	if err := errors.Join(slices.Concat(strict, m.shares(), m.sizes(), m.sets(), m.shared())...); err != nil {
		return Mix{}, fmt.Errorf("the mix of days: %w", err)
	}
	return m, nil
}

// shares is what is wrong with the kinds' weights.
func (m Mix) shares() []error {
	var all []error
	for _, kind := range slices.Sorted(maps.Keys(m.Kinds)) {
		if !kind.known() {
			all = append(all, fmt.Errorf("kinds.%s is not one of %v", kind, Kinds()))
		}
		if w := m.Kinds[kind]; !(w >= 0.001 && w <= 1000) {
			all = append(all, fmt.Errorf("kinds.%s is %v: allowed are 0.001 to 1000", kind, w))
		}
	}
	if len(m.Kinds) == 0 {
		all = append(all, fmt.Errorf("kinds is empty: at least one of %v", Kinds()))
	}
	return all
}

// sizes is what is wrong with the peaks.
func (m Mix) sizes() []error {
	var all []error
	for i, peak := range m.Peaks {
		if !(peak > 0 && peak <= maxPeak) {
			all = append(all, fmt.Errorf("peaks[%d] is %v: allowed is above 0, up to %v bridges", i, peak, maxPeak))
		}
		if slices.Contains(m.Peaks[:i], peak) {
			all = append(all, fmt.Errorf("peaks[%d] is %v, which is there already", i, peak))
		}
	}
	if len(m.Peaks) == 0 || len(m.Peaks) > 100 {
		all = append(all, fmt.Errorf("peaks are %d: allowed are 1 to 100", len(m.Peaks)))
	}
	return all
}

// sets is what is wrong with the sets of seeds, each for itself.
func (m Mix) sets() []error {
	var all []error
	for _, name := range slices.Sorted(maps.Keys(m.Seeds)) {
		if name != Tuning && name != HeldOut {
			all = append(all, fmt.Errorf("seeds.%s is neither %s nor %s", name, Tuning, HeldOut))
		}
	}
	for _, name := range []string{Tuning, HeldOut} {
		s, there := m.Seeds[name]
		if !there {
			all = append(all, fmt.Errorf("seeds.%s is missing", name))
			continue
		}
		if s.From < 1 || s.From > 1<<53 {
			all = append(all, fmt.Errorf("seeds.%s.from is %d: allowed are 1 to 2^53", name, s.From))
		}
		if s.Each < 1 || s.Each > apart {
			all = append(all, fmt.Errorf("seeds.%s.each is %d: allowed are 1 to %d", name, s.Each, apart))
		}
	}
	return all
}

// shared is wrong if a day of one set could be one of the other. Each set takes, from its first seed on, as many as its cells need.
func (m Mix) shared() []error {
	cells := len(m.Cells())
	low, high := m.Seeds[Tuning].From, m.Seeds[HeldOut].From
	between, taken := max(low, high)-min(low, high), uint64(cells)*apart
	if between >= taken {
		return nil
	}
	return []error{fmt.Errorf("seeds: %s and %s are %d apart, and would share some: %d cells need %d",
		Tuning, HeldOut, between, cells, taken)}
}

// Cells are the cells, kind by kind in the order of [Kinds], and in each by the order of the peaks.
func (m Mix) Cells() []Cell {
	total := 0.0
	for _, kind := range Kinds() {
		total += m.Kinds[kind]
	}
	var all []Cell
	for _, kind := range Kinds() {
		weight, there := m.Kinds[kind]
		if !there {
			continue
		}
		for _, peak := range m.Peaks {
			all = append(all, Cell{Kind: kind, Peak: peak, Weight: weight / total / float64(len(m.Peaks))})
		}
	}
	return all
}

// Each is how many days of a set are drawn for a cell; 0 of a set that does not exist.
func (m Mix) Each(set string) int { return m.Seeds[set].Each }

// Seed is the seed of a cell's i-th day in a set, both counted from 0; 0 of a set that does not exist. No two are the same.
func (m Mix) Seed(set string, cell, i int) uint64 {
	seeds, there := m.Seeds[set]
	if !there {
		return 0
	}
	return seeds.From + uint64(cell)*apart + uint64(i)
}

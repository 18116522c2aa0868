package capacity

import (
	_ "embed" // the file
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	strictjson "sigs.k8s.io/json"
)

//go:embed capacity.json
var file []byte

// assumption is the source of a figure that nobody published. Such a figure says in its note what it is.
const assumption = "assumption"

// document is the file as it is written.
type document struct {
	Note    string                `json:"note"`
	Figures map[string]figure     `json:"figures"`
	Spans   map[string]spanFigure `json:"spans"`
}

type origin struct {
	Unit   string `json:"unit"`
	Source string `json:"source"`
	Note   string `json:"note,omitempty"`
}

type figure struct {
	Value float64 `json:"value"`
	origin
}

type spanFigure struct {
	Least float64 `json:"least"`
	Usual float64 `json:"usual"`
	Most  float64 `json:"most"`
	origin
}

// Load reads the file that the program carries.
func Load() (Model, error) { return Parse(file) }

// Parse reads a file of the same form as capacity.json, for who has measured his own bridges. It is strict: every figure must be
// there, in its unit, within its bounds, with a source; what it does not know is an error. The error names everything that is wrong.
func Parse(text []byte) (Model, error) {
	var d document
	strict, err := strictjson.UnmarshalStrict(text, &d)
	if err != nil {
		return Model{}, fmt.Errorf("reading the capacity figures: %w", err)
	}
	var m Model
	all := slices.Concat(strict, d.figures(&m), d.spans(&m))
	if len(all) == 0 {
		all = m.contradictions()
	}
	if err := errors.Join(all...); err != nil {
		return Model{}, fmt.Errorf("the capacity figures: %w", err)
	}
	return m, nil
}

// figures puts the figures into the model.
func (d document) figures(m *Model) []error {
	var all []error
	known := map[string]bool{}
	for _, e := range entries(m) {
		known[e.name] = true
		path := "figures." + e.name
		f, there := d.Figures[e.name]
		if !there {
			all = append(all, fmt.Errorf("%s is missing: %v to %v %s", path, e.least, e.most, e.unit))
			continue
		}
		all = append(all, f.problems(path, e.unit)...)
		all = append(all, e.wrong(path, f.Value)...)
		e.set(f.Value)
	}
	return append(all, unknown("figures", d.Figures, known)...)
}

// spans puts the spans into the model.
func (d document) spans(m *Model) []error {
	var all []error
	known := map[string]bool{}
	for _, e := range spanEntries(m) {
		known[e.name] = true
		path := "spans." + e.name
		f, there := d.Spans[e.name]
		if !there {
			all = append(all, fmt.Errorf("%s is missing: least, usual and most, in seconds", path))
			continue
		}
		all = append(all, f.problems(path, seconds)...)
		if !(f.Least >= 1 && f.Least <= f.Usual && f.Usual <= f.Most && f.Most <= longest) {
			all = append(all, fmt.Errorf("%s is %v, %v, %v: least, usual and most go up, from 1 and up to %v seconds",
				path, f.Least, f.Usual, f.Most, longest))
			continue
		}
		*e.into = Span{Least: duration(f.Least), Usual: duration(f.Usual), Most: duration(f.Most)}
	}
	return append(all, unknown("spans", d.Spans, known)...)
}

// problems is what is wrong with where a figure comes from.
func (o origin) problems(path, unit string) []error {
	var all []error
	if o.Unit != unit {
		all = append(all, fmt.Errorf("%s.unit is %q: it is given in %q", path, o.Unit, unit))
	}
	if o.Source == "" {
		all = append(all, fmt.Errorf("%s.source is empty: say where the figure is from, or %q with a note", path, assumption))
	}
	if o.Source == assumption && o.Note == "" {
		all = append(all, fmt.Errorf("%s.note is empty: say what is assumed", path))
	}
	return all
}

// wrong is what is wrong with a value.
func (e entry) wrong(path string, value float64) []error {
	var all []error
	if !(value >= e.least && value <= e.most) {
		all = append(all, fmt.Errorf("%s.value is %v: allowed are %v to %v %s", path, value, e.least, e.most, e.unit))
	}
	if e.whole && value != math.Trunc(value) {
		all = append(all, fmt.Errorf("%s.value is %v: it must be a whole number", path, value))
	}
	return all
}

// contradictions is what is wrong between figures that are right each for itself.
func (m Model) contradictions() []error {
	var all []error
	l := m.load
	if l.idleCPU >= l.fullCPU {
		all = append(all, fmt.Errorf("figures.idleCPU is %v, figures.fullCPU %v: a full bridge is busier", l.idleCPU, l.fullCPU))
	}
	if l.small > l.stage {
		all = append(all, fmt.Errorf("figures.smallPackets is %v, figures.stagePackets %v: the stage has the larger video",
			l.small, l.stage))
	}
	if l.cameras > l.people {
		all = append(all, fmt.Errorf("figures.ordinaryCameras is %v, of %v people", l.cameras, l.people))
	}
	return all
}

// unknown are the names in a section that nobody asked for.
func unknown[V any](section string, given map[string]V, known map[string]bool) []error {
	var all []error
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if !known[name] {
			all = append(all, fmt.Errorf("%s.%s is not a figure of the model: %v", section, name, slices.Sorted(maps.Keys(known))))
		}
	}
	return all
}

func duration(s float64) time.Duration {
	return time.Duration(math.Round(s * float64(time.Second)))
}

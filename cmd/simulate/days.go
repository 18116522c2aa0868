package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/internal/windowszone"
	"jitsi-meet-azure/simulation/capacity"
	"jitsi-meet-azure/simulation/demand"
	"jitsi-meet-azure/simulation/study"
)

// mix is the name of all days together; tuning and heldOut are its two sets of seeds.
const mix, tuning, heldOut = "mix", "tuning", "heldOut"

// simulation is what is to be simulated.
type simulation struct {
	options options
	env     environment.Environment
	model   capacity.Model
	plan    study.Plan
	// subject says in words what is simulated; cells are those of a mix.
	subject string
	cells   []demand.Cell
}

// days fills the plan with days: one for each shard, or those of the mix, which are of one shard each.
func (s *simulation) days() error {
	zone, err := windowszone.Load(s.env.Autoscale.Recycle.TimeZone)
	if err != nil {
		return fmt.Errorf("the time zone of the recycle: %w", err)
	}
	switch {
	case s.options.trace != "":
		return s.traced(zone)
	case s.options.day == mix:
		return s.mixed(zone)
	}
	if !slices.Contains(demand.Kinds(), demand.Kind(s.options.day)) {
		return fmt.Errorf("-day: there is no kind %q; there are %s and %s", s.options.day, kinds(), mix)
	}
	order := s.order(demand.Kind(s.options.day), s.options.peak*float64(len(s.env.Shards)), s.options.seed, zone)
	made, err := demand.Make(order)
	if err != nil {
		return err
	}
	s.split(made, title(order, s.options.peak), replay(order, s.options.peak))
	s.subject = fmt.Sprintf("%s, %s, seed %d, peak %.3g bridges a shard",
		order.Kind.Title(), made.Midnight.Format("Monday 2006-01-02"), order.Seed, s.options.peak)
	return nil
}

// split spreads the rooms of a day over the shards. Again is what simulates all of them again.
func (s *simulation) split(d demand.Day, name, again string) {
	for i, part := range d.Split(len(s.env.Shards)) {
		s.plan.Days = append(s.plan.Days, study.Day{
			Name: fmt.Sprintf("%s, shard %s", name, s.env.Shards[i].Name), Again: again, Weight: 1,
			Make: func() (demand.Day, error) { return part, nil },
		})
	}
}

func (s *simulation) order(kind demand.Kind, peak float64, seed uint64, zone *time.Location) demand.Order {
	people, cameras := kind.Meeting()
	each := s.model.Each(capacity.Conference{Participants: people, Cameras: cameras})
	return demand.Order{Kind: kind, Seed: seed, Peak: peak, ParticipantStress: each, Zone: zone}
}

// title names a day, with a peak in bridges a shard.
func title(o demand.Order, peak float64) string {
	return fmt.Sprintf("%s day, seed %d, peak %g", o.Kind, o.Seed, peak)
}

// replay is the part of a command line that simulates a day again, with a peak in bridges a shard.
func replay(o demand.Order, peak float64) string {
	return fmt.Sprintf("-day %s -seed %d -peak %g", o.Kind, o.Seed, peak)
}

func kinds() string {
	names := make([]string, 0, len(demand.Kinds()))
	for _, k := range demand.Kinds() {
		names = append(names, string(k))
	}
	return strings.Join(names, ", ")
}

// traced reads a trace and spreads its rooms over the shards.
func (s *simulation) traced(zone *time.Location) error {
	file, err := os.Open(s.options.trace)
	if err != nil {
		return fmt.Errorf("reading the trace: %w", err)
	}
	defer func() { _ = file.Close() }() // It was only read.
	day, err := demand.Trace(filepath.Base(s.options.trace), file, zone)
	if err != nil {
		return err
	}
	s.split(day, s.options.trace, "-trace "+s.options.trace)
	s.subject = fmt.Sprintf("%s, %d visits from %s on", day.Name, len(day.Visits), day.Midnight.Format(time.DateOnly))
	return nil
}

// mixed are the days of the standard mix.
func (s *simulation) mixed(zone *time.Location) error {
	standard, err := demand.StandardMix()
	if err != nil {
		return err
	}
	if s.options.set != tuning && s.options.set != heldOut {
		return fmt.Errorf("-seeds: %q is neither %s nor %s", s.options.set, tuning, heldOut)
	}
	if s.options.days < 1 {
		s.options.days = standard.Each(s.options.set)
	}
	s.cells = standard.Cells()
	// Weights are such that an average day counts for one.
	each := float64(len(s.cells))
	for c, cell := range s.cells {
		for i := range s.options.days {
			order := s.order(cell.Kind, cell.Peak, standard.Seed(s.options.set, c, i), zone)
			s.plan.Days = append(s.plan.Days, study.Day{
				Name:  title(order, order.Peak),
				Again: replay(order, order.Peak) + " -shards 1",
				Cell:  c, Weight: cell.Weight * each,
				Make: func() (demand.Day, error) { return demand.Make(order) },
			})
		}
	}
	s.subject = fmt.Sprintf("the standard mix, %d days of one shard, %s seeds", len(s.plan.Days), s.options.set)
	return nil
}

// recycle is the time of day of the recycle.
func recycle(r environment.Recycle) time.Duration {
	return time.Duration(r.Hour)*time.Hour + time.Duration(r.Minute)*time.Minute
}

// progress tells every few seconds how far it is.
type progress struct {
	out io.Writer

	mu   sync.Mutex
	told time.Time
}

const tellEvery = 5 * time.Second

func (p *progress) tell(done, total int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.told.IsZero() {
		p.told = time.Now()
	}
	if time.Since(p.told) >= tellEvery {
		p.told = time.Now()
		fmt.Fprintf(p.out, "%d of %d simulations are done\n", done, total)
	}
}

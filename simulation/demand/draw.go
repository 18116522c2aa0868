package demand

import (
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"strconv"
	"time"
)

// maxPeak is the largest peak of a day, in bridges: far more than the addresses of a shard.
const maxPeak = 100.0

// maxPeople is how many people a day may have at once, so that it fits into memory.
const maxPeople = 50_000

// warmup is the time before a drawn day whose visits are drawn too.
const warmup = 4 * time.Hour

// Order says which day is wanted.
type Order struct {
	Kind Kind
	// Seed draws the day, its date included. The same order gives the same day on every machine.
	Seed uint64
	// Peak is the load of the shard at the day's busiest time that is expected, in bridges: above 0, up to 100. The crowd of a flash
	// day and the listeners of a webinar come on top.
	Peak float64
	// ParticipantStress is what one participant is planned with, in bridges: that of the kind's ordinary meeting, [Kind.Meeting].
	ParticipantStress float64
	// Zone is where the people live.
	Zone *time.Location
}

// problems is everything that is wrong with an order.
func (o Order) problems() error {
	var all []error
	if !o.Kind.known() {
		all = append(all, fmt.Errorf("kind is %q, not one of %v", string(o.Kind), Kinds()))
	}
	if !(o.Peak > 0 && o.Peak <= maxPeak) {
		all = append(all, fmt.Errorf("peak is %v: allowed is above 0, up to %v bridges", o.Peak, maxPeak))
	}
	if !(o.ParticipantStress >= 0.0001 && o.ParticipantStress <= 1) {
		all = append(all, fmt.Errorf("participant stress is %v: allowed are 0.0001 to 1 of a bridge", o.ParticipantStress))
	}
	if people := o.Peak / o.ParticipantStress; len(all) == 0 && people > maxPeople {
		all = append(all, fmt.Errorf("peak / participant stress are %.0f people: allowed are up to %v", people, maxPeople))
	}
	if o.Zone == nil {
		all = append(all, errors.New("zone is missing"))
	}
	return errors.Join(all...)
}

// Make draws a day. Meetings arrive as a Poisson process whose rate follows the kind's curve by the local clock; people come and go
// with their meeting. All times are whole seconds. The error names everything that is wrong with the order.
func Make(o Order) (Day, error) {
	if err := o.problems(); err != nil {
		return Day{}, fmt.Errorf("the order of a day: %w", err)
	}
	p := o.Kind.pattern()
	stream := fnv.New64a()
	stream.Write([]byte(o.Kind))
	d := drawing{pattern: p, rng: rand.New(rand.NewPCG(o.Seed, stream.Sum64()))} //nolint:gosec // a simulation, not a secret
	first := date(d.rng, p, o.Zone)
	d.day = Day{
		Name: string(o.Kind), Seed: o.Seed, Planned: o.Peak, Midnight: first, Warmup: warmup, Length: length(first, p.days, o.Zone),
	}
	d.suffix = fmt.Sprintf("-%s-%d-", first.Format(time.DateOnly), o.Seed)
	people := o.Peak / o.ParticipantStress
	if o.Kind == School {
		d.lessons(people)
	} else {
		d.meetings(people)
	}
	switch o.Kind {
	case Webinar:
		d.webinar()
	case Flash:
		d.flash()
	default:
	}
	return d.day.canonical(), nil
}

// drawing is a day that is being drawn.
type drawing struct {
	pattern
	rng *rand.Rand
	day Day
	// suffix is what the names of the day's rooms have in common.
	suffix string
}

// meetings draws those that arrive one by one along the curve, so that a peak of so many people is to be expected.
func (d *drawing) meetings(people float64) {
	const slot = 30 * time.Minute
	rate := d.rate(people)
	d.reserve(rate)
	for at := -d.day.Warmup; at < d.day.Length; at += slot {
		local := d.day.Midnight.Add(at)
		for range d.poisson(float64(rate * float64(d.weight(local.Hour(), local.Minute())))) {
			begin := at
			if d.rng.IntN(100) >= d.sharp {
				begin += d.within(0, slot-time.Second)
			}
			d.meeting("meeting", begin, d.pick(d.sizes), time.Duration(d.pick(d.lengths))*time.Minute)
		}
	}
}

// reserve makes room for the visits of a day at this rate, and for some more: growing by steps would take longer than drawing.
func (d *drawing) reserve(rate float64) {
	weights := 0
	for hour := range d.hours {
		weights += d.weight(hour, 0) + d.weight(hour, 30)
	}
	size, _ := moments(d.sizes)
	whole := (d.day.Length + d.day.Warmup).Hours() / 24
	d.day.Visits = make([]Visit, 0, int(1.2*whole*rate*float64(weights)*size)+1000)
}

// meeting draws one in a room of its own.
func (d *drawing) meeting(name string, begin time.Duration, people int, length time.Duration) {
	room := d.room(name)
	for range people {
		join := begin + d.within(-d.early, d.late)
		leave := begin + length + d.within(0, 2*time.Minute)
		if d.rng.IntN(100) < d.restless {
			leave = begin + d.within(max(length/2, d.late+time.Minute), length)
		}
		d.visit(room, join, leave, d.rng.IntN(100) < d.cameras)
	}
}

// period is when a lesson begins, and how many percent of the classes have it.
type period struct{ hour, minute, held int }

func timetable() []period {
	return []period{{8, 0, 80}, {8, 50, 95}, {9, 45, 95}, {10, 35, 95}, {11, 25, 80}, {12, 15, 50}}
}

// lessons draws a school: its classes, each in a room of its own all morning, and which of them has which lesson.
func (d *drawing) lessons(people float64) {
	const lesson = 45 * time.Minute
	mean, _ := moments(d.sizes)
	for range d.poisson(d.expected(people) / mean) {
		room, pupils := d.room("class"), d.pick(d.sizes)
		for _, l := range timetable() {
			if d.rng.IntN(100) >= l.held {
				continue
			}
			begin := d.day.clock(l.hour, l.minute)
			for range pupils {
				end := begin + lesson - d.within(0, time.Minute)
				if d.rng.IntN(100) < d.restless {
					end = begin + d.within(lesson/2, lesson)
				}
				d.visit(room, begin+d.within(-d.early, d.late), end, d.rng.IntN(100) < d.cameras)
			}
		}
	}
}

// webinar adds the webinar.
func (d *drawing) webinar() {
	const audience, speakers = 500, 3
	room, begin, end := d.room("webinar"), d.day.clock(16, 0), d.day.clock(17, 0)
	for i := range audience {
		leave := end + d.within(0, 2*time.Minute)
		if i >= speakers && d.rng.IntN(100) < d.restless {
			leave = begin + d.within(10*time.Minute, end-begin)
		}
		d.visit(room, begin+d.within(-10*time.Minute, 5*time.Minute), leave, i < speakers)
	}
}

// flash adds the flash crowd, whose people stay 30 to 60 minutes.
func (d *drawing) flash() {
	const rooms, people = 30, 10
	begin := d.day.clock(9, 0) + time.Duration(d.rng.IntN(8*60))*time.Minute
	for range rooms {
		room := d.room("flash")
		for range people {
			join := begin + d.within(0, 2*time.Minute-time.Second)
			d.visit(room, join, join+d.within(30*time.Minute, time.Hour), d.rng.IntN(100) < d.cameras)
		}
	}
}

// room adds a room. Its name has the day's date and seed in it: rooms of the same names every day would be on the same shards
// every day.
func (d *drawing) room(name string) int {
	d.day.Rooms = append(d.day.Rooms, name+d.suffix+strconv.Itoa(len(d.day.Rooms)+1))
	return len(d.day.Rooms) - 1
}

// visit adds a visit, unless somebody else's day begins with it.
func (d *drawing) visit(room int, join, leave time.Duration, camera bool) {
	join = max(join, -d.day.Warmup)
	if join < d.day.Length && leave > join {
		d.day.Visits = append(d.day.Visits, Visit{Room: room, Join: join, Leave: leave, Camera: camera})
	}
}

// within draws whole seconds, both bounds included.
func (d *drawing) within(least, most time.Duration) time.Duration {
	return least + time.Duration(d.rng.Int64N(int64((most-least)/time.Second)+1))*time.Second
}

// pick draws one of the choices.
func (d *drawing) pick(all []choice) int {
	total := 0
	for _, c := range all {
		total += c.weight
	}
	left := d.rng.IntN(total)
	for _, c := range all {
		if left -= c.weight; left < 0 {
			return c.value
		}
	}
	return all[len(all)-1].value
}

// poisson draws a number with this mean. The mean is rounded first: the last bits of a sum of floating-point numbers differ between
// processors, and a day must not. It is drawn in parts, since the exponential of a large number is nothing.
func (d *drawing) poisson(mean float64) int {
	const part = 16
	n := 0
	for mean = math.Round(mean*1e6) / 1e6; mean > 0; mean -= part {
		limit := math.Exp(-min(mean, part))
		for product := d.rng.Float64(); product > limit; product *= d.rng.Float64() {
			n++
		}
	}
	return n
}

package people

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// Stay is one person's part in a meeting.
type Stay struct {
	User string
	// Room is the room as this person writes it: in capitals, or not.
	Room string
	// From and To are times on the clock.
	From, To time.Time
}

// Meeting is one that people mean to have.
type Meeting struct {
	// Room is the room's name in small letters. No two meetings have the same, except the nights of one that lasts.
	Room     string
	From, To time.Time
	Stays    []Stay
	// Lasting says that the meeting is one of the curve's own.
	Lasting bool
}

// Bounds of ordinary meetings.
const (
	minPeople, maxPeople     = 2, 40
	minDuration, maxDuration = 10 * time.Minute, 90 * time.Minute
	// shortest is the shortest stay, for whoever comes late and leaves early. On a clock that runs 144 times as fast it takes two
	// seconds, in which somebody can still get in on a busy machine.
	shortest = 5 * time.Minute
)

// Plan is who wants to meet whom between two times: the same for the same arguments. As soon as there are fewer people than the
// day's curve wants, somebody calls another meeting; meetings begin before until and may last longer. Times of day are those of the
// location of from.
func Plan(day Curve, peak int, seed uint64, from, until time.Time) []Meeting {
	if !from.Before(until) {
		return nil
	}
	//nolint:gosec // A plan must be the same each time; there is nothing to guess in it.
	p := &planner{random: rand.New(rand.NewPCG(seed, 0)), from: from, until: until}
	p.last(day.Lasting)
	minutes := int(until.Sub(from)/time.Minute) + 1
	there := make([]int, minutes+int(maxDuration/time.Minute)+2)
	for minute := range minutes {
		at := from.Add(time.Duration(minute) * time.Minute)
		want := int(math.Round(float64(peak) * day.Share(sinceMidnight(at))))
		// Nobody's calendar has everybody at once, whenever the plan happens to begin.
		for room := 1 + peak/10; there[minute] < want && room > 0 && at.Before(until); {
			meeting := p.meeting(at)
			p.meetings = append(p.meetings, meeting)
			room -= len(meeting.Stays)
			for _, stay := range meeting.Stays {
				for present := int(stay.From.Sub(from) / time.Minute); present <= int(stay.To.Sub(from)/time.Minute); present++ {
					there[present]++
				}
			}
		}
	}
	slices.SortStableFunc(p.meetings, func(a, b Meeting) int { return a.From.Compare(b.From) })
	return p.meetings
}

type planner struct {
	random      *rand.Rand
	from, until time.Time
	meetings    []Meeting
	people      int
}

// between is a time from low to high.
func (p *planner) between(low, high time.Duration) time.Duration {
	return low + time.Duration(p.random.Int64N(int64(high-low)+1))
}

// meeting is an ordinary one.
func (p *planner) meeting(at time.Time) Meeting {
	duration := p.duration()
	m := Meeting{Room: fmt.Sprintf("%s-%d", pick(p.random, topics), len(p.meetings)), From: at, To: at.Add(duration)}
	if p.random.IntN(5) == 0 {
		m.Room = pick(p.random, tenants) + "/" + m.Room
	}
	for index := range p.size() {
		comes, goes := p.between(0, 2*time.Minute), p.between(-time.Minute, 0)
		if index == 0 {
			comes = 0
		}
		if p.random.IntN(10) == 0 {
			comes = p.between(0, duration/2)
		}
		if p.random.IntN(10) == 0 {
			goes = -p.between(0, duration/2)
		}
		stay := p.stay(m.Room, at.Add(comes), m.To.Add(goes))
		stay.To = later(stay.To, stay.From.Add(shortest))
		m.Stays = append(m.Stays, stay)
	}
	return m
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// size is how many people meet: mostly a handful.
func (p *planner) size() int {
	switch among := p.random.IntN(100); {
	case among < 15:
		return minPeople
	case among < 85:
		return 3 + p.random.IntN(6)
	case among < 97:
		return 9 + p.random.IntN(8)
	default:
		return 17 + p.random.IntN(maxPeople-16)
	}
}

// duration is how long they mean to: calendars offer half hours.
func (p *planner) duration() time.Duration {
	switch among := p.random.IntN(100); {
	case among < 20:
		return p.between(minDuration, 20*time.Minute)
	case among < 60:
		return p.between(25*time.Minute, 35*time.Minute)
	case among < 90:
		return p.between(40*time.Minute, 65*time.Minute)
	default:
		return p.between(65*time.Minute, maxDuration)
	}
}

func (p *planner) stay(name string, from, to time.Time) Stay {
	p.people++
	written := pick(p.random, []func(string) string{same, same, strings.ToUpper, capital})(name)
	return Stay{User: fmt.Sprintf("user-%05d", p.people), Room: written, From: from, To: to}
}

func same(text string) string    { return text }
func capital(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

func pick[T any](random *rand.Rand, from []T) T { return from[random.IntN(len(from))] }

var (
	topics  = []string{"standup", "planning", "review", "interview", "lecture", "retro", "sales", "support", "board", "coffee"}
	tenants = []string{"north", "south", "school"}
)

// last plans the lasting meetings, those included that have already been going on.
func (p *planner) last(meetings []Lasting) {
	for _, lasting := range meetings {
		year, month, date := p.from.Date()
		for midnight := date - 1; ; midnight++ {
			at := func(since time.Duration, on int) time.Time {
				return time.Date(year, month, on, 0, 0, int(since/time.Second), 0, p.from.Location())
			}
			m := Meeting{Room: strings.ToLower(lasting.Room), From: at(lasting.From, midnight), To: at(lasting.To, midnight), Lasting: true}
			if lasting.To < lasting.From {
				m.To = at(lasting.To, midnight+1)
			}
			if !m.From.Before(p.until) {
				break
			}
			if m.From = later(m.From, p.from); m.To.Sub(m.From) < shortest {
				continue
			}
			for range lasting.People {
				m.Stays = append(m.Stays, p.stay(m.Room, m.From.Add(p.between(0, time.Minute)), m.To))
			}
			p.meetings = append(p.meetings, m)
		}
	}
}

// stays are all people's, in the order in which they come.
func stays(meetings []Meeting) []Stay {
	var all []Stay
	for _, m := range meetings {
		all = append(all, m.Stays...)
	}
	slices.SortStableFunc(all, func(a, b Stay) int { return cmp.Or(a.From.Compare(b.From), strings.Compare(a.User, b.User)) })
	return all
}

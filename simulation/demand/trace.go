package demand

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// What a trace may be at most. A year that somebody mistyped must not become a thousand years of simulation.
const (
	// MaxTraceBytes is how long it may be.
	MaxTraceBytes = 64 << 20
	// MaxTraceDays is how many days may lie between its first line and its last, both included.
	MaxTraceDays = 31
	// maxName is how long the name of a room or of a user may be, in bytes.
	maxName = 256
	// shown is how many problems are listed.
	shown = 20
)

// localTime is a time of the local clock. Lines can have times with an offset too (RFC 3339).
const localTime = "2006-01-02 15:04:05"

// header is a trace's first line.
func header() []string { return []string{"time", "event", "room", "user", "camera"} }

// Trace reads a day, or several days, from what happened: CSV with the columns time, event, room, user, camera. Times are of RFC 3339,
// or of the local clock as 2006-01-02 15:04:05, and never go back; an event is join or leave; camera is true, false or empty, which
// means false, and counts where somebody joins. A user can be in several rooms, but in each only once at a time.
//
// The days are those from the first line to the last join, and who never leaves stays to their end. The error names what is wrong,
// line by line.
func Trace(name string, r io.Reader, zone *time.Location) (Day, error) {
	if zone == nil {
		return Day{}, errors.New("the trace: zone is missing")
	}
	t := trace{zone: zone, rooms: map[string]int{}, present: map[stay]session{}}
	t.read(r)
	if err := t.error(); err != nil {
		return Day{}, fmt.Errorf("the trace %s: %w", name, err)
	}
	return t.finish(name), nil
}

// stay is who is where.
type stay struct{ room, user string }

// trace is a trace that is being read.
type trace struct {
	zone *time.Location
	day  Day
	// last is the time of the last line, joined that of the last join since midnight.
	last    time.Time
	joined  time.Duration
	rooms   map[string]int
	present map[stay]session

	problems []error
	more     int
}

// wrong notes a problem with a line; line 0 is the whole trace.
func (t *trace) wrong(line int, problem error) {
	switch {
	case len(t.problems) == shown:
		t.more++
	case line == 0:
		t.problems = append(t.problems, problem)
	default:
		t.problems = append(t.problems, fmt.Errorf("line %d: %w", line, problem))
	}
}

func (t *trace) error() error {
	if t.more > 0 {
		return errors.Join(append(t.problems, fmt.Errorf("and %d more", t.more))...)
	}
	return errors.Join(t.problems...)
}

// read reads the lines.
func (t *trace) read(r io.Reader) {
	limited := &io.LimitedReader{R: r, N: MaxTraceBytes + 1}
	lines := csv.NewReader(limited)
	lines.FieldsPerRecord = -1 // wrong says it, with all others
	lines.ReuseRecord = true
	for first := true; ; first = false {
		fields, err := lines.Read()
		if limited.N == 0 {
			t.wrong(0, fmt.Errorf("is longer than %d bytes", MaxTraceBytes))
			return
		}
		if errors.Is(err, io.EOF) {
			if len(t.rooms) == 0 && len(t.problems) == 0 {
				t.wrong(0, errors.New("nobody joins"))
			}
			return
		}
		if err != nil {
			t.wrong(0, err) // it has the line; what follows cannot be told apart
			return
		}
		line, _ := lines.FieldPos(0)
		switch {
		case first && !slices.Equal(fields, header()):
			t.wrong(line, fmt.Errorf("is %q: the first line is %s", strings.Join(fields, ","), strings.Join(header(), ",")))
			return
		case first:
		case len(fields) != len(header()):
			t.wrong(line, fmt.Errorf("has %d fields, not the %d of %s", len(fields), len(header()), strings.Join(header(), ",")))
		default:
			t.line(line, fields)
		}
	}
}

// line takes in a line.
func (t *trace) line(line int, fields []string) {
	before := len(t.problems) + t.more
	at, err := moment(fields[0], t.last, t.zone)
	if err != nil {
		t.wrong(line, fmt.Errorf("time is %q: %w", fields[0], err))
	}
	join := fields[1] == "join"
	if !join && fields[1] != "leave" {
		t.wrong(line, fmt.Errorf("event is %q, not join or leave", fields[1]))
	}
	t.named(line, "room", fields[2])
	t.named(line, "user", fields[3])
	if !slices.Contains([]string{"", "true", "false"}, fields[4]) {
		t.wrong(line, fmt.Errorf("camera is %q, not true, false or empty", fields[4]))
	}
	if len(t.problems)+t.more == before {
		t.happens(line, at, join, stay{room: fields[2], user: fields[3]}, fields[4] == "true")
	}
}

// named checks the name of a room or of a user.
func (t *trace) named(line int, what, name string) {
	switch {
	case name == "" || len(name) > maxName:
		t.wrong(line, fmt.Errorf("%s is a name of %d bytes: allowed are 1 to %d", what, len(name), maxName))
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		t.wrong(line, fmt.Errorf("%s is %q: control characters and what is not UTF-8 are not allowed", what, name))
	}
}

// session is somebody in a room, with how many connections.
type session struct {
	Visit

	open int
}

// happens lets somebody join or leave.
func (t *trace) happens(line int, at time.Time, join bool, who stay, camera bool) {
	if t.last.IsZero() {
		y, m, d := at.In(t.zone).Date()
		t.day.Midnight = midnight(y, m, d, t.zone)
	}
	if at.Before(t.last) {
		t.wrong(line, fmt.Errorf("time is %s, before that of the line above, %s",
			at.Format(time.RFC3339Nano), t.last.Format(time.RFC3339Nano)))
		return
	}
	t.last = at
	since := at.Sub(t.day.Midnight)
	if since >= length(t.day.Midnight, MaxTraceDays, t.zone) {
		t.wrong(line, fmt.Errorf("time is %s: a trace has at most %d days", at.Format(time.RFC3339Nano), MaxTraceDays))
		return
	}
	present, there := t.present[who]
	switch {
	case join && there:
		// A browser that connects anew is seen before its old connection is missed.
		present.open++
		t.present[who] = present
	case join:
		t.joins(who, since, camera)
	case !there:
		t.wrong(line, fmt.Errorf("user %q leaves room %q, where he is not", who.user, who.room))
	case present.open > 1:
		present.open--
		t.present[who] = present
	default:
		delete(t.present, who)
		// By a clock of seconds, somebody can leave at the moment at which he joined. He was not there.
		if present.Leave = since; present.Leave > present.Join {
			t.day.Visits = append(t.day.Visits, present.Visit)
		}
	}
}

// joins lets somebody join. His visit is complete when he leaves.
func (t *trace) joins(who stay, since time.Duration, camera bool) {
	room, known := t.rooms[who.room]
	if !known {
		room = len(t.day.Rooms)
		t.rooms[who.room] = room
		t.day.Rooms = append(t.day.Rooms, who.room)
	}
	t.present[who] = session{Visit: Visit{Room: room, Join: since, Camera: camera}, open: 1}
	t.joined = since
}

// finish makes the day.
func (t *trace) finish(name string) Day {
	d := t.day
	d.Name = name
	for days := 1; d.Length <= t.joined; days++ {
		d.Length = length(d.Midnight, days, t.zone)
	}
	for _, present := range t.present { // in any order: they are sorted
		present.Leave = d.Length
		d.Visits = append(d.Visits, present.Visit)
	}
	return d.canonical()
}

package demand

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"
)

// Write writes the day as a trace, which [Trace] reads as the same day. Its users are numbers. A trace has no time before its
// first day: visits that end in the warm-up are left out, and those that last into the day begin at midnight.
func (d Day) Write(w io.Writer) error {
	type event struct {
		at    time.Duration
		visit int
		join  bool
	}
	events := make([]event, 0, 2*len(d.Visits))
	for i, v := range d.Visits {
		if v.Leave > 0 {
			events = append(events, event{max(v.Join, 0), i, true}, event{v.Leave, i, false})
		}
	}
	slices.SortFunc(events, func(a, b event) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.visit, b.visit)) })
	out := csv.NewWriter(w)
	if err := out.Write(header()); err != nil {
		return fmt.Errorf("writing the trace: %w", err)
	}
	for _, e := range events {
		visit := d.Visits[e.visit]
		what, camera := "leave", ""
		if e.join {
			what, camera = "join", strconv.FormatBool(visit.Camera)
		}
		at := d.Midnight.Add(e.at).Format(time.RFC3339Nano)
		if err := out.Write([]string{at, what, d.Rooms[visit.Room], strconv.Itoa(e.visit + 1), camera}); err != nil {
			return fmt.Errorf("writing the trace: %w", err)
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("writing the trace: %w", err)
	}
	return nil
}

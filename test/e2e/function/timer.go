package function

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/robfig/cron/v3"
)

// occasion is a moment at which the function is due.
type occasion struct {
	// due is the moment, last the one of the run before; zero for the first.
	due, last time.Time
}

// parseSchedule reads a schedule of six fields, the first for seconds.
// Source: Azure docs, functions-bindings-timer, NCRONTAB expressions.
func parseSchedule(text string) (cron.Schedule, error) {
	parser := cron.NewParser(cron.Second | cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow)
	schedule, err := parser.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("the schedule %q: %w", text, err)
	}
	return schedule, nil
}

// following is the occasion after a run that began at a moment, and how many were left out: those that came due before the run
// began. One that came due while it went on is not left out: it comes at once. That is how the host's timer goes on, which
// reckons from the beginning of a run.
// Source: azure-webjobs-sdk-extensions, TimerListener.
func following(schedule cron.Schedule, now occasion, began time.Time) (next occasion, missed int) {
	// A moment later than the other, or the occasion itself would come again where the run began too early.
	from := began.UTC()
	if from.Before(now.due) {
		from = now.due
	}
	for at := schedule.Next(now.due); !at.IsZero() && !at.After(from); at = schedule.Next(at) {
		missed++
	}
	return occasion{due: schedule.Next(from), last: from}, missed
}

// invocation is what the host sends for a timer.
// Source: Azure docs, functions-custom-handlers; azure-webjobs-sdk-extensions, TimerInfo.
func invocation(function, id string, now occasion, began time.Time, pastDue bool) []byte {
	type status struct{ Last, LastUpdated, Next time.Time }
	type timer struct {
		Schedule       map[string]bool
		ScheduleStatus status
		IsPastDue      bool
	}
	body, _ := json.Marshal(map[string]any{ // Nothing in it can fail.
		"Data": map[string]timer{"timer": {
			Schedule:       map[string]bool{"AdjustForDST": true},
			ScheduleStatus: status{Last: now.last, LastUpdated: now.last, Next: now.due},
			IsPastDue:      pastDue,
		}},
		"Metadata": map[string]any{"sys": map[string]any{"MethodName": function, "UtcNow": began.UTC(), "RandGuid": id}},
	})
	return body
}

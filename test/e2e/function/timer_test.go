package function

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"jitsi-meet-azure/functions/reaper/host"
)

func at(t *testing.T, clock string) time.Time {
	t.Helper()
	read, err := time.Parse(time.RFC3339, "2026-03-04T"+clock+"Z")
	require.NoError(t, err)
	return read
}

func TestWhatComesAfterARun(t *testing.T) {
	t.Parallel()
	schedule, err := parseSchedule("0 * * * * *")
	require.NoError(t, err)
	for name, c := range map[string]struct {
		due, began, next string
		missed           int
	}{
		"on time":                            {"05:00:00", "05:00:00", "05:01:00", 0},
		"a little late":                      {"05:00:00", "05:00:20", "05:01:00", 0},
		"too early, by a clock's inaccuracy": {"05:00:00", "04:59:59", "05:01:00", 0},
		"with the next already due":          {"05:00:00", "05:01:00", "05:02:00", 1},
		"with two more due":                  {"05:00:00", "05:02:59", "05:03:00", 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			next, missed := following(schedule, occasion{due: at(t, c.due)}, at(t, c.began))
			assert.Equal(t, at(t, c.next), next.due)
			assert.Equal(t, c.missed, missed)
		})
	}
}

// Every occasion is run once or left out once, whatever the runs take.
func TestNoOccasionIsLost(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		schedule, err := parseSchedule(rapid.SampledFrom([]string{"0 * * * * *", "*/20 * * * * *", "30 */2 * * * *"}).Draw(t, "schedule"))
		require.NoError(t, err)
		start := time.Date(2026, time.March, 29, 0, 30, 0, 0, time.UTC)
		now, next, runs, missed := start, occasion{due: schedule.Next(start)}, 0, 0
		first := next.due
		for range 20 {
			if now.Before(next.due) {
				now = next.due
			}
			runs++
			var left int
			began := now
			now = now.Add(time.Duration(rapid.IntRange(0, 400).Draw(t, "seconds")) * time.Second)
			next, left = following(schedule, next, began)
			missed += left
		}
		occasions := 0
		for due := first; due.Before(next.due); due = schedule.Next(due) {
			occasions++
		}
		assert.Equal(t, occasions, runs+missed)
	})
}

func TestSchedules(t *testing.T) {
	t.Parallel()
	schedule, err := parseSchedule("15 30 4 * * *")
	require.NoError(t, err)
	assert.Equal(t, at(t, "04:30:15"), schedule.Next(at(t, "04:00:00")))
	for _, text := range []string{"", "* * * * *", "@hourly", "60 * * * * *", "x * * * * *"} {
		_, err := parseSchedule(text)
		assert.ErrorContains(t, err, "the schedule", text)
	}
}

// The reaper's own half of the contract reads what is sent.
func TestTheReaperUnderstandsTheInvocation(t *testing.T) {
	t.Parallel()
	for _, pastDue := range []bool{false, true} {
		var seen host.Invocation
		handler := host.Handler("reaper", func(_ context.Context, told host.Invocation) ([]string, error) {
			seen = told
			return nil, nil
		}, slog.New(slog.DiscardHandler))
		now := occasion{due: at(t, "05:01:00"), last: at(t, "05:00:00")}
		body := invocation("reaper", "5ca1ab1e", now, at(t, "05:01:02"), pastDue)
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/reaper", bytes.NewReader(body)))
		require.Equal(t, http.StatusOK, recorder.Code, "%s", recorder.Body)
		assert.Equal(t, host.Invocation{
			ID: "5ca1ab1e", Method: "reaper", UTCNow: at(t, "05:01:02"), PastDue: pastDue, Last: now.last, Next: now.due,
		}, seen)
	}
}

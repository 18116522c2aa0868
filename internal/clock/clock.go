// Package clock lets a day pass in minutes: a compressed clock shows a time of its own, which runs faster than the real one by
// a factor. It is for the system test, where many processes must agree on the time; everything else has the real clock.
package clock

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// MaxFactor bounds how fast a compressed clock may run. Beyond it a minute is less than a program needs to look around.
const MaxFactor = 1000

// Clock shows a time. The zero value shows the real one.
type Clock struct {
	// Factor is how many seconds pass on the clock in one real second, 1 to [MaxFactor].
	Factor float64
	// From is the real moment at which the clock showed Shows.
	From, Shows time.Time
}

// Start makes a clock that shows the given time now and runs from there.
func Start(shows time.Time, factor float64) (Clock, error) {
	c := Clock{Factor: factor, From: time.Now().Round(0), Shows: shows}
	return c, c.validate()
}

func (c Clock) validate() error {
	var problems []error
	if !(c.Factor >= 1 && c.Factor <= MaxFactor) {
		problems = append(problems, fmt.Errorf("the factor is %v; it must be 1 to %d", c.Factor, MaxFactor))
	}
	if c.From.IsZero() || c.Shows.IsZero() {
		problems = append(problems, errors.New("a compressed clock needs a real moment and what it showed then"))
	}
	return errors.Join(problems...)
}

// IsReal says that the clock is the real one.
func (c Clock) IsReal() bool { return c.Factor == 0 }

// Now is what the clock shows.
func (c Clock) Now() time.Time { return c.At(time.Now()) }

// At is what the clock shows at a real moment.
func (c Clock) At(moment time.Time) time.Time {
	if c.IsReal() {
		return moment
	}
	// Without Round the difference would use the monotonic clock in one process and not in another.
	return c.Shows.Add(c.Shown(moment.Round(0).Sub(c.From)))
}

// Real is how long a time on the clock takes in reality.
func (c Clock) Real(shown time.Duration) time.Duration {
	if c.IsReal() {
		return shown
	}
	return time.Duration(float64(shown) / c.Factor)
}

// Shown is how much passes on the clock in a real time.
func (c Clock) Shown(took time.Duration) time.Duration {
	if c.IsReal() {
		return took
	}
	return time.Duration(float64(took) * c.Factor)
}

// Moment is the real moment at which the clock shows a time.
func (c Clock) Moment(shown time.Time) time.Time {
	if c.IsReal() {
		return shown
	}
	return c.From.Add(c.Real(shown.Sub(c.Shows)))
}

// Sleep waits for a time on the clock, or until ctx ends; then it returns the context's error.
func (c Clock) Sleep(ctx context.Context, shown time.Duration) error {
	return pause(ctx, c.Real(shown))
}

// Until waits until the clock shows a time.
func (c Clock) Until(ctx context.Context, shown time.Time) error {
	return pause(ctx, time.Until(c.Moment(shown)))
}

func pause(ctx context.Context, how time.Duration) error {
	timer := time.NewTimer(how)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// String is the clock as text, for [Parse] in another process on the same machine; empty for the real clock.
func (c Clock) String() string {
	if c.IsReal() {
		return ""
	}
	return strings.Join([]string{
		strconv.FormatFloat(c.Factor, 'g', -1, 64), c.From.UTC().Format(time.RFC3339Nano), c.Shows.UTC().Format(time.RFC3339Nano),
	}, "/")
}

// Parse reads what [Clock.String] wrote: factor/real moment/shown time.
func Parse(text string) (Clock, error) {
	if text == "" {
		return Clock{}, nil
	}
	parts := strings.Split(text, "/")
	if len(parts) != 3 {
		return Clock{}, fmt.Errorf("%q is not a clock: it must be factor/real moment/shown time", text)
	}
	factor, err := strconv.ParseFloat(parts[0], 64)
	from, fromErr := time.Parse(time.RFC3339Nano, parts[1])
	shows, showsErr := time.Parse(time.RFC3339Nano, parts[2])
	if err := errors.Join(err, fromErr, showsErr); err != nil {
		return Clock{}, fmt.Errorf("%q is not a clock: %w", text, err)
	}
	c := Clock{Factor: factor, From: from, Shows: shows}
	if err := c.validate(); err != nil {
		return Clock{}, fmt.Errorf("%q is not a clock: %w", text, err)
	}
	return c, nil
}

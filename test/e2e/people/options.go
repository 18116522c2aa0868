// Package people plays the users of the system test: they come and go over a day, meet in rooms through the front door as browsers
// do, come back when their connection breaks, and keep a ledger of what became of their meetings.
//
// When somebody comes and goes is the clock's business. What a connection takes stays in real time, because TLS, HAProxy's checks
// and this machine do: how long a client waits before it tries again, and when it asks which shard it is on.
package people

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"time"

	"jitsi-meet-azure/internal/clock"
)

// Options describe a crowd.
type Options struct {
	Clock clock.Clock
	// Domain is the public name of the meeting service.
	Domain string
	// Dial connects to the front door's public port 443.
	Dial func(ctx context.Context) (net.Conn, error)
	// Roots are the authorities that the front door's certificate must be signed by; nil are the machine's own.
	Roots *x509.CertPool
	// Insecure believes any certificate.
	Insecure bool
	// Seed decides who meets when.
	Seed uint64
	// Day is how many want to meet when, and Peak how many that is at its highest point.
	Day  Curve
	Peak int
	// From and Until bound on the clock when meetings begin; zero is now, and 24 hours later.
	From, Until time.Time
	// Zone is the location of the times of day; nil is UTC.
	Zone *time.Location
	// CheckEvery is how long after each check of its shard a client makes the next one, at least and up to twice that, in real time;
	// zero is a client's own minute. It must be less than half of what a room is remembered at the front door.
	CheckEvery time.Duration
	// Log may be nil; it is called by several goroutines.
	Log func(Event)
}

// complete fills in what was left out, and says everything that is wrong.
func (o Options) complete() (Options, error) {
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if o.Log == nil {
		o.Log = func(Event) {}
	}
	if o.CheckEvery == 0 {
		o.CheckEvery = checkEvery
	}
	if o.From.IsZero() {
		o.From = o.Clock.Now()
	}
	if o.Until.IsZero() {
		o.Until = o.From.Add(day)
	}
	o.From, o.Until = o.From.In(o.Zone), o.Until.In(o.Zone)
	var problems []error
	for _, check := range []struct {
		wrong bool
		text  string
	}{
		{o.Domain == "", "Domain is empty"},
		{o.Dial == nil, "Dial is nil"},
		{o.Peak < 0, fmt.Sprintf("Peak is %d", o.Peak)},
		{o.Until.Before(o.From), fmt.Sprintf("Until is %s, before From, %s", o.Until, o.From)},
	} {
		if check.wrong {
			problems = append(problems, errors.New(check.text))
		}
	}
	if err := o.Day.validate(); err != nil {
		problems = append(problems, err)
	}
	if len(problems) > 0 {
		return o, fmt.Errorf("the people: %w", errors.Join(problems...))
	}
	return o, nil
}

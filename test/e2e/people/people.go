package people

import (
	"context"
	"sync"
	"time"
)

// Crowd is everybody. It may be asked by several goroutines.
type Crowd struct {
	options Options
	plan    []Meeting
	browser *browser
	done    chan struct{}

	mu sync.Mutex
	// news is told once the lock is free: whoever hears it may ask back.
	news         []Event
	gatherings   map[string]*gathering
	staying      int
	waiting      int
	ledger       Ledger
	presences    []Presence
	certificates map[string]Certificate
}

// Run lets everybody come and go by plan. It returns at once; the crowd goes home when the last meeting has ended, or with ctx.
func Run(ctx context.Context, options Options) (*Crowd, error) {
	options, err := options.complete()
	if err != nil {
		return nil, err
	}
	c := &Crowd{
		options: options, done: make(chan struct{}), gatherings: map[string]*gathering{}, certificates: map[string]Certificate{},
		plan: Plan(options.Day, options.Peak, options.Seed, options.From, options.Until),
	}
	c.browser = newBrowser(options, c.sawCertificate)
	go c.run(ctx)
	return c, nil
}

// Plan is who wants to meet whom. It is not to be changed.
func (c *Crowd) Plan() []Meeting { return c.plan }

// Done is closed when everybody has gone home.
func (c *Crowd) Done() <-chan struct{} { return c.done }

// run sends each user off in time.
func (c *Crowd) run(ctx context.Context) {
	defer close(c.done)
	var users sync.WaitGroup
	defer users.Wait()
	for _, stay := range stays(c.plan) {
		if c.options.Clock.Until(ctx, stay.From) != nil {
			return
		}
		u := newUser(c, stay)
		users.Go(func() { u.live(ctx) })
	}
}

// change does something to what the crowd knows, and then tells the news.
func (c *Crowd) change(what func()) {
	c.mu.Lock()
	what()
	news := c.news
	c.news = nil
	c.mu.Unlock()
	for _, event := range news {
		c.options.Log(event)
	}
}

// say keeps an event until the lock is free.
func (c *Crowd) say(kind Kind, room, text string) {
	c.news = append(c.news, Event{At: c.options.Clock.Now(), Kind: kind, Room: room, Text: text})
}

// sawCertificate is told what the front door shows.
func (c *Crowd) sawCertificate(serial string) {
	c.change(func() {
		now := c.options.Clock.Now()
		seen, known := c.certificates[serial]
		if !known {
			seen = Certificate{Serial: serial, First: now}
		}
		seen.Last = now
		c.certificates[serial] = seen
	})
}

// pause waits in real time, and says whether the time has passed.
func pause(ctx context.Context, how time.Duration) bool {
	if how <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(how)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

package main

import (
	"context"
	"log/slog"

	"jitsi-meet-azure/internal/clock"
)

// onClock is a log whose times are those that a clock shows. With a compressed one the first line says so.
func onClock(log *slog.Logger, shown clock.Clock) *slog.Logger {
	if shown.IsReal() {
		return log
	}
	log = slog.New(clocked{Handler: log.Handler(), shown: shown})
	log.Warn("the clock is not the real one: this is a system that is played on one machine", "clock", shown.String())
	return log
}

// clocked gives every record the time on a clock.
type clocked struct {
	slog.Handler
	shown clock.Clock
}

// Handle implements [slog.Handler].
func (c clocked) Handle(ctx context.Context, record slog.Record) error {
	record.Time = c.shown.At(record.Time)
	return c.Handler.Handle(ctx, record)
}

// WithAttrs implements [slog.Handler].
func (c clocked) WithAttrs(attributes []slog.Attr) slog.Handler {
	return clocked{Handler: c.Handler.WithAttrs(attributes), shown: c.shown}
}

// WithGroup implements [slog.Handler].
func (c clocked) WithGroup(name string) slog.Handler {
	return clocked{Handler: c.Handler.WithGroup(name), shown: c.shown}
}

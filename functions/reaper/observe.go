package main

import (
	"context"
	"fmt"
	"log/slog"

	"jitsi-meet-azure/functions/reaper/host"
	"jitsi-meet-azure/functions/reaper/settings"
)

// observer is what a tick does in this version: it says that it is alive, what it has been told to look after, and that
// it leaves all of it alone.
type observer struct {
	settings settings.Settings
	log      *slog.Logger
}

// Tick reports a heartbeat. It calls nobody and changes nothing. Discovering, probing, deciding, acting and remembering
// take its place.
func (o observer) Tick(_ context.Context, invocation host.Invocation) ([]string, error) {
	shards := make([]string, 0, len(o.settings.Targets))
	for _, target := range o.settings.Targets {
		shards = append(shards, target.Shard)
	}
	o.log.Info("heartbeat",
		"invocation", invocation.ID,
		"past_due", invocation.PastDue,
		"shards", shards,
		"minimum_uptime", o.settings.MinimumUptime.String(),
		"dry_run", o.settings.DryRun,
		"mode", "observe-only",
		"retired", 0,
	)
	return []string{fmt.Sprintf("heartbeat: observing %d shards; this version retires nothing", len(shards))}, nil
}

package render_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"jitsi-meet-azure/autoscale/profile"
	"jitsi-meet-azure/autoscale/render"
)

// engine plays one night of Azure's autoscale engine over an idle shard: a run every 30 to 60 seconds, the minimum first,
// then the rules that are true of an idle machine, each held back by its cooldown since the last action.
type engine struct {
	count int
	last  time.Duration // of the last scale action, in the day's clock
}

func (e *engine) run(p profile.Profile, now time.Duration) {
	if e.count < p.Minimum {
		e.count, e.last = p.Minimum, now
		return
	}
	for _, rule := range p.Rules {
		alwaysTrue := rule.Operator == profile.GreaterThanOrEqual && rule.Threshold == 0
		if alwaysTrue && e.count < p.Maximum && now-e.last >= rule.Cooldown.Duration() {
			e.count, e.last = e.count+rule.Increase, now
			return
		}
	}
}

// The recycle brings exactly one machine whatever the count below the maximum is, and none at the maximum.
func TestOneNightBringsOneMachine(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cfg := configurations(t)
		cfg.Recycle.Hour, cfg.Recycle.Minute = 0, 0
		profiles, err := render.Profiles(cfg, 12_000)
		if err != nil {
			t.Fatal(err)
		}
		count := rapid.IntRange(cfg.Minimum, cfg.Maximum).Draw(t, "count")
		quiet := time.Duration(rapid.IntRange(0, 3600).Draw(t, "seconds since the last action")) * time.Second
		night := engine{count: count, last: -quiet}
		gap := rapid.IntRange(30, 60)
		for now := time.Duration(gap.Draw(t, "first run")) * time.Second; now < 24*time.Hour; {
			in := profiles[0]
			if now >= cfg.Recycle.Window {
				in = profiles[1]
			}
			night.run(in, now)
			step := time.Duration(gap.Draw(t, "next run")) * time.Second
			if now > cfg.Recycle.Window+time.Hour {
				step = time.Hour // the rest of the day is as quiet
			}
			now += step
		}
		added := night.count - count
		want := 1
		if count == cfg.Maximum {
			want = 0
		}
		if added > want || (added < want && quiet >= cfg.Recycle.Window) {
			t.Fatalf("%d machines were added to %d of %d", added, count, cfg.Maximum)
		}
	})
}

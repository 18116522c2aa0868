package policy

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"
	_ "time/tzdata" // a machine without time zones runs these tests too

	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/autoscale/profile"
	"jitsi-meet-azure/autoscale/render"
	"jitsi-meet-azure/functions/reaper/decide"
	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/internal/stackfile"
	"jitsi-meet-azure/internal/windowszone"
	"jitsi-meet-azure/simulation/capacity"
	"jitsi-meet-azure/simulation/demand"
	"jitsi-meet-azure/simulation/shard"
)

const zone = "W. Europe Standard Time"

func model(tb testing.TB) capacity.Model {
	tb.Helper()
	m, err := capacity.Load()
	require.NoError(tb, err)
	return m
}

func env(tb testing.TB, stack string, changes ...string) environment.Environment {
	tb.Helper()
	read, _, err := stackfile.Read("../../Pulumi."+stack+".yaml", changes...)
	require.NoError(tb, err)
	return read
}

// drawn is a day of one shard.
func drawn(tb testing.TB, kind demand.Kind, seed uint64, peak float64) demand.Day {
	tb.Helper()
	location, err := windowszone.Load(zone)
	require.NoError(tb, err)
	people, cameras := kind.Meeting()
	each := model(tb).Each(capacity.Conference{Participants: people, Cameras: cameras})
	day, err := demand.Make(demand.Order{Kind: kind, Seed: seed, Peak: peak, ParticipantStress: each, Zone: location})
	require.NoError(tb, err)
	return day
}

// quiet is a day on which nobody comes.
func quiet(tb testing.TB) demand.Day {
	tb.Helper()
	day := drawn(tb, demand.Office, 1, 1)
	day.Rooms, day.Visits = nil, nil
	return day
}

func assumptions(tb testing.TB) Assumptions {
	tb.Helper()
	return Assumptions{Model: model(tb), Recycle: 4 * time.Hour, Keep: true}
}

func simulated(tb testing.TB, p Policy, d demand.Day) shard.Result {
	tb.Helper()
	in, err := p.Input(d, assumptions(tb))
	require.NoError(tb, err)
	result, err := shard.Run(tb.Context(), in)
	require.NoError(tb, err)
	return result
}

// same says that two simulations were one and the same. What differs is told by the sums and the first event: the whole has thousands
// of lines.
func same(tb testing.TB, want, got shard.Result) {
	tb.Helper()
	if reflect.DeepEqual(want, got) {
		return
	}
	for i := range min(len(want.Events), len(got.Events)) {
		require.Equal(tb, want.Events[i], got.Events[i], "event %d", i)
	}
	for i := range min(len(want.Minutes), len(got.Minutes)) {
		require.Equal(tb, want.Minutes[i], got.Minutes[i], "minute %d", i)
	}
	want.Events, want.Minutes, got.Events, got.Minutes = nil, nil, nil, nil
	require.Equal(tb, want, got)
	tb.Fatal("one has more minutes or events than the other")
}

// above is a rule that adds one bridge where a metric's mean of five minutes is above a threshold.
func above(metric string, threshold float64) profile.Rule {
	return profile.Rule{
		Metric: metric, Statistic: profile.Average, Grain: 1, Aggregation: profile.Average, Window: profile.ShortestWindow,
		Operator: profile.GreaterThan, Threshold: threshold, Increase: 1, Cooldown: 5,
	}
}

// nights are the two profiles of a setting with a recycle at 04:00 for ten minutes and these rules, for one to ten bridges.
func nights(rules ...profile.Rule) []profile.Profile {
	between := func(name string, least, minute int) profile.Profile {
		return profile.Profile{
			Name: name, Minimum: least, Maximum: 10, Default: least, Rules: rules,
			Recurrence: profile.Recurrence{TimeZone: zone, Days: profile.EveryDay(), Hour: 4, Minute: minute},
		}
	}
	return []profile.Profile{between(render.RecycleName, 2, 0), between(render.TwinName(render.RecycleName), 1, 10)}
}

// object is a JSON object.
type object = map[string]any

// document is a setting as it is written for Azure, to make mistakes in.
func document(tb testing.TB, profiles []profile.Profile) object {
	tb.Helper()
	var written []any
	for _, p := range profiles {
		days := make([]any, 0, len(p.Recurrence.Days))
		for _, d := range p.Recurrence.Days {
			days = append(days, d.String())
		}
		rules := make([]any, 0, len(p.Rules))
		for _, r := range p.Rules {
			rules = append(rules, object{
				"metricTrigger": object{
					"metricName": r.Metric, "timeGrain": r.Grain.String(), "statistic": r.Statistic, "timeWindow": r.Window.String(),
					"timeAggregation": r.Aggregation, "operator": string(r.Operator), "threshold": r.Threshold, "dividePerInstance": false,
				},
				"scaleAction": object{"direction": "Increase", "type": "ChangeCount", "value": "1", "cooldown": r.Cooldown.String()},
			})
		}
		written = append(written, object{
			"name":     p.Name,
			"capacity": object{"minimum": text(p.Minimum), "maximum": text(p.Maximum), "default": text(p.Default)},
			"rules":    rules,
			"recurrence": object{"frequency": "Week", "schedule": object{
				"timeZone": p.Recurrence.TimeZone, "days": days, "hours": []any{p.Recurrence.Hour}, "minutes": []any{p.Recurrence.Minute},
			}},
		})
	}
	return object{"enabled": true, "profiles": written}
}

func text(n int) string {
	written, err := json.Marshal(n)
	if err != nil {
		return err.Error()
	}
	return string(written)
}

// in is what lies in a document under some names.
func in(tb testing.TB, inside any, names ...string) object {
	tb.Helper()
	for _, name := range names {
		outer, is := inside.(object)
		require.True(tb, is, name)
		inside = outer[name]
	}
	found, is := inside.(object)
	require.True(tb, is, names)
	return found
}

// list is a list in a document.
func list(tb testing.TB, inside object, name string) []any {
	tb.Helper()
	found, is := inside[name].([]any)
	require.True(tb, is, name)
	return found
}

// every does something to every rule of a document.
func every(tb testing.TB, d object, do func(trigger, action object)) {
	tb.Helper()
	for _, p := range list(tb, d, "profiles") {
		for _, r := range list(tb, in(tb, p), "rules") {
			do(in(tb, r, "metricTrigger"), in(tb, r, "scaleAction"))
		}
	}
}

// written is the policy of a document. The reaper respects the profiles that are meant, as it would be told them.
func written(tb testing.TB, d object, meant []profile.Profile, reaper decide.Policy) (Policy, error) {
	tb.Helper()
	setting, err := json.Marshal(d)
	require.NoError(tb, err)
	calendar, err := profile.NewCalendar(meant)
	require.NoError(tb, err)
	return azure("trap", "a trap", setting, calendar, reaper, 1, 10)
}

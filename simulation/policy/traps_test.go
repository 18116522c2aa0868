package policy

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/autoscale/profile"
	"jitsi-meet-azure/functions/reaper/decide"
	"jitsi-meet-azure/simulation/demand"
	"jitsi-meet-azure/simulation/shard"
)

// Mistakes that autoscale settings of bridges are made with, each of which deploys without a complaint. What each does to an office
// day with a peak of three full bridges is shown beside the same setting without it.
// Source: Azure docs, autoscale-understanding-settings, autoscale-best-practices, autoscale-multiprofile, autoscale-common-metrics.

const peak = 3

func office(tb testing.TB) demand.Day {
	tb.Helper()
	return drawn(tb, demand.Office, 1, peak)
}

// overload is the share of conference-minutes on a bridge over its capacity.
func overload(r shard.Result) float64 { return r.OverloadedConferenceMinutes / r.ConferenceMinutes }

// trap simulates the setting of these profiles with and without a mistake.
func trap(t *testing.T, d demand.Day, profiles []profile.Profile, mistake func(object)) (right, wrong shard.Result) {
	t.Helper()
	return variant(t, d, profiles, func(object) {}), variant(t, d, profiles, mistake)
}

// variant simulates the setting of these profiles after a change.
func variant(t *testing.T, d demand.Day, profiles []profile.Profile, change func(object)) shard.Result {
	t.Helper()
	setting := document(t, profiles)
	change(setting)
	p, err := written(t, setting, profiles, decide.Default())
	require.NoError(t, err)
	return simulated(t, p, d)
}

// threshold replaces that of every rule.
func threshold(t *testing.T, value float64) func(object) {
	t.Helper()
	return func(d object) { every(t, d, func(trigger, _ object) { trigger["threshold"] = value }) }
}

// Azure takes a setting that does not say enabled for one that is switched off.
func TestTrapNotEnabled(t *testing.T) {
	t.Parallel()
	right, wrong := trap(t, office(t), nights(above(profile.CPU, 70)), func(d object) { delete(d, "enabled") })
	assert.GreaterOrEqual(t, right.Added, 3)
	assert.Zero(t, wrong.Added, "not even the recycle")
	assert.Greater(t, overload(wrong), 0.7)
	assert.Less(t, overload(right), 0.2)
}

// Network metrics are bytes of a minute. A threshold in bytes a second is 60 times too low, one in megabits a second fires on an idle
// bridge.
func TestTrapThresholdInAnotherUnit(t *testing.T) {
	t.Parallel()
	const bytesAMinute, megabits = 3e9, 400 // the same; a full bridge sends a little more
	right, wrong := trap(t, office(t), nights(above(profile.NetworkOut, bytesAMinute)), threshold(t, bytesAMinute/60))
	assert.LessOrEqual(t, right.MostMachines, 5)
	assert.GreaterOrEqual(t, wrong.MostMachines, 10, "all that may be")
	assert.Greater(t, wrong.MachineHours, 1.7*right.MachineHours)
	wrong = variant(t, office(t), nights(above(profile.NetworkOut, bytesAMinute)), threshold(t, megabits))
	assert.GreaterOrEqual(t, wrong.MostMachines, 10)
	assert.Greater(t, wrong.MachineHours, 230.0, "all day, since the operating system sends as much")
}

// "Network Out" is a metric of the past, and one that is misspelt is none: nothing is read, and nothing is added.
func TestTrapMetricOfAnotherName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Network Out", "Network Out total", "NetworkOutTotal"} {
		right, wrong := trap(t, office(t), nights(above(profile.NetworkOut, 3e9)), func(d object) {
			every(t, d, func(trigger, _ object) { trigger["metricName"] = name })
		})
		assert.GreaterOrEqual(t, right.Added, 4, name)
		assert.Equal(t, 1, wrong.Added, "%s: the minimum of the night alone", name)
		assert.Greater(t, overload(wrong), 5*overload(right), name)
	}
}

// A bridge sends more than twice what it receives. On an interface that it can fill, a rule about what it receives is silent when what
// it sends is too much.
func TestTrapIngressAlone(t *testing.T) {
	t.Parallel()
	const interfaceFull = 0.7 * 500 * 7.5e6 // bytes a minute: 70 % of 500 megabits a second
	right, wrong := trap(t, office(t), nights(above(profile.NetworkOut, interfaceFull)), func(d object) {
		every(t, d, func(trigger, _ object) { trigger["metricName"] = profile.NetworkIn })
	})
	assert.GreaterOrEqual(t, right.Added, 4)
	assert.Equal(t, 1, wrong.Added)
	assert.Greater(t, overload(wrong), 0.7)
	assert.Less(t, overload(right), 0.2)
}

// A recurring profile lasts until the next begins. Without a twin that ends it the nightly minimum holds all day.
func TestTrapNoTwin(t *testing.T) {
	t.Parallel()
	profiles := nights(above(profile.CPU, 70))
	right := variant(t, quiet(t), profiles, func(object) {})
	wrong := variant(t, quiet(t), profiles[:1], func(object) {})
	assert.Equal(t, 1, right.Minutes[12*60].Machines)
	assert.Equal(t, 2, wrong.Minutes[12*60].Machines)
	assert.Less(t, right.MachineHours, 26.0)
	assert.Greater(t, wrong.MachineHours, 47.0)
}

// Rules belong to a profile. Those of the night do nothing during the day.
func TestTrapRulesForgottenInTheTwin(t *testing.T) {
	t.Parallel()
	right, wrong := trap(t, office(t), nights(above(profile.CPU, 70)), func(d object) {
		in(t, list(t, d, "profiles")[1])["rules"] = []any{}
	})
	assert.GreaterOrEqual(t, right.Added, 4)
	assert.Equal(t, 1, wrong.Added)
	assert.Greater(t, overload(wrong), 0.7)
	assert.Less(t, overload(right), 0.2)
}

// A maximum that is lowered while bridges are busy is a decision to delete bridges.
func TestTrapMaximumLowered(t *testing.T) {
	t.Parallel()
	profiles := nights(above(profile.CPU, 70))
	later := profiles[1]
	later.Name, later.Recurrence.Hour, later.Recurrence.Minute = "from eleven o'clock on", 11, 0
	right, wrong := trap(t, office(t), append(profiles, later), func(d object) {
		in(t, list(t, d, "profiles")[2], "capacity")["maximum"] = "2"
	})
	assert.Zero(t, right.Cut+right.Removed)
	assert.Positive(t, wrong.Cut)
	assert.Positive(t, wrong.Removed)
	assert.Greater(t, overload(wrong), overload(right))
}

// deploying is a scaler beside which somebody deploys a number of machines.
type deploying struct {
	shard.Scaler

	at       time.Time
	capacity int
}

func (d *deploying) Run(now time.Time, seen shard.Seen) shard.Order {
	if !now.Before(d.at) && d.capacity > 0 {
		order := shard.Order{Capacity: d.capacity, Reason: "deployed"}
		d.capacity = 0
		return order
	}
	return d.Scaler.Run(now, seen)
}

// So is a deployment that writes the capacity it was made with.
func TestTrapADeploymentWritesTheCapacity(t *testing.T) {
	t.Parallel()
	profiles := nights(above(profile.CPU, 70))
	p, err := written(t, document(t, profiles), profiles, decide.Default())
	require.NoError(t, err)
	d := office(t)
	right := simulated(t, p, d)
	input, err := p.Input(d, assumptions(t))
	require.NoError(t, err)
	input.Scaler = &deploying{Scaler: input.Scaler, at: d.Midnight.Add(10*time.Hour + 30*time.Minute), capacity: 1}
	wrong, err := shard.Run(t.Context(), input)
	require.NoError(t, err)
	assert.Zero(t, right.Cut)
	assert.Greater(t, wrong.Cut, 10)
	assert.GreaterOrEqual(t, wrong.Removed, 2)
}

// A rule that takes machines away knows nothing of conferences.
func TestTrapDecreaseRule(t *testing.T) {
	t.Parallel()
	right, wrong := trap(t, office(t), nights(above(profile.CPU, 70)), func(d object) {
		for _, p := range list(t, d, "profiles") {
			inner := in(t, p)
			rules := list(t, inner, "rules")
			less := document(t, nights(above(profile.CPU, 30)))
			every(t, less, func(trigger, action object) { trigger["operator"], action["direction"] = "LessThan", "Decrease" })
			inner["rules"] = append(rules, list(t, in(t, list(t, less, "profiles")[0]), "rules")...)
		}
	})
	assert.Zero(t, right.Cut+right.Removed)
	assert.Positive(t, right.Retired)
	assert.Positive(t, wrong.Cut)
	assert.Positive(t, wrong.Removed)
}

// A reaper that does not know of the night's minimum retires what Azure then adds again.
func TestTrapReaperWithoutTheCalendar(t *testing.T) {
	t.Parallel()
	profiles := nights()
	p, err := written(t, document(t, profiles), profiles, decide.Default())
	require.NoError(t, err)
	unaware, err := written(t, document(t, profiles), profiles[1:], decide.Default())
	require.NoError(t, err)
	right, wrong := simulated(t, p, quiet(t)), simulated(t, unaware, quiet(t))
	assert.Equal(t, []int{1, 1}, []int{right.Added, right.Retired})
	assert.Greater(t, wrong.Added, 1)
	assert.Greater(t, wrong.Retired, 1)
}

// A minimum of one more brings a new machine where there is one. Where there are two it brings nothing, and the old stay; a rule that
// is always true brings one whatever there is.
func TestTrapRaisedMinimumIsNoRecycle(t *testing.T) {
	t.Parallel()
	keeps := decide.Default()
	keeps.Reserve = 1 // so that there are two
	always := above(profile.CPU, 0)
	always.Operator, always.Cooldown = profile.GreaterThanOrEqual, 10
	recycled := nights()
	recycled[0].Rules = []profile.Rule{always}
	var oldest [2]time.Duration
	for i, profiles := range [][]profile.Profile{recycled, nights()} {
		p, err := written(t, document(t, profiles), profiles, keeps)
		require.NoError(t, err)
		input, err := p.Input(quiet(t), assumptions(t))
		require.NoError(t, err)
		input.Start = 2
		result, err := shard.Run(t.Context(), input)
		require.NoError(t, err)
		oldest[i] = result.OldestAfterRecycle
	}
	assert.Greater(t, oldest[1], 20*time.Hour)
	assert.Less(t, oldest[0], oldest[1]-time.Hour, "the older of the two is gone")
}

// outage hides all metrics for a while.
type outage struct {
	shard.Scaler

	from, to time.Time
}

type noMetrics struct{}

func (noMetrics) Minute(string, time.Time) ([]float64, bool) { return nil, false }

func (o outage) Run(now time.Time, seen shard.Seen) shard.Order {
	if now.After(o.from) && now.Before(o.to) {
		seen.Metrics = noMetrics{}
	}
	return o.Scaler.Run(now, seen)
}

// Without metrics the default lifts a count that is below it, and protects nobody from load: one bridge stays one. A default of what
// the day needs would have been there.
func TestTrapDefaultIsNoProtection(t *testing.T) {
	t.Parallel()
	d := office(t)
	var results [2]shard.Result
	for i, initial := range []int{peak + 1, 1} {
		profiles := nights(above(profile.CPU, 70))
		profiles[1].Default = initial
		p, err := written(t, document(t, profiles), profiles, decide.Default())
		require.NoError(t, err)
		input, err := p.Input(d, assumptions(t))
		require.NoError(t, err)
		input.Scaler = outage{Scaler: input.Scaler, from: d.Midnight.Add(6 * time.Hour), to: d.Midnight.Add(12 * time.Hour)}
		results[i], err = shard.Run(t.Context(), input)
		require.NoError(t, err)
	}
	lifted, left := results[0], results[1]
	const eleven = 11 * 60
	assert.GreaterOrEqual(t, lifted.Minutes[eleven].Up, peak+1)
	assert.Equal(t, 1, left.Minutes[eleven].Up)
	assert.Greater(t, overload(left), overload(lifted)+0.2)
}

// Where a machine takes longer to come up than the cooldown lasts, the load that called for it calls for more: on an image without the
// bridge in it, for which a machine takes eight minutes, five are too few. They are enough where it is in the image.
func TestTrapCooldownShorterThanTheBoot(t *testing.T) {
	t.Parallel()
	d := office(t)
	result := func(plain bool, cooldown profile.Minutes) shard.Result {
		rule := above(profile.CPU, 70)
		rule.Cooldown = cooldown
		p, err := written(t, document(t, nights(rule)), nights(rule), decide.Default())
		require.NoError(t, err)
		assumed := assumptions(t)
		assumed.Plain = plain
		input, err := p.Input(d, assumed)
		require.NoError(t, err)
		made, err := shard.Run(t.Context(), input)
		require.NoError(t, err)
		return made
	}
	right, wrong := result(true, 15), result(true, 5)
	assert.Equal(t, []int{4, 6}, []int{right.MostMachines, wrong.MostMachines})
	assert.Equal(t, []int{4, 6}, []int{right.Added, wrong.Added})
	assert.Greater(t, wrong.MachineHours, 1.3*right.MachineHours)
	assert.Equal(t, 4, result(false, 5).MostMachines)
	assert.Equal(t, 5, result(false, 1).MostMachines)
}

// Dividing a mean by the number of machines again makes it smaller the more there are; of a sum it makes the mean.
func TestTrapMeanDividedAgain(t *testing.T) {
	t.Parallel()
	profiles := nights(above(profile.CPU, 70))
	divided := func(statistic string) func(object) {
		return func(d object) {
			every(t, d, func(trigger, _ object) { trigger["dividePerInstance"], trigger["statistic"] = true, statistic })
		}
	}
	right, wrong := trap(t, office(t), profiles, divided("Average"))
	assert.GreaterOrEqual(t, right.MostMachines, 4)
	assert.LessOrEqual(t, wrong.MostMachines, 3, "two that are full are a half each")
	assert.Greater(t, overload(wrong), overload(right)+0.3)
	sum := variant(t, office(t), profiles, divided("Sum"))
	assert.InDelta(t, right.MachineHours, sum.MachineHours, 3)
	assert.Less(t, overload(sum), 0.2)
}

// What Azure refuses is refused here too: two minutes in a schedule, a daily frequency, a time zone by another name, a window below
// five minutes, numbers of machines that are no text.
func TestTrapsThatAzureRefuses(t *testing.T) {
	t.Parallel()
	profiles := nights(above(profile.CPU, 70))
	schedule := func(d object) object { return in(t, list(t, d, "profiles")[0], "recurrence", "schedule") }
	for want, mistake := range map[string]func(object){
		"the schedule must have one minute":    func(d object) { schedule(d)["minutes"] = []any{0, 10} },
		`frequency "Day"`:                      func(d object) { in(t, list(t, d, "profiles")[0], "recurrence")["frequency"] = "Day" },
		"Europe/Berlin":                        func(d object) { schedule(d)["timeZone"] = "Europe/Berlin" },
		`time window "PT1M"`:                   func(d object) { every(t, d, func(trigger, _ object) { trigger["timeWindow"] = "PT1M" }) },
		"cannot unmarshal number":              func(d object) { in(t, list(t, d, "profiles")[0], "capacity")["minimum"] = 1 },
		"number into Go struct field":          func(d object) { every(t, d, func(_, action object) { action["value"] = 1 }) },
		"reading an autoscale setting: profil": func(d object) { in(t, list(t, d, "profiles")[0], "capacity")["default"] = "0" },
	} {
		d := document(t, profiles)
		_, err := written(t, d, profiles, decide.Default())
		require.NoError(t, err)
		mistake(d)
		_, err = written(t, d, profiles, decide.Default())
		require.ErrorContains(t, err, "policy trap: ")
		require.ErrorContains(t, err, want)
	}
}

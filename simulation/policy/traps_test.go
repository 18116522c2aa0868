package policy

import (
	"testing"

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

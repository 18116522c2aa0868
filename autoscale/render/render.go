// Package render makes the autoscale profiles of a shard's bridges from the configuration: package profile says what a
// profile is, this one which profiles there are. The package is pure.
package render

import (
	"errors"
	"fmt"
	"time"

	"jitsi-meet-azure/autoscale/profile"
	"jitsi-meet-azure/functions/reaper/gauge"
	"jitsi-meet-azure/internal/environment"
)

// RecycleName is the name of the profile that is in force during the nightly window.
const RecycleName = "nightly-recycle"

const (
	// grain is the spacing of a scale set's host metrics, lookBack how far the rules look back over them.
	grain    profile.Minutes = 1
	lookBack                 = profile.ShortestWindow
	// shortestRecycle surely holds one run of Azure's autoscale engine, which runs every 30 to 60 seconds.
	// Source: Azure docs, autoscale-understanding-settings.
	shortestRecycle = 2 * time.Minute
	day             = 24 * time.Hour
)

// TwinName is the name of the profile that ends the recurring profile with the given name. Azure has no end of a
// recurring profile; its portal and CLI write the end as a second recurring profile with exactly this name, and the
// portal shows the pair as one scale condition and the default.
// Source: Azure docs, autoscale-multiprofile.
func TwinName(of string) string {
	return fmt.Sprintf(`{"name":"Auto created default scale condition","for":%q}`, of)
}

// NetworkThreshold is the given share (in percent) of a network bandwidth (in megabits, 10^6 bits, a second) in the unit
// of Azure's network metrics: bytes a minute.
func NetworkThreshold(mbps, percent int) float64 {
	const bytesPerMinute = 1_000_000 / 8 * 60 // of one megabit a second
	return float64(int64(mbps) * bytesPerMinute / 100 * int64(percent))
}

// Profiles makes the profiles of a shard's bridges, for machines with a network bandwidth of nicMbps megabits a second: the nightly
// recycle, its twin for the rest of the day, and where there are busy hours, one for each time at which the minimum changes; see
// [week]. Azure selects by the latest begin, so all together cover all time, past midnight too. It reports everything that is wrong
// with the configuration together.
func Profiles(cfg environment.Autoscale, nicMbps int) ([]profile.Profile, error) {
	if err := check(cfg, nicMbps); err != nil {
		return nil, fmt.Errorf("rendering autoscale profiles: %w", err)
	}
	load := loadRules(cfg, nicMbps)
	spells := newWeek(cfg).spells()
	if len(spells) > profile.LargestSet {
		return nil, fmt.Errorf("rendering autoscale profiles: %w", tooMany(cfg, len(spells)))
	}
	profiles := make([]profile.Profile, 0, len(spells))
	for _, s := range spells {
		rules := load
		if s.recycle {
			rules = append([]profile.Rule{recycleRule(cfg.Recycle)}, load...)
		}
		profiles = append(profiles, profile.Profile{
			Name: s.name, Minimum: s.minimum, Maximum: cfg.Maximum, Default: max(s.minimum, cfg.Default), Rules: rules,
			Recurrence: profile.Recurrence{
				TimeZone: cfg.Recycle.TimeZone, Days: s.days, Hour: int(s.at / time.Hour), Minute: int(s.at % time.Hour / time.Minute),
			},
		})
	}
	return profiles, profile.Validate(profiles)
}

// loadRules add bridges for load, in every profile alike. Network-out is watched besides network-in because Azure limits what a
// machine sends, and a bridge sends far more than it receives; processor load comes long before either.
func loadRules(cfg environment.Autoscale, nicMbps int) []profile.Rule {
	cooldown := profile.Minutes(cfg.Cooldown / time.Minute)
	network := NetworkThreshold(nicMbps, cfg.NetworkPercent)
	rules := []profile.Rule{
		add(profile.NetworkIn, profile.GreaterThan, network, cooldown),
		add(profile.NetworkOut, profile.GreaterThan, network, cooldown),
		add(profile.CPU, profile.GreaterThan, float64(cfg.CPUPercent), cooldown),
	}
	if cfg.StressPercent > 0 {
		stress := add(gauge.Stress, profile.GreaterThan, share(cfg.StressPercent), cooldown)
		stress.Namespace = gauge.Namespace
		rules = append(rules, stress)
	}
	return append(rules, reserveRules(cfg.ReservePercent, cooldown)...)
}

// reserveSteps are how much of the reserve may be gone before how many bridges are added at once: the more is gone, the faster people
// come. docs/decisions/0019-reserve-and-busy-hours.md has the evidence.
var reserveSteps = []struct {
	// left is the part of the reserve, in percent, below which so many are added.
	left, add int
}{{100, 1}, {50, 2}, {0, 3}}

// reserveRules keep a part of a bridge free, in percent. They look at the latest minute alone: a crowd comes within two, and what
// they add stays for an hour at least.
func reserveRules(percent int, cooldown profile.Minutes) []profile.Rule {
	if percent == 0 {
		return nil
	}
	rules := make([]profile.Rule, 0, len(reserveSteps))
	for _, step := range reserveSteps {
		rule := add(gauge.Spare, profile.LessThan, share(percent*step.left)/100, cooldown)
		rule.Namespace, rule.Aggregation, rule.Increase = gauge.Namespace, profile.Last, step.add
		rules = append(rules, rule)
	}
	return rules
}

// share is a percentage as a part of one.
func share(percent int) float64 { return float64(percent) / 100 }

// recycleRule is always true, so that the window brings one machine of the newest image whatever the count is; the raised
// minimum alone would do so only from the lowest count.
//
// Its cooldown is the window's length: Azure measures it back to the last scale action, so having fired it cannot fire
// again before the window ends. A machine that another action added less than a window's length ago may stand in for
// this one: it has the newest image already.
func recycleRule(recycle environment.Recycle) profile.Rule {
	return add(profile.CPU, profile.GreaterThanOrEqual, 0, profile.Minutes(recycle.Window/time.Minute))
}

func add(metric string, operator profile.Operator, threshold float64, cooldown profile.Minutes) profile.Rule {
	return profile.Rule{
		Metric:      metric,
		Statistic:   profile.Average,
		Grain:       grain,
		Aggregation: profile.Average,
		Window:      lookBack,
		Operator:    operator,
		Threshold:   threshold,
		Increase:    1,
		Cooldown:    cooldown,
	}
}

// check guards what [profile.Validate] cannot see in the result, because arithmetic has hidden it.
func check(cfg environment.Autoscale, nicMbps int) error {
	var problems []error
	if cfg.Minimum < 1 || cfg.Minimum > cfg.Default || cfg.Default > cfg.Maximum {
		problems = append(problems, fmt.Errorf("1 <= minimum %d <= default %d <= maximum %d does not hold",
			cfg.Minimum, cfg.Default, cfg.Maximum))
	}
	if nicMbps < 1 {
		problems = append(problems, fmt.Errorf("a network bandwidth of %d Mbit/s is below 1", nicMbps))
	}
	problems = append(problems, percentage("network", cfg.NetworkPercent), percentage("processor", cfg.CPUPercent))
	if cfg.StressPercent != 0 {
		problems = append(problems, percentage("stress", cfg.StressPercent))
	}
	if cfg.ReservePercent < 0 || cfg.ReservePercent >= 100*(cfg.Maximum-1) && cfg.ReservePercent > 0 {
		problems = append(problems, fmt.Errorf("a reserve of %d %% of a bridge is below 0, or not below %d bridges",
			cfg.ReservePercent, cfg.Maximum-1))
	}
	if _, err := profile.MinutesOf(cfg.Cooldown); err != nil {
		problems = append(problems, fmt.Errorf("cooldown: %w", err))
	}
	return errors.Join(append(problems, checkRecycle(cfg.Recycle), checkBusyHours(cfg))...)
}

func percentage(of string, percent int) error {
	if percent < 1 || percent > 100 {
		return fmt.Errorf("%s threshold of %d %% is outside 1 to 100", of, percent)
	}
	return nil
}

func checkRecycle(recycle environment.Recycle) error {
	var problems []error
	if _, err := profile.MinutesOf(recycle.Window); err != nil || recycle.Window < shortestRecycle || recycle.Window >= day {
		problems = append(problems, fmt.Errorf("recycle window of %s is not of whole minutes, at least %s and less than a day",
			recycle.Window, shortestRecycle))
	}
	if recycle.Hour < 0 || recycle.Hour > 23 || recycle.Minute < 0 || recycle.Minute > 59 {
		problems = append(problems, fmt.Errorf("recycle at %d:%02d, which is no time of day", recycle.Hour, recycle.Minute))
	}
	return errors.Join(problems...)
}

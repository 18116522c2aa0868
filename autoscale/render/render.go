// Package render makes the autoscale profiles of a shard's bridges from the configuration: package profile says what a
// profile is, this one which profiles there are. The package is pure.
package render

import (
	"errors"
	"fmt"
	"time"

	"jitsi-meet-azure/autoscale/profile"
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

// Profiles makes the two profiles of a shard's bridges, for machines with a network bandwidth of nicMbps megabits a second:
// the nightly recycle, and its twin for the rest of the day. Azure selects by the latest begin, so both together cover
// all time, past midnight too. It reports everything that is wrong with the configuration together.
func Profiles(cfg environment.Autoscale, nicMbps int) ([]profile.Profile, error) {
	if err := check(cfg, nicMbps); err != nil {
		return nil, fmt.Errorf("rendering autoscale profiles: %w", err)
	}
	begin := time.Duration(cfg.Recycle.Hour)*time.Hour + time.Duration(cfg.Recycle.Minute)*time.Minute
	end := (begin + cfg.Recycle.Window) % day
	load := loadRules(cfg, nicMbps)
	profiles := []profile.Profile{
		// Where minimum and maximum are equal there is no room for one more: the window then changes nothing.
		between(cfg, RecycleName, min(cfg.Minimum+1, cfg.Maximum), append([]profile.Rule{recycleRule(cfg.Recycle)}, load...), begin),
		between(cfg, TwinName(RecycleName), cfg.Minimum, load, end),
	}
	return profiles, profile.Validate(profiles)
}

func between(cfg environment.Autoscale, name string, minimum int, rules []profile.Rule, begin time.Duration) profile.Profile {
	return profile.Profile{
		Name:    name,
		Minimum: minimum,
		Maximum: cfg.Maximum,
		Default: max(minimum, cfg.Default),
		Rules:   rules,
		Recurrence: profile.Recurrence{
			TimeZone: cfg.Recycle.TimeZone,
			Days:     profile.EveryDay(),
			Hour:     int(begin / time.Hour),
			Minute:   int(begin % time.Hour / time.Minute),
		},
	}
}

// loadRules add one bridge for load, in every profile alike. Network-out is watched besides network-in because Azure
// limits what a machine sends, and a bridge sends far more than it receives; processor load usually comes first.
func loadRules(cfg environment.Autoscale, nicMbps int) []profile.Rule {
	cooldown := profile.Minutes(cfg.Cooldown / time.Minute)
	network := NetworkThreshold(nicMbps, cfg.NetworkPercent)
	return []profile.Rule{
		add(profile.NetworkIn, profile.GreaterThan, network, cooldown),
		add(profile.NetworkOut, profile.GreaterThan, network, cooldown),
		add(profile.CPU, profile.GreaterThan, float64(cfg.CPUPercent), cooldown),
	}
}

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
	if _, err := profile.MinutesOf(cfg.Cooldown); err != nil {
		problems = append(problems, fmt.Errorf("cooldown: %w", err))
	}
	return errors.Join(append(problems, checkRecycle(cfg.Recycle))...)
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

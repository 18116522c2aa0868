package azurenative

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"time"

	"jitsi-meet-azure/localcloud/azurenative/arm"
)

const (
	mostProfiles, mostRules = 20, 10
	shortestWindow          = 5 * time.Minute
	longestWindow           = 12 * time.Hour
	shortestCooldown        = time.Minute
	longestCooldown         = 7 * 24 * time.Hour
)

var (
	isoDuration = regexp.MustCompile(`^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$`)
	weekdays    = []string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}
)

func badSetting(format string, args ...any) error { return invalid("BadRequest", format, args...) }

// acceptAutoscale checks a setting.
// Source: Azure REST API, autoscalesettings 2022-10-01; Azure docs, autoscale-understanding-settings.
func acceptAutoscale(op *operation) error {
	profiles := op.in.objects("profiles")
	if len(profiles) == 0 || len(profiles) > mostProfiles {
		return badSetting("The autoscale setting must have 1 to %d profiles.", mostProfiles)
	}
	names := map[string]bool{}
	for _, profile := range profiles {
		if names[profile.text("name")] {
			return badSetting("The profile name '%s' is used more than once.", profile.text("name"))
		}
		names[profile.text("name")] = true
		if err := profileFits(profile); err != nil {
			return err
		}
	}
	return op.soleSetting()
}

func profileFits(profile object) error {
	name := profile.text("name")
	var counts [3]int
	for i, which := range []string{"minimum", "default", "maximum"} {
		n, err := strconv.Atoi(profile.text("capacity." + which))
		if err != nil || n < 0 {
			return badSetting("The capacity %s '%s' of profile '%s' is not a count.", which, profile.text("capacity."+which), name)
		}
		counts[i] = n
	}
	if counts[0] > counts[1] || counts[1] > counts[2] {
		return badSetting("The capacity of profile '%s' must have minimum <= default <= maximum.", name)
	}
	rules := profile.objects("rules")
	if len(rules) > mostRules {
		return badSetting("Profile '%s' has %d rules; at most %d are allowed.", name, len(rules), mostRules)
	}
	for _, rule := range rules {
		if err := ruleHolds(rule, name); err != nil {
			return err
		}
	}
	return recurrenceFits(profile.object("recurrence"), name)
}

func ruleHolds(rule object, profile string) error {
	trigger, action := rule.object("metricTrigger"), rule.object("scaleAction")
	for _, limit := range []struct {
		where, text string
		low, high   time.Duration
	}{
		{"timeGrain", trigger.text("timeGrain"), time.Minute, longestWindow},
		{"timeWindow", trigger.text("timeWindow"), shortestWindow, longestWindow},
		{"cooldown", action.text("cooldown"), shortestCooldown, longestCooldown},
	} {
		d, ok := parseDuration(limit.text)
		if !ok || d < limit.low || d > limit.high {
			return badSetting("The %s '%s' of a rule in profile '%s' must be an ISO 8601 duration from %s to %s.",
				limit.where, limit.text, profile, limit.low, limit.high)
		}
	}
	if value := action.text("value"); action.has("value") {
		if n, err := strconv.Atoi(value); err != nil || n < 0 {
			return badSetting("The value '%s' of a scale action in profile '%s' is not a count.", value, profile)
		}
	}
	if trigger.text("statistic") == "Average" && trigger.flag("dividePerInstance") {
		return badSetting("A rule in profile '%s' divides an average by the number of instances again (dividePerInstance with "+
			"statistic Average); it would never fire.", profile)
	}
	return nil
}

// parseDuration reads the ISO 8601 durations that Azure Monitor takes.
func parseDuration(text string) (time.Duration, bool) {
	match := isoDuration.FindStringSubmatch(text)
	if match == nil || text == "P" || text[len(text)-1] == 'T' {
		return 0, false
	}
	var total time.Duration
	for i, unit := range []time.Duration{24 * time.Hour, time.Hour, time.Minute, time.Second} {
		n, err := strconv.Atoi("0" + match[i+1])
		if err != nil || n > math.MaxInt32 {
			return 0, false
		}
		total += time.Duration(n) * unit
	}
	return total, true
}

func recurrenceFits(recurrence object, profile string) error {
	if recurrence == nil {
		return nil
	}
	schedule := recurrence.object("schedule")
	hours, minutes, days := counts(schedule, "hours"), counts(schedule, "minutes"), schedule.texts("days")
	switch {
	case recurrence.text("frequency") != "Week":
		return badSetting("The recurrence frequency '%s' of profile '%s' must be Week.", recurrence.text("frequency"), profile)
	case !slices.Contains(windowsZones, schedule.text("timeZone")):
		return badSetting("The time zone '%s' of profile '%s' is not a Windows time-zone id.", schedule.text("timeZone"), profile)
	case len(days) == 0 || slices.ContainsFunc(days, func(d string) bool { return !slices.Contains(weekdays, d) }):
		return badSetting("The days %q of profile '%s' must be names of weekdays.", days, profile)
	case !oneOf(hours, 24):
		return badSetting("The schedule of profile '%s' must have exactly one hour from 0 to 23.", profile)
	case !oneOf(minutes, 60):
		return badSetting("The schedule of profile '%s' must have exactly one minute from 0 to 59.", profile)
	}
	return nil
}

// oneOf tells whether there is exactly one number, and it is below the limit.
func oneOf(numbers []int, limit int) bool {
	return len(numbers) == 1 && numbers[0] >= 0 && numbers[0] < limit
}

func counts(o object, path string) []int {
	items, _ := o.get(path).([]any)
	var all []int
	for _, item := range items {
		if n, ok := item.(float64); ok {
			all = append(all, int(n))
		}
	}
	return all
}

// soleSetting refuses a second setting for one target and a maximum that the target's prefix cannot hold. Azure finds
// out the latter only when it is too late, during a scale-out; here it is an error at once.
func (op *operation) soleSetting() error {
	target := op.in.text("targetResourceUri")
	if target == "" {
		return badSetting("Required parameter 'targetResourceUri' is missing (null).")
	}
	settings, err := op.all(autoscaleToken)
	if err != nil {
		return err
	}
	for _, s := range settings {
		if arm.Same(s.in.text("targetResourceUri"), target) {
			return conflict("Conflict", "The resource %s already has the autoscale setting %s.", target, s.ID)
		}
	}
	set, there, err := op.scaleSet(target)
	if err != nil || !there {
		return err
	}
	_, high := limitsOf(op.in)
	return set.prefixHolds(high)
}

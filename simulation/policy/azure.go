package policy

import (
	"fmt"
	"slices"

	"jitsi-meet-azure/autoscale/profile"
	"jitsi-meet-azure/autoscale/render"
	"jitsi-meet-azure/functions/reaper/decide"
	"jitsi-meet-azure/internal/environment"
)

// Ours is an environment's own policy: its autoscale setting as the stack renders it, and its reaper.
func Ours(name, title string, env environment.Environment) (Policy, error) {
	profiles, err := render.Profiles(env.Autoscale, env.Bridges.NICMbps)
	if err != nil {
		return Policy{}, fmt.Errorf("policy %s: %w", name, err)
	}
	return ofProfiles(name, title, profiles, reaper(env), env.Autoscale)
}

// Only is an environment's policy with all rules about load left out but those about one metric.
func Only(name, title string, env environment.Environment, metric string) (Policy, error) {
	profiles, err := render.Profiles(env.Autoscale, env.Bridges.NICMbps)
	if err != nil {
		return Policy{}, fmt.Errorf("policy %s: %w", name, err)
	}
	for i := range profiles {
		profiles[i].Rules = slices.DeleteFunc(slices.Clone(profiles[i].Rules), func(r profile.Rule) bool {
			always := r.Operator == profile.GreaterThanOrEqual && r.Threshold == 0 // the recycle
			return r.Metric != metric && !always
		})
	}
	return ofProfiles(name, title, profiles, reaper(env), env.Autoscale)
}

// Article is what "Serverless Autoscaling for Jitsi on Azure" describes (Airwalk, 2021): a rule on the network at 70 % of the
// interface and one on the processor as fallback, a minimum of 1, raised by one for ten minutes at 04:00, and the function's rule for
// scaling in. The article gives no threshold for the processor and no cooldown; 70 % and Azure's five minutes are taken.
func Article(env environment.Environment) (Policy, error) {
	const percent, minimum, hour, minutes = 70, 1, 4, 10
	rule := func(metric string, threshold float64) profile.Rule {
		return profile.Rule{
			Metric: metric, Statistic: profile.Average, Grain: 1, Aggregation: profile.Average, Window: profile.ShortestWindow,
			Operator: profile.GreaterThan, Threshold: threshold, Increase: 1, Cooldown: 5,
		}
	}
	rules := []profile.Rule{
		rule(profile.NetworkIn, render.NetworkThreshold(env.Bridges.NICMbps, percent)),
		rule(profile.CPU, percent),
	}
	between := func(name string, least, minute int) profile.Profile {
		return profile.Profile{
			Name: name, Minimum: least, Maximum: env.Autoscale.Maximum, Default: least, Rules: rules,
			Recurrence: profile.Recurrence{TimeZone: env.Autoscale.Recycle.TimeZone, Days: profile.EveryDay(), Hour: hour, Minute: minute},
		}
	}
	profiles := []profile.Profile{
		between(render.RecycleName, minimum+1, 0), between(render.TwinName(render.RecycleName), minimum, minutes),
	}
	policy := decide.Default()
	policy.MaximumAge = 0
	bounds := env.Autoscale
	bounds.Minimum = minimum
	return ofProfiles("article", "the article's rules", profiles, policy, bounds)
}

func ofProfiles(name, title string, profiles []profile.Profile, reaper decide.Policy, bounds environment.Autoscale) (Policy, error) {
	calendar, err := profile.NewCalendar(profiles)
	if err != nil {
		return Policy{}, fmt.Errorf("policy %s: %w", name, err)
	}
	written, err := profile.Marshal(profiles)
	if err != nil {
		return Policy{}, fmt.Errorf("policy %s: %w", name, err)
	}
	return azure(name, title, written, calendar, reaper, bounds.Minimum, bounds.Maximum)
}

// reaper is what an environment's reaper decides by.
func reaper(env environment.Environment) decide.Policy {
	policy := decide.Default()
	policy.MinimumUptime = env.Reaper.MinimumUptime
	policy.MaximumAge = env.Reaper.MaximumAge
	policy.StuckAfter = env.Reaper.StuckAfter
	policy.BootDeadline = env.Reaper.BootDeadline
	policy.DeadAfter = env.Reaper.DeadAfter
	policy.Reserve = float64(env.Autoscale.ReservePercent) / 100
	return policy
}

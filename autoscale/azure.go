package autoscale

import (
	"strconv"

	"github.com/pulumi/pulumi-azure-native-sdk/insights/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/autoscale/profile"
)

// namespace is the metric namespace of scale sets.
const namespace = "microsoft.compute/virtualmachinescalesets"

// azureProfiles writes profiles in Azure's form. Counts are text in it.
func azureProfiles(profiles []profile.Profile, scaleSetID pulumi.StringInput) insights.AutoscaleProfileArray {
	written := make(insights.AutoscaleProfileArray, 0, len(profiles))
	for _, p := range profiles {
		rules := make(insights.ScaleRuleArray, 0, len(p.Rules))
		for _, rule := range p.Rules {
			rules = append(rules, azureRule(rule, scaleSetID))
		}
		written = append(written, insights.AutoscaleProfileArgs{
			Name: pulumi.String(p.Name),
			Capacity: insights.ScaleCapacityArgs{
				Minimum: pulumi.String(strconv.Itoa(p.Minimum)),
				Maximum: pulumi.String(strconv.Itoa(p.Maximum)),
				Default: pulumi.String(strconv.Itoa(p.Default)),
			},
			Rules:      rules,
			Recurrence: azureRecurrence(p.Recurrence),
		})
	}
	return written
}

func azureRule(rule profile.Rule, scaleSetID pulumi.StringInput) insights.ScaleRuleArgs {
	within := namespace
	if rule.Namespace != "" {
		within = rule.Namespace
	}
	return insights.ScaleRuleArgs{
		MetricTrigger: insights.MetricTriggerArgs{
			MetricName:        pulumi.String(rule.Metric),
			MetricNamespace:   pulumi.String(within),
			MetricResourceUri: scaleSetID,
			TimeGrain:         pulumi.String(rule.Grain.String()),
			Statistic:         insights.MetricStatisticType(rule.Statistic),
			TimeWindow:        pulumi.String(rule.Window.String()),
			TimeAggregation:   insights.TimeAggregationType(rule.Aggregation),
			Operator:          insights.ComparisonOperationType(rule.Operator),
			Threshold:         pulumi.Float64(rule.Threshold),
			// The statistic is the mean of the instances already; dividing again would keep the rule from ever firing.
			DividePerInstance: pulumi.Bool(false),
			Dimensions:        insights.ScaleRuleMetricDimensionArray{},
		},
		ScaleAction: insights.ScaleActionArgs{
			Direction: insights.ScaleDirectionIncrease,
			Type:      insights.ScaleTypeChangeCount,
			Value:     pulumi.String(strconv.Itoa(rule.Increase)),
			Cooldown:  pulumi.String(rule.Cooldown.String()),
		},
	}
}

func azureRecurrence(r profile.Recurrence) insights.RecurrenceArgs {
	days := make(pulumi.StringArray, 0, len(r.Days))
	for _, day := range r.Days {
		days = append(days, pulumi.String(day.String()))
	}
	return insights.RecurrenceArgs{
		// The only frequency that Azure takes; every day is a week of seven days.
		Frequency: insights.RecurrenceFrequencyWeek,
		Schedule: insights.RecurrentScheduleArgs{
			TimeZone: pulumi.String(r.TimeZone),
			Days:     days,
			// Azure reads one hour and one minute; more elements do not make more times.
			Hours:   pulumi.IntArray{pulumi.Int(r.Hour)},
			Minutes: pulumi.IntArray{pulumi.Int(r.Minute)},
		},
	}
}

package watch

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/pulumi/pulumi-azure-native-sdk/insights/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/monitoring/alerts"
)

// everywhere is the region of what Azure keeps in none.
const everywhere = "Global"

// iso writes whole minutes, hours or days as Azure does.
func iso(length time.Duration) string {
	switch {
	case length%(24*time.Hour) == 0:
		return fmt.Sprintf("P%dD", length/(24*time.Hour))
	case length%time.Hour == 0:
		return fmt.Sprintf("PT%dH", length/time.Hour)
	default:
		return fmt.Sprintf("PT%dM", length/time.Minute)
	}
}

func (b *builder) description(alert alerts.Alert) pulumi.String {
	return pulumi.String(alert.Description(b.args.Alerts.Runbook))
}

// newQueryRule makes a rule that fires for every row of a query, and ends when there is none.
//
// Azure would refuse a query about a table that no row has come to yet, which on the first day is every table, so it is told not
// to look. What it would find is looked for in the tests of package alerts.
// Source: azure-rest-api-specs pull request 32650 (skipQueryValidation); Azure docs, alerts-create-log-alert-rule.
func (b *builder) newQueryRule(alert alerts.Alert) error {
	dimensions := insights.DimensionArray{}
	for _, column := range alert.Query.By {
		dimensions = append(dimensions, insights.DimensionArgs{
			Name: pulumi.String(column), Operator: pulumi.String("Include"), Values: pulumi.ToStringArray([]string{"*"}),
		})
	}
	_, err := insights.NewScheduledQueryRule(b.ctx, b.name+"-"+alert.Name, &insights.ScheduledQueryRuleArgs{
		RuleName:            pulumi.String(b.args.Names.Alert(alert.Name, "")),
		ResourceGroupName:   b.args.ResourceGroupName,
		Location:            pulumi.String(b.args.Location),
		Kind:                pulumi.String("LogAlert"),
		DisplayName:         pulumi.String(b.args.Names.Environment() + ": " + alert.Title),
		Description:         b.description(alert),
		Severity:            pulumi.Float64(float64(alert.Severity)),
		Enabled:             pulumi.Bool(true),
		Scopes:              pulumi.StringArray{b.args.WorkspaceID},
		EvaluationFrequency: pulumi.String(iso(alert.Every)),
		WindowSize:          pulumi.String(iso(alert.Window)),
		SkipQueryValidation: pulumi.Bool(true),
		AutoMitigate:        pulumi.Bool(true),
		Criteria: insights.ScheduledQueryRuleCriteriaArgs{AllOf: insights.ConditionArray{insights.ConditionArgs{
			Query: b.query(alert), TimeAggregation: pulumi.String("Count"), Dimensions: dimensions,
			Operator: pulumi.String("GreaterThan"), Threshold: pulumi.Float64(alert.Threshold),
			FailingPeriods: insights.ConditionFailingPeriodsArgs{
				NumberOfEvaluationPeriods: pulumi.Float64(1), MinFailingPeriodsToAlert: pulumi.Float64(1),
			},
		}}},
		Actions: insights.ActionsArgs{ActionGroups: pulumi.StringArray{b.parent.ActionGroupID}},
		Tags:    b.tags(),
	}, b.under()...)
	return err
}

// query is an alert's query. That about certificates says when they end, which is known once they are made.
func (b *builder) query(alert alerts.Alert) pulumi.StringPtrInput {
	if alert.Name != alerts.CertificateExpiring {
		return pulumi.String(alert.Query.Text)
	}
	ends := make(pulumi.StringArray, 0, len(b.args.Certificates))
	for _, certificate := range b.args.Certificates {
		ends = append(ends, certificate.Expires)
	}
	return ends.ToStringArrayOutput().ApplyT(func(ends []string) *string {
		made := make([]alerts.Certificate, 0, len(ends))
		for i, end := range ends {
			made = append(made, alerts.Certificate{Of: b.args.Certificates[i].Of, Expires: end})
		}
		text := alerts.ExpiringQuery(b.args.Facts.CertificateDays, made)
		return &text
	}).(pulumi.StringPtrOutput)
}

// newMetricRules makes one rule for each shard: Azure evaluates a metric of several scale sets in one rule only where it says so.
// Source: Azure docs, alerts-metric-near-real-time (supported resources).
func (b *builder) newMetricRules(alert alerts.Alert) error {
	for _, shard := range b.args.Facts.Shards {
		_, err := insights.NewMetricAlert(b.ctx, b.name+"-"+alert.Name+"-"+shard, &insights.MetricAlertArgs{
			RuleName:            pulumi.String(b.args.Names.Alert(alert.Name, shard)),
			ResourceGroupName:   b.args.ResourceGroupName,
			Location:            pulumi.String(everywhere),
			Description:         b.description(alert),
			Severity:            pulumi.Int(int(alert.Severity)),
			Enabled:             pulumi.Bool(true),
			Scopes:              pulumi.StringArray{b.args.ScaleSetIDs[shard]},
			EvaluationFrequency: pulumi.String(iso(alert.Every)),
			WindowSize:          pulumi.String(iso(alert.Window)),
			AutoMitigate:        pulumi.Bool(true),
			Criteria: insights.MetricAlertSingleResourceMultipleMetricCriteriaArgs{
				OdataType: pulumi.String("Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria"),
				AllOf: insights.MetricCriteriaArray{insights.MetricCriteriaArgs{
					Name: pulumi.String("load"), CriterionType: pulumi.String("StaticThresholdCriterion"),
					MetricNamespace: pulumi.String(alert.Metric.Namespace), MetricName: pulumi.String(alert.Metric.Name),
					TimeAggregation: pulumi.String(alert.Metric.Aggregation), Operator: pulumi.String("GreaterThan"),
					Threshold: pulumi.Float64(alert.Threshold),
				}},
			},
			Actions: b.metricActions(),
			Tags:    b.tags(),
		}, b.under()...)
		if err != nil {
			return fmt.Errorf("of shard %s: %w", shard, err)
		}
	}
	return nil
}

func (b *builder) metricActions() insights.MetricAlertActionArray {
	return insights.MetricAlertActionArray{insights.MetricAlertActionArgs{ActionGroupId: b.parent.ActionGroupID}}
}

// newActivityRule makes a rule about Azure's activity log, which costs nothing and is as fast as the log.
func (b *builder) newActivityRule(alert alerts.Alert) error {
	fields := insights.AlertRuleAnyOfOrLeafConditionArray{}
	for _, field := range slices.Sorted(maps.Keys(alert.Activity.Equals)) {
		fields = append(fields, insights.AlertRuleAnyOfOrLeafConditionArgs{
			Field: pulumi.String(field), Equals: pulumi.String(alert.Activity.Equals[field]),
		})
	}
	scope := b.args.ResourceGroupID
	if alert.Activity.OfCluster {
		scope = b.args.ClusterID
	}
	_, err := insights.NewActivityLogAlert(b.ctx, b.name+"-"+alert.Name, &insights.ActivityLogAlertArgs{
		ActivityLogAlertName: pulumi.String(b.args.Names.Alert(alert.Name, "")),
		ResourceGroupName:    b.args.ResourceGroupName,
		Location:             pulumi.String(everywhere),
		Description:          b.description(alert),
		Enabled:              pulumi.Bool(true),
		Scopes:               pulumi.StringArray{scope},
		Condition:            insights.AlertRuleAllOfConditionArgs{AllOf: fields},
		Actions: insights.ActionListArgs{ActionGroups: insights.ActionGroupTypeArray{
			insights.ActionGroupTypeArgs{ActionGroupId: b.parent.ActionGroupID},
		}},
		Tags: b.tags(),
	}, b.under()...)
	return err
}

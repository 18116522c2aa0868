package watch

import (
	"fmt"
	"maps"

	"github.com/pulumi/pulumi-azure-native-sdk/insights/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/monitoring/alerts"
)

// timeLimit is how long a place waits for the page, in seconds.
const timeLimit = 30

// places are from where Azure asks, the nearest first: West Europe, North Europe, UK South, East US, Southeast Asia. The ids say
// something else in part, for historical reasons.
// Source: Azure docs, availability-standard-tests (location population tags).
func places(n int) insights.WebTestGeolocationArray {
	ids := []string{"emea-nl-ams-azr", "emea-gb-db3-azr", "emea-ru-msa-edge", "us-va-ash-azr", "apac-sg-sin-azr"}
	chosen := insights.WebTestGeolocationArray{}
	for _, id := range ids[:min(n, len(ids))] {
		chosen = append(chosen, insights.WebTestGeolocationArgs{Location: pulumi.String(id)})
	}
	return chosen
}

// newOutsideRule makes a test that asks the front door as a browser does, and a rule for when it fails.
func (b *builder) newOutsideRule(alert alerts.Alert) error {
	test, err := b.newWebTest(alert)
	if err != nil {
		return err
	}
	_, err = insights.NewMetricAlert(b.ctx, b.name+"-"+alert.Name, &insights.MetricAlertArgs{
		RuleName:            pulumi.String(b.args.Names.Alert(alert.Name, "")),
		ResourceGroupName:   b.args.ResourceGroupName,
		Location:            pulumi.String(everywhere),
		Description:         b.description(alert),
		Severity:            pulumi.Int(int(alert.Severity)),
		Enabled:             pulumi.Bool(true),
		Scopes:              pulumi.StringArray{test.ID().ToStringOutput(), b.args.ApplicationInsightsID},
		EvaluationFrequency: pulumi.String(iso(alert.Every)),
		WindowSize:          pulumi.String(iso(alert.Window)),
		AutoMitigate:        pulumi.Bool(true),
		Criteria: insights.WebtestLocationAvailabilityCriteriaArgs{
			OdataType:           pulumi.String("Microsoft.Azure.Monitor.WebtestLocationAvailabilityCriteria"),
			WebTestId:           test.ID().ToStringOutput(),
			ComponentId:         b.args.ApplicationInsightsID,
			FailedLocationCount: pulumi.Float64(alert.Threshold + 1),
		},
		Actions: b.metricActions(),
		Tags:    b.tags(),
	}, b.under()...)
	return err
}

// newWebTest makes the test. The tag is how Azure knows to which Application Insights it belongs.
// Source: Azure docs, Microsoft.Insights/webtests template reference.
func (b *builder) newWebTest(alert alerts.Alert) (*insights.WebTest, error) {
	role := alert.Outside.Role
	rules := insights.WebTestPropertiesValidationRulesArgs{ExpectedHttpStatusCode: pulumi.Int(200), SSLCheck: pulumi.Bool(true)}
	if alert.Outside.CertificateDays > 0 {
		rules.SSLCertRemainingLifetimeCheck = pulumi.Int(alert.Outside.CertificateDays)
	}
	own := b.args.ApplicationInsightsID.ToStringOutput().ApplyT(func(id string) map[string]string {
		all := maps.Clone(b.ownTags())
		all["hidden-link:"+id] = "Resource"
		return all
	}).(pulumi.StringMapOutput)
	test, err := insights.NewWebTest(b.ctx, b.name+"-webtest-"+role, &insights.WebTestArgs{
		WebTestName:        pulumi.String(b.args.Names.WebTest(role)),
		SyntheticMonitorId: pulumi.String(b.args.Names.WebTest(role)),
		ResourceGroupName:  b.args.ResourceGroupName,
		Location:           pulumi.String(b.args.Location),
		Kind:               insights.WebTestKindStandard,
		WebTestKind:        insights.WebTestKindStandard,
		Description:        pulumi.String(alert.Title),
		Enabled:            pulumi.Bool(true),
		Frequency:          pulumi.Int(int(alert.Every.Seconds())),
		Timeout:            pulumi.Int(timeLimit),
		RetryEnabled:       pulumi.Bool(true),
		Locations:          places(alert.Outside.Places),
		Request: insights.WebTestPropertiesRequestArgs{
			RequestUrl: pulumi.String("https://" + b.args.Domain + alert.Outside.Path), HttpVerb: pulumi.String("GET"),
			FollowRedirects: pulumi.Bool(false), ParseDependentRequests: pulumi.Bool(false),
		},
		ValidationRules: rules,
		Tags:            own,
	}, b.under()...)
	if err != nil {
		return nil, fmt.Errorf("its test: %w", err)
	}
	return test, nil
}

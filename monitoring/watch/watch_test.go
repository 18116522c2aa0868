package watch_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/internal/graphtest"
	"jitsi-meet-azure/internal/naming"
	"jitsi-meet-azure/internal/role"
	"jitsi-meet-azure/monitoring/alerts"
	"jitsi-meet-azure/monitoring/watch"
)

const (
	group     = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg"
	component = "azure-native:insights:"
)

func usual() watch.Args {
	return watch.Args{
		Names: naming.For("dev", "meet.example.org", "westeurope"), Location: "westeurope", Tags: map[string]string{"owner": "video"},
		Domain: "meet.example.org",
		Alerts: environment.Alerts{
			Emails: []string{"oncall@example.org"}, Webhooks: []string{"https://hooks.example.org/SECRET-TOKEN"},
			Runbook: "docs/operations.md", AtMaximum: 15 * time.Minute, CertificateDays: 21,
		},
		Facts: alerts.Facts{
			Shards: []string{"a", "b"}, Namespaces: []string{"shard-a", "shard-b"}, FrontDoor: "front-door", Proxies: 2, Maximum: 3,
			PrefixAddresses: 8, CPUPercent: 70, ReaperPause: time.Minute, AtMaximum: 15 * time.Minute, CertificateDays: 21, Trusted: true,
		},
		Certificates:      []watch.Certificate{{Of: "shard a", Expires: pulumi.String("2027-11-24T10:00:00Z")}},
		ResourceGroupName: pulumi.String("rg"), ResourceGroupID: pulumi.String(group), WorkspaceID: pulumi.String("/workspace"),
		ApplicationInsightsID: pulumi.String("/appi"), ClusterID: pulumi.String("/cluster"), ClusterRuleID: pulumi.String("/rule"),
		FunctionAppID: pulumi.String("/app"), ReaperPrincipalID: pulumi.String("principal"),
		AutoscaleIDs: map[string]pulumi.StringInput{"a": pulumi.String("/as-a"), "b": pulumi.String("/as-b")},
		ScaleSetIDs:  map[string]pulumi.StringInput{"a": pulumi.String("/set-a"), "b": pulumi.String("/set-b")},
	}
}

func record(t *testing.T, args watch.Args, unknown bool) (graphtest.Graph, error) {
	t.Helper()
	named := func(pulumi.MockResourceArgs) resource.PropertyMap { return nil }
	return graphtest.Run(graphtest.Options{Stack: "dev", Unknown: unknown, Outputs: named}, func(ctx *pulumi.Context) error {
		_, err := watch.New(ctx, "watch", args)
		return err
	})
}

func graphOf(t *testing.T) graphtest.Graph {
	t.Helper()
	graph, err := record(t, usual(), false)
	require.NoError(t, err)
	return graph
}

func find(t *testing.T, graph graphtest.Graph, name string) map[string]any {
	t.Helper()
	found, there := graph.Find(name)
	require.True(t, there, name)
	return found.Inputs
}

func at(t *testing.T, value any, path ...any) any {
	t.Helper()
	found, err := graphtest.At(value, path...)
	require.NoError(t, err, path)
	return found
}

// Every alert of the table is a rule, says where to read on, and reaches the one group.
func TestEveryAlertIsARule(t *testing.T) {
	t.Parallel()
	graph := graphOf(t)
	people := graphtest.ID("watch-people")
	for _, alert := range alerts.Table(usual().Facts) {
		names := []string{"watch-" + alert.Name}
		if alert.Metric != nil {
			names = []string{"watch-" + alert.Name + "-a", "watch-" + alert.Name + "-b"}
		}
		for _, name := range names {
			rule := find(t, graph, name)
			assert.Contains(t, rule["description"], "docs/operations.md#"+alert.Name, name)
			assert.Equal(t, true, rule["enabled"], name)
			switch {
			case alert.Query != nil:
				assert.Equal(t, []any{people}, at(t, rule, "actions", "actionGroups"), name)
				assert.Equal(t, []any{"/workspace"}, rule["scopes"], name)
				assert.Equal(t, true, rule["skipQueryValidation"], "on the first day no table is there")
				if alert.Name != alerts.CertificateExpiring {
					assert.Equal(t, alert.Query.Text, at(t, rule, "criteria", "allOf", 0, "query"), name)
				}
			case alert.Activity != nil:
				assert.Equal(t, people, at(t, rule, "actions", "actionGroups", 0, "actionGroupId"), name)
			default:
				assert.Equal(t, people, at(t, rule, "actions", 0, "actionGroupId"), name)
			}
			if alert.Activity == nil {
				assert.InDelta(t, float64(alert.Severity), rule["severity"], 0, name)
			}
		}
	}
}

func TestLengthsOfTimeAreAzures(t *testing.T) {
	t.Parallel()
	graph := graphOf(t)
	for name, want := range map[string][2]string{
		"watch-reaper-silent": {"PT15M", "PT15M"}, "watch-shard-down": {"PT5M", "PT6H"}, "watch-certificate-expiring": {"PT1H", "P1D"},
		"watch-shard-cpu-high-a": {"PT5M", "PT15M"},
	} {
		rule := find(t, graph, name)
		assert.Equal(t, want, [2]string{rule["evaluationFrequency"].(string), rule["windowSize"].(string)}, name)
	}
}

func TestTheQueryAboutCertificatesSaysWhenTheyEnd(t *testing.T) {
	t.Parallel()
	query := at(t, find(t, graphOf(t), "watch-certificate-expiring"), "criteria", "allOf", 0, "query")
	assert.Equal(t, alerts.ExpiringQuery(21, []alerts.Certificate{{Of: "shard a", Expires: "2027-11-24T10:00:00Z"}}), query)
}

func TestWebhooksAreSecret(t *testing.T) {
	t.Parallel()
	graph := graphOf(t)
	people := find(t, graph, "watch-people")
	assert.Equal(t, "meet-dev", people["groupShortName"])
	assert.Equal(t, "oncall@example.org", at(t, people, "emailReceivers", 0, "emailAddress"))
	assert.Equal(t, "[secret]", at(t, people, "webhookReceivers", 0, "serviceUri"))
	text, err := graph.YAML()
	require.NoError(t, err)
	assert.NotContains(t, string(text), "SECRET-TOKEN")
}

// One setting for each resource: Azure refuses a second one that sends the same to the same place.
func TestDiagnostics(t *testing.T) {
	t.Parallel()
	graph := graphOf(t)
	targets := map[any]bool{}
	for _, setting := range graph.Of(component + "DiagnosticSetting") {
		assert.False(t, targets[setting.Inputs["resourceUri"]], setting.Name)
		targets[setting.Inputs["resourceUri"]] = true
		assert.Equal(t, "/workspace", setting.Inputs["workspaceId"])
	}
	assert.Len(t, targets, 4)
	autoscale := find(t, graph, "watch-logs-autoscale-a")
	assert.Equal(t, "AutoscaleEvaluations", at(t, autoscale, "logs", 0, "category"))
	assert.Equal(t, "AllMetrics", at(t, autoscale, "metrics", 0, "category"))
	cluster, err := graphYAML(graph, "watch-logs-cluster")
	require.NoError(t, err)
	assert.NotContains(t, cluster, "kube-audit", "by far the largest")
}

func graphYAML(graph graphtest.Graph, name string) (string, error) {
	text, err := graph.YAML()
	before, _, _ := strings.Cut(string(text), "name: "+name)
	return before[strings.LastIndex(before, "- inputs:"):], err
}

func TestTheReaperMayReportAndNothingElse(t *testing.T) {
	t.Parallel()
	grants := graphOf(t).Of("azure-native:authorization:RoleAssignment")
	require.Len(t, grants, 1)
	assert.Equal(t, "/appi", grants[0].Inputs["scope"])
	assert.Equal(t, "principal", grants[0].Inputs["principalId"])
	assert.Contains(t, grants[0].Inputs["roleDefinitionId"], role.MetricsPublisher)
}

// Asked from outside like a browser, and with the tag by which Azure finds what a test belongs to.
func TestWebTests(t *testing.T) {
	t.Parallel()
	graph := graphOf(t)
	page, certificate := find(t, graph, "watch-webtest-page"), find(t, graph, "watch-webtest-certificate")
	assert.Len(t, page["locations"], 5)
	assert.Len(t, certificate["locations"], 1)
	assert.Equal(t, "https://meet.example.org/", at(t, page, "request", "requestUrl"))
	assert.NotContains(t, page["validationRules"], "sSLCertRemainingLifetimeCheck")
	assert.EqualValues(t, 21, at(t, certificate, "validationRules", "sSLCertRemainingLifetimeCheck"))
	assert.Equal(t, "Resource", at(t, page, "tags", "hidden-link:/appi"))
	assert.Equal(t, "video", at(t, page, "tags", "owner"))
	assert.EqualValues(t, 3, at(t, find(t, graph, "watch-front-door-down"), "criteria", "failedLocationCount"))
	assert.EqualValues(t, 1, at(t, find(t, graph, "watch-front-door-certificate"), "criteria", "failedLocationCount"))
}

func TestTheWorkbookKeepsItsName(t *testing.T) {
	t.Parallel()
	made := find(t, graphOf(t), "watch-workbook")
	assert.Regexp(t, `^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`, made["resourceName"])
	again := find(t, graphOf(t), "watch-workbook")
	assert.Equal(t, made, again)
	other := usual()
	other.Names = naming.For("prod", "meet.example.org", "westeurope")
	graph, err := record(t, other, false)
	require.NoError(t, err)
	assert.NotEqual(t, made["resourceName"], find(t, graph, "watch-workbook")["resourceName"])
	assert.Contains(t, made["serializedData"], `"/workspace"`)
}

func TestUnknownsDoNotChangeTheGraph(t *testing.T) {
	t.Parallel()
	var names [2][]string
	for i, unknown := range []bool{false, true} {
		graph, err := record(t, usual(), unknown)
		require.NoError(t, err)
		for _, r := range graph.Resources {
			names[i] = append(names[i], r.Name)
			assert.True(t, r.Parent == "watch" || r.Name == "watch", r.Name)
		}
	}
	assert.Equal(t, names[0], names[1])
}

func TestValidateReportsEverything(t *testing.T) {
	t.Parallel()
	empty := watch.Args{Facts: alerts.Facts{Shards: []string{"a"}}, Certificates: []watch.Certificate{{Of: "x"}}}
	err := empty.Validate()
	for _, name := range []string{
		"Names", "Location", "Domain", "Alerts.Runbook", "ResourceGroupName", "ResourceGroupID", "WorkspaceID", "ApplicationInsightsID",
		"ClusterID", "ClusterRuleID", "FunctionAppID", "ReaperPrincipalID", `AutoscaleIDs["a"]`, `ScaleSetIDs["a"]`, "Certificates[0]",
	} {
		require.ErrorContains(t, err, name+" is missing")
	}
	require.ErrorContains(t, err, "facts: ")
	require.NoError(t, usual().Validate())
	_, err = record(t, empty, false)
	require.ErrorContains(t, err, "watch: ")
}

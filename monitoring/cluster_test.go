package monitoring_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/internals"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/internal/graphtest"
	"jitsi-meet-azure/monitoring"
	"jitsi-meet-azure/monitoring/alerts"
	"jitsi-meet-azure/monitoring/schema"
)

// What the cluster's agent collects are tables that queries here know.
func TestClusterRule(t *testing.T) {
	t.Parallel()
	rule := find(t, usual(), "monitoring-cluster")
	assert.Equal(t, "dcr-meet-dev-cluster", rule.Inputs["dataCollectionRuleName"])
	source := at(t, rule.Inputs, "dataSources", "extensions", 0)
	assert.Equal(t, "ContainerInsights", at(t, source, "extensionName"))
	assert.Equal(t, map[string]any{
		"interval": "1m", "namespaceFilteringMode": "Include", "namespaces": []any{"front-door", "shard-a", "shard-b"},
		"enableContainerLogV2": true,
	}, at(t, source, "extensionSettings", "dataCollectionSettings"))
	var flowing []any
	for _, flow := range rule.Inputs["dataFlows"].([]any) {
		flowing = append(flowing, at(t, flow, "streams").([]any)...)
		assert.Equal(t, []any{at(t, rule.Inputs, "destinations", "logAnalytics", 0, "name")}, at(t, flow, "destinations"))
	}
	assert.Equal(t, at(t, source, "streams"), flowing)
	for _, stream := range flowing {
		name := strings.TrimPrefix(stream.(string), "Microsoft-")
		_, known := schema.Find(name)
		assert.True(t, known, name)
	}
	assert.Equal(t, graphtest.ID("monitoring-workspace"), at(t, rule.Inputs, "destinations", "logAnalytics", 0, "workspaceResourceId"))
}

func TestWhatIsKeptOfContainers(t *testing.T) {
	t.Parallel()
	transform := at(t, find(t, usual(), "monitoring-cluster").Inputs, "dataFlows", 0, "transformKql").(string)
	require.True(t, strings.HasPrefix(transform, `source | where (PodNamespace == "front-door" and tostring(LogMessage) matches regex "`))
	require.True(t, strings.HasSuffix(transform,
		`or (PodNamespace in ("shard-a", "shard-b") and ContainerName in ("prosody", "jicofo"))`), transform)
	kept := regexp.MustCompile(strings.Split(transform, `"`)[3])
	for _, line := range []string{
		"shard a: down #no operational bridge (web and Prosody answer, bridges missing)",
		`Server shards/a is DOWN, reason: Layer7 wrong status, code: 502`, "[ALERT]    (8) : Server shards/a is DOWN",
		"the new certificate of /etc/haproxy-tls/tls.crt is refused: x", "other proxies take users but none has told its rooms: not ready",
		"the relay has used up its 8192 file descriptors: new users are not served", "shards.lua: attempt to index a nil value",
		"certificate.lua: x", "the table of rooms is learned", "no other proxy takes users: beginning with an empty table of rooms",
	} {
		assert.True(t, kept.MatchString(line), "an alert or an operator needs %q", line)
	}
	for _, line := range []string{
		"198.51.100.7:40112 [24/Nov/2026:10:00:00.000] GET 200 1 0/0/0/1/1 -- shard=a room=4A44DC15364204A80FE80E9039455CC1",
		"Connect from 198.51.100.7:40112 to 10.244.1.5:8080 (plain/HTTP)",
		"198.51.100.7:40112 [24/Nov/2026:10:00:00.000] public/1: SSL handshake failure",
		"123: : INFO: session 001: new, realm=<x>, username=<>, lifetime=600, remote 198.51.100.7:40112",
	} {
		assert.False(t, kept.MatchString(line), "it holds a user's address: %q", line)
	}
}

// Whatever the alerts look for in the front door's namespace gets into the workspace.
func TestAlertsFindWhatTheyLookFor(t *testing.T) {
	t.Parallel()
	transform := at(t, find(t, usual(), "monitoring-cluster").Inputs, "dataFlows", 0, "transformKql").(string)
	kept := regexp.MustCompile(strings.Split(transform, `"`)[3])
	looked := 0
	for _, alert := range alerts.Table(alerts.Facts{
		Shards: []string{"a"}, Namespaces: []string{"shard-a"}, FrontDoor: "front-door", ReaperPause: time.Minute,
	}) {
		if alert.Query == nil || !strings.Contains(alert.Query.Text, "ContainerLogV2") {
			continue
		}
		found := regexp.MustCompile(`said contains_cs "([^"]+)"`).FindStringSubmatch(alert.Query.Text)
		require.NotNil(t, found, alert.Name)
		assert.True(t, kept.MatchString(found[1]+"x"), "%s looks for %q, which is dropped", alert.Name, found[1])
		looked++
	}
	assert.GreaterOrEqual(t, looked, 5)
}

func TestApplicationInsights(t *testing.T) {
	t.Parallel()
	made := find(t, usual(), "monitoring-application-insights").Inputs
	assert.Equal(t, "appi-meet-dev", made["resourceName"])
	assert.Equal(t, true, made["disableLocalAuth"], "a key alone must not let anybody in")
	assert.Equal(t, graphtest.ID("monitoring-workspace"), made["workspaceResourceId"])
	assert.Equal(t, "LogAnalytics", made["ingestionMode"])
}

func TestTheConnectionStringIsSecret(t *testing.T) {
	t.Parallel()
	options := graphtest.Options{Stack: "dev", Outputs: outputs}
	_, err := graphtest.Run(options, func(ctx *pulumi.Context) error {
		made, err := monitoring.New(ctx, "monitoring", usual())
		if err != nil {
			return err
		}
		got, err := internals.UnsafeAwaitOutput(ctx.Context(), made.ConnectionString)
		if err != nil {
			return err
		}
		assert.True(t, got.Secret)
		assert.Equal(t, "InstrumentationKey=KEY", got.Value)
		return nil
	})
	require.NoError(t, err)
}

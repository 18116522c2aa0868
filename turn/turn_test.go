package turn_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/internal/graphtest"
	"jitsi-meet-azure/internal/naming"
	"jitsi-meet-azure/turn"
)

const sharedSecret = "the shared secret"

func usual() turn.Args {
	return turn.Args{
		Names:         naming.For("dev", "meet.example.org", "westeurope"),
		Location:      "westeurope",
		Shard:         environment.Shard{Name: "a", Zone: 2},
		Domain:        "meet.example.org",
		Turn:          environment.Turn{ImageTag: "4.6.3", Replicas: 2},
		ResourceGroup: "rg-meet-dev",
		AddressName:   "pip-meet-dev-turn-a",
		Address:       pulumi.String("203.0.113.20"),
		PrefixCIDR:    pulumi.String("198.51.100.16/28"),
		Secret:        pulumi.String(sharedSecret),
	}
}

func tryRecord(args turn.Args, unknown bool) (graphtest.Graph, error) {
	return graphtest.Run(graphtest.Options{Stack: "dev", Unknown: unknown}, func(ctx *pulumi.Context) error {
		cluster, err := kubernetes.NewProvider(ctx, "kubernetes", nil)
		if err != nil {
			return err
		}
		namespace := &struct{ pulumi.CustomResourceState }{}
		if err := ctx.RegisterResource("test:index:Namespace", "namespace", pulumi.Map{}, namespace); err != nil {
			return err
		}
		args.Ready = []pulumi.Resource{namespace}
		made, err := turn.New(ctx, "turn-a", args, pulumi.Providers(cluster))
		if err != nil {
			return err
		}
		ctx.Export("host", pulumi.String(made.Host))
		ctx.Export("address", made.Address)
		return nil
	})
}

func record(t *testing.T, args turn.Args) graphtest.Graph {
	t.Helper()
	graph, err := tryRecord(args, false)
	require.NoError(t, err)
	return graph
}

func find(t *testing.T, graph graphtest.Graph, suffix string) graphtest.Resource {
	t.Helper()
	found, ok := graph.Find("turn-a-" + suffix)
	require.True(t, ok, "there is no resource turn-a-%s", suffix)
	return found
}

// at walks into nested inputs by keys and list positions.
func at(t *testing.T, r graphtest.Resource, path ...any) any {
	t.Helper()
	value, err := graphtest.At(r.Inputs, path...)
	require.NoError(t, err, r.Name)
	return value
}

func text(t *testing.T, value any) string {
	t.Helper()
	encoded, err := json.Marshal(value)
	require.NoError(t, err)
	return string(encoded)
}

func TestEveryChildIsUnderTheComponentAndWaitsForTheNamespace(t *testing.T) {
	t.Parallel()
	children := 0
	for _, child := range record(t, usual()).Resources {
		if !strings.HasPrefix(child.Type, "kubernetes:") {
			continue
		}
		children++
		assert.Equal(t, "turn-a", child.Parent, child.Name)
		assert.Equal(t, "meet:turn:Relay", child.ParentType, child.Name)
		assert.Equal(t, "kubernetes", child.Provider, child.Name)
		if child.Type == "kubernetes:scheduling.k8s.io/v1:PriorityClass" {
			continue // the cluster's
		}
		assert.Equal(t, "turn-a", at(t, child, "metadata", "name"))
		assert.Equal(t, "front-door", at(t, child, "metadata", "namespace"), child.Name)
		assert.Contains(t, child.DependsOn, "namespace", child.Name)
	}
	assert.Equal(t, 7, children)
}

func TestNothingDependsOnOutputsBeingKnown(t *testing.T) {
	t.Parallel()
	names := func(unknown bool) []string {
		graph, err := tryRecord(usual(), unknown)
		require.NoError(t, err)
		var found []string
		for _, r := range graph.Resources {
			found = append(found, r.Type+" "+r.Name)
		}
		return found
	}
	assert.Equal(t, names(false), names(true))
}

func TestTheSecretIsInASecretOnly(t *testing.T) {
	t.Parallel()
	graph := record(t, usual())
	for _, r := range graph.Resources {
		assert.NotContains(t, text(t, r.Inputs), sharedSecret, r.Name)
	}
	assert.True(t, find(t, graph, "secret").Raw["stringData"].IsSecret())
	for _, file := range at(t, find(t, graph, "config"), "data").(map[string]any) {
		assert.NotContains(t, file, sharedSecret)
	}
}

func TestADeploymentNeverStopsARelay(t *testing.T) {
	t.Parallel()
	before, args := record(t, usual()), usual()
	args.Turn.ImageTag, args.Domain = "4.6.4", "meet.example.com"
	after := record(t, args)
	relays := find(t, after, "relays")
	assert.Equal(t, "OnDelete", at(t, relays, "spec", "updateStrategy", "type"))
	assert.Equal(t, "true", at(t, relays, "metadata", "annotations", "pulumi.com/skipAwait"))
	assert.ElementsMatch(t, []string{
		"spec.selector", "spec.serviceName", "spec.podManagementPolicy", "spec.volumeClaimTemplates",
	}, relays.Options["ignoreChanges"])
	assert.Equal(t, at(t, find(t, before, "relays"), "spec", "selector"), at(t, relays, "spec", "selector"))
	hash := []any{"spec", "template", "metadata", "annotations", "meet.jitsi/config-hash"}
	assert.NotEqual(t, at(t, find(t, before, "relays"), hash...), at(t, relays, hash...),
		"a pod with an older configuration must be seen to wait for its roll")
}

func TestRelaysAreNeverEvicted(t *testing.T) {
	t.Parallel()
	graph := record(t, usual())
	budget := find(t, graph, "budget")
	assert.EqualValues(t, 0, at(t, budget, "spec", "maxUnavailable"))
	assert.Equal(t, "IfHealthyBudget", at(t, budget, "spec", "unhealthyPodEvictionPolicy"), "also not while it is unready")
	assert.Equal(t, at(t, find(t, graph, "relays"), "spec", "selector"), at(t, budget, "spec", "selector"))
	template := []any{"spec", "template"}
	relays := find(t, graph, "relays")
	assert.Equal(t, "false", at(t, relays, append(template, "metadata", "annotations", "cluster-autoscaler.kubernetes.io/safe-to-evict")...))
	assert.Equal(t, at(t, find(t, graph, "priority"), "metadata", "name"), at(t, relays, append(template, "spec", "priorityClassName")...))
	assert.Equal(t, "Never", at(t, find(t, graph, "priority"), "preemptionPolicy"), "and evict nobody themselves")
	for _, taint := range []string{"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"} {
		assert.Contains(t, text(t, at(t, relays, append(template, "spec", "tolerations")...)),
			`{"effect":"NoExecute","key":"`+taint+`","operator":"Exists"}`, "and without a limit in time")
	}
	resources := at(t, relays, append(template, "spec", "containers", 0, "resources")...).(map[string]any)
	assert.Equal(t, at(t, relays, append(template, "spec", "containers", 0, "resources", "limits", "memory")...),
		resources["requests"].(map[string]any)["memory"])
}

func TestRelaysAreProtectedWhereConferencesAre(t *testing.T) {
	t.Parallel()
	for _, protect := range []bool{false, true} {
		args := usual()
		args.Protect = protect
		for _, r := range record(t, args).Resources {
			assert.Equal(t, protect && r.Name == "turn-a-relays", r.Options["protect"] == true, r.Name)
		}
	}
}

func TestRelaysAreInTheirZone(t *testing.T) {
	t.Parallel()
	relays := find(t, record(t, usual()), "relays")
	pod := text(t, at(t, relays, "spec", "template", "spec"))
	assert.Contains(t, pod, `{"key":"topology.kubernetes.io/zone","operator":"In","values":["westeurope-2"]}`)
	assert.Contains(t, pod, `"nodeSelector":{"meet.jitsi/pool":"shards"}`)
	assert.Contains(t, pod, `{"effect":"NoSchedule","key":"meet.jitsi/shard","operator":"Equal","value":"true"}`)
	assert.Equal(t, "kubernetes.io/hostname", at(t, relays, "spec", "template", "spec", "topologySpreadConstraints", 0, "topologyKey"))
	assert.EqualValues(t, 2, at(t, relays, "spec", "replicas"))
}

// Another shard's bridges, the cluster and the Internet must be out of reach.
func TestRelaysReachTheBridgesOfTheirShardAndNothingElse(t *testing.T) {
	t.Parallel()
	graph := record(t, usual())
	policy := find(t, graph, "policy")
	assert.Equal(t, at(t, find(t, graph, "relays"), "spec", "selector"), at(t, policy, "spec", "podSelector"))
	assert.ElementsMatch(t, []any{"Ingress", "Egress"}, at(t, policy, "spec", "policyTypes"))
	assert.Equal(t, []any{map[string]any{
		"to":    []any{map[string]any{"ipBlock": map[string]any{"cidr": "198.51.100.16/28"}}},
		"ports": []any{map[string]any{"protocol": "UDP", "port": float64(10000)}},
	}}, at(t, policy, "spec", "egress"))
	assert.Equal(t, []any{map[string]any{
		"ports": []any{map[string]any{"protocol": "TCP", "port": float64(5349)}},
	}}, at(t, policy, "spec", "ingress"))
	configuration := at(t, find(t, graph, "config"), "data", "turnserver.conf").(string)
	var allowed []string
	for line := range strings.Lines(configuration) {
		if strings.HasPrefix(line, "allowed-peer-ip=") {
			allowed = append(allowed, strings.TrimSpace(line))
		}
	}
	assert.Equal(t, []string{"allowed-peer-ip=198.51.100.16-198.51.100.31"}, allowed)
}

func TestUsersReachTheRelaysAtPort443OfTheirOwnAddress(t *testing.T) {
	t.Parallel()
	graph := record(t, usual())
	service := find(t, graph, "service")
	assert.Equal(t, map[string]any{
		"service.beta.kubernetes.io/azure-pip-name":                       "pip-meet-dev-turn-a",
		"service.beta.kubernetes.io/azure-load-balancer-resource-group":   "rg-meet-dev",
		"service.beta.kubernetes.io/azure-load-balancer-tcp-idle-timeout": "30",
	}, at(t, service, "metadata", "annotations"))
	assert.Equal(t, "LoadBalancer", at(t, service, "spec", "type"))
	assert.Equal(t, "Local", at(t, service, "spec", "externalTrafficPolicy"))
	assert.Equal(t, true, at(t, service, "spec", "publishNotReadyAddresses"), "a relay that stops is still used")
	assert.Equal(t, []any{
		map[string]any{"name": "turns", "port": float64(443), "targetPort": "turns", "protocol": "TCP"},
	}, at(t, service, "spec", "ports"))
	assert.Equal(t, at(t, find(t, graph, "relays"), "spec", "selector", "matchLabels"), at(t, service, "spec", "selector"))
	assert.Equal(t, pulumi.String("turn-a.meet.example.org"), graph.Outputs["host"])
}

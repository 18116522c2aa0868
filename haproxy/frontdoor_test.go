package haproxy_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi-tls/sdk/v5/go/tls"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/haproxy"
	"jitsi-meet-azure/haproxy/config"
	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/internal/golden"
	"jitsi-meet-azure/internal/graphtest"
	"jitsi-meet-azure/internal/naming"
)

func usual() haproxy.Args {
	return haproxy.Args{
		Names:  naming.For("dev", "meet.example.org", "westeurope"),
		Domain: "meet.example.org",
		FrontDoor: environment.FrontDoor{
			Replicas: 3, ImageTag: "2.6", CertificateSecret: "meet-tls",
			PerAddress: environment.PerAddress{Connections: 4000, RequestsPerSecond: 1000},
		},
		Backends: []haproxy.Backend{
			{Shard: "a", Host: "web.shard-a.svc.cluster.local", Port: 8000, JicofoHost: "jicofo.shard-a.svc.cluster.local", JicofoPort: 8888},
			{Shard: "b", Host: "web.shard-b.svc.cluster.local", Port: 8000, JicofoHost: "jicofo.shard-b.svc.cluster.local", JicofoPort: 8888},
		},
		ResourceGroup: "rg-meet-dev",
		AddressName:   "pip-meet-dev-front-door",
		Address:       pulumi.String("203.0.113.10"),
	}
}

func tryRecord(args haproxy.Args, unknown bool) (graphtest.Graph, error) {
	makesSecrets := func(args pulumi.MockResourceArgs) bool { return strings.HasPrefix(args.TypeToken, "tls:") }
	options := graphtest.Options{Stack: "dev", Unknown: unknown, Known: makesSecrets, Outputs: func(args pulumi.MockResourceArgs) resource.PropertyMap {
		switch args.TypeToken {
		case "tls:index/privateKey:PrivateKey":
			return resource.PropertyMap{"privateKeyPem": resource.NewProperty("the private key")}
		case "tls:index/selfSignedCert:SelfSignedCert":
			return resource.PropertyMap{"certPem": resource.NewProperty("the certificate")}
		}
		return nil
	}}
	return graphtest.Run(options, func(ctx *pulumi.Context) error {
		cluster, err := kubernetes.NewProvider(ctx, "kubernetes", nil)
		if err != nil {
			return err
		}
		certificates, err := tls.NewProvider(ctx, "tls", nil)
		if err != nil {
			return err
		}
		if args.KeyVaultAccess, err = accessFor(ctx, args); err != nil {
			return err
		}
		door, err := haproxy.New(ctx, "front-door", args, pulumi.Providers(cluster, certificates))
		if err != nil {
			return err
		}
		ctx.Export("url", pulumi.String(door.URL))
		ctx.Export("address", door.Address)
		return nil
	})
}

func record(t *testing.T, args haproxy.Args) graphtest.Graph {
	t.Helper()
	graph, err := tryRecord(args, false)
	require.NoError(t, err)
	return graph
}

func find(t *testing.T, graph graphtest.Graph, name string) graphtest.Resource {
	t.Helper()
	found, ok := graph.Find(name)
	require.True(t, ok, "there is no resource %s", name)
	return found
}

// at walks into nested inputs by keys and list positions.
func at(t *testing.T, r graphtest.Resource, path ...any) any {
	t.Helper()
	value, err := graphtest.At(r.Inputs, path...)
	require.NoError(t, err, r.Name)
	return value
}

func TestEveryChildIsUnderTheFrontDoorWithItsProvider(t *testing.T) {
	t.Parallel()
	args := usual()
	args.FrontDoor.CertificateSecret = ""
	for _, child := range record(t, args).Resources {
		if child.Type == "pulumi:providers:kubernetes" || child.Type == "pulumi:providers:tls" || child.Name == "front-door" {
			continue
		}
		assert.Equal(t, "front-door", child.Parent, child.Name)
		assert.Contains(t, []string{"kubernetes", "tls"}, child.Provider, child.Name)
	}
}

func TestNothingDependsOnOutputsBeingKnown(t *testing.T) {
	t.Parallel()
	known := record(t, usual())
	unknown, err := tryRecord(usual(), true)
	require.NoError(t, err)
	assert.Len(t, unknown.Resources, len(known.Resources))
}

func TestProxiesRunInEveryZoneAndAreReplacedOneByOne(t *testing.T) {
	t.Parallel()
	graph := record(t, usual())
	proxies := find(t, graph, "front-door-proxies")
	assert.EqualValues(t, 3, at(t, proxies, "spec", "replicas"))
	assert.Equal(t, "RollingUpdate", at(t, proxies, "spec", "updateStrategy", "type"))
	spread := []any{"spec", "template", "spec", "topologySpreadConstraints", 0}
	assert.Equal(t, "topology.kubernetes.io/zone", at(t, proxies, append(spread, "topologyKey")...))
	assert.Equal(t, "DoNotSchedule", at(t, proxies, append(spread, "whenUnsatisfiable")...))
	assert.Equal(t, "system", at(t, proxies, "spec", "template", "spec", "nodeSelector", "kubernetes.azure.com/mode"))
	assert.Equal(t, "CriticalAddonsOnly", at(t, proxies, "spec", "template", "spec", "tolerations", 0, "key"))
	budget := find(t, graph, "front-door-budget")
	assert.EqualValues(t, 1, at(t, budget, "spec", "maxUnavailable"))
}

func TestProxiesStopAfterTheLoadBalancerHasLeftThem(t *testing.T) {
	t.Parallel()
	pod := []any{"spec", "template", "spec"}
	proxies := find(t, record(t, usual()), "front-door-proxies")
	assert.Equal(t, []any{"/bin/sh", "/etc/haproxy/stop.sh", "20"}, at(t, proxies, append(pod, "containers", 0, "lifecycle", "preStop", "exec", "command")...))
	assert.EqualValues(t, 90, at(t, proxies, append(pod, "terminationGracePeriodSeconds")...))
}

func TestAChangedConfigurationReplacesTheProxies(t *testing.T) {
	t.Parallel()
	hash := func(args haproxy.Args) any {
		proxies := find(t, record(t, args), "front-door-proxies")
		return at(t, proxies, "spec", "template", "metadata", "annotations", "meet.jitsi/config-hash")
	}
	same, changed := usual(), usual()
	same.AddressName = "another-address"
	changed.Domain = "other.example.org"
	assert.Equal(t, hash(usual()), hash(same))
	assert.NotEqual(t, hash(usual()), hash(changed))
}

func TestDrainedShardsAreTheOperatorsNotTheProgrammes(t *testing.T) {
	t.Parallel()
	graph := record(t, usual())
	for _, r := range graph.Of("kubernetes:core/v1:ConfigMap") {
		assert.NotEqual(t, config.DrainedConfigMap, at(t, r, "metadata", "name"))
	}
	volume := at(t, find(t, graph, "front-door-proxies"), "spec", "template", "spec", "volumes", 2, "configMap")
	assert.Equal(t, map[string]any{"name": config.DrainedConfigMap, "optional": true}, volume)
}

func TestPublicServiceNamesItsAddress(t *testing.T) {
	t.Parallel()
	service := find(t, record(t, usual()), "front-door-public")
	annotations := at(t, service, "metadata", "annotations")
	assert.Equal(t, map[string]any{
		"service.beta.kubernetes.io/azure-pip-name":                       "pip-meet-dev-front-door",
		"service.beta.kubernetes.io/azure-load-balancer-resource-group":   "rg-meet-dev",
		"service.beta.kubernetes.io/azure-load-balancer-tcp-idle-timeout": "30",
	}, annotations)
	assert.Equal(t, "LoadBalancer", at(t, service, "spec", "type"))
	assert.Equal(t, "Local", at(t, service, "spec", "externalTrafficPolicy"))
	assert.EqualValues(t, 443, at(t, service, "spec", "ports", 0, "port"))
	assert.EqualValues(t, 80, at(t, service, "spec", "ports", 1, "port"))
}

func TestEveryProxyHasAnAddressThatOutlivesItsPod(t *testing.T) {
	t.Parallel()
	graph := record(t, usual())
	proxies := find(t, graph, "front-door-proxies")
	for index := range config.PeerSlots {
		name := fmt.Sprintf("haproxy-%d", index)
		service := find(t, graph, "front-door-"+name)
		assert.Equal(t, name, at(t, service, "metadata", "name"))
		assert.Equal(t, true, at(t, service, "spec", "publishNotReadyAddresses"))
		assert.Equal(t, map[string]any{"statefulset.kubernetes.io/pod-name": name}, at(t, service, "spec", "selector"))
		assert.NotContains(t, at(t, service, "spec"), "clusterIP")
		assert.Contains(t, proxies.DependsOn, "front-door-"+name)
	}
}

func TestPodsAreRestricted(t *testing.T) {
	t.Parallel()
	graph := record(t, usual())
	assert.Equal(t, "restricted", at(t, find(t, graph, "front-door-namespace"), "metadata", "labels", "pod-security.kubernetes.io/enforce"))
	container := at(t, find(t, graph, "front-door-proxies"), "spec", "template", "spec", "containers", 0, "securityContext")
	assert.Equal(t, map[string]any{
		"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "runAsNonRoot": true,
		"runAsUser": float64(99), "runAsGroup": float64(99),
		"capabilities": map[string]any{"drop": []any{"ALL"}}, "seccompProfile": map[string]any{"type": "RuntimeDefault"},
	}, container)
}

// certificateSources are the secrets that are mounted one over the other.
func certificateSources(t *testing.T, graph graphtest.Graph) []any {
	t.Helper()
	sources := at(t, find(t, graph, "front-door-proxies"), "spec", "template", "spec", "volumes", 1, "projected", "sources")
	return sources.([]any)
}

func TestAGivenCertificateGoesBeforeTheStacksOwn(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []any{
		map[string]any{"secret": map[string]any{"name": "generated-certificate", "optional": false}},
		map[string]any{"secret": map[string]any{"name": "meet-tls", "optional": true}},
	}, certificateSources(t, record(t, usual())), "a later source wins where it exists")
}

func TestWithoutACertificateOneIsMadeAndItsKeyStaysSecret(t *testing.T) {
	t.Parallel()
	args := usual()
	args.FrontDoor.CertificateSecret = ""
	graph := record(t, args)
	secret := find(t, graph, "front-door-certificate-secret")
	assert.Equal(t, "kubernetes.io/tls", secret.Inputs["type"])
	rendered, err := graph.YAML()
	require.NoError(t, err)
	assert.NotContains(t, string(rendered), "the private key")
	assert.Equal(t, []any{
		map[string]any{"secret": map[string]any{"name": at(t, secret, "metadata", "name"), "optional": false}},
	}, certificateSources(t, graph))
}

func TestInvalidArgumentsAreAllNamed(t *testing.T) {
	t.Parallel()
	_, err := tryRecord(haproxy.Args{}, false)
	for _, problem := range []string{
		"FrontDoor.Replicas is 0", "FrontDoor.ImageTag is empty", "ResourceGroup is empty", "AddressName is empty", "Address is nil",
		"there is no shard", `the domain is ""`,
	} {
		require.ErrorContains(t, err, problem)
	}
}

// The configuration of every shipped environment is in git, exactly as it is deployed.
func TestDeployedConfigurationIsAsInGit(t *testing.T) {
	t.Parallel()
	for _, stack := range []string{"dev", "prod"} {
		t.Run(stack, func(t *testing.T) {
			t.Parallel()
			env := loadStack(t, stack)
			args := usual()
			args.Names, args.Domain, args.FrontDoor = naming.For(env.Name, env.Domain, env.Location), env.Domain, env.FrontDoor
			args.Backends = nil
			for _, shard := range env.Shards {
				domain := fmt.Sprintf("%s.svc.cluster.local", args.Names.ShardNamespace(shard.Name))
				args.Backends = append(args.Backends, haproxy.Backend{
					Shard: shard.Name, Host: "web." + domain, Port: 8000, JicofoHost: "jicofo." + domain, JicofoPort: 8888,
				})
			}
			text, ok := at(t, find(t, record(t, args), "front-door-config"), "data", "haproxy.cfg").(string)
			require.True(t, ok)
			golden.Compare(t, "config/testdata/"+stack+".cfg", text)
		})
	}
}

func loadStack(t *testing.T, stack string) environment.Environment {
	t.Helper()
	content, err := os.ReadFile("../Pulumi." + stack + ".yaml")
	require.NoError(t, err)
	config, err := environment.StackFile(content)
	require.NoError(t, err)
	env, _, err := environment.LoadConfig(stack, config)
	require.NoError(t, err)
	return env
}

// Adding a proxy must not restart the others: they know it before it is there.
func TestAnotherProxyChangesNoOther(t *testing.T) {
	t.Parallel()
	template := func(replicas int) any {
		args := usual()
		args.FrontDoor.Replicas = replicas
		return at(t, find(t, record(t, args), "front-door-proxies"), "spec", "template")
	}
	assert.Equal(t, template(3), template(4))
}

func TestAProxyIsAskedWhetherItMayTakeUsers(t *testing.T) {
	t.Parallel()
	container := []any{"spec", "template", "spec", "containers", 0}
	proxies := find(t, record(t, usual()), "front-door-proxies")
	for probe, path := range map[string]string{"startupProbe": "/synced", "readinessProbe": "/ready", "livenessProbe": "/live"} {
		assert.Equal(t, path, at(t, proxies, append(container, probe, "httpGet", "path")...))
	}
}

func TestTheStacksOwnCertificateCoversTheRelays(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []any{"meet.example.org", "*.meet.example.org"},
		at(t, find(t, record(t, usual()), "front-door-certificate"), "dnsNames"))
}

// The relays run in the same namespace, and are open to the Internet too.
func TestWhatTheProxiesMayIsNotForOthersInTheNamespace(t *testing.T) {
	t.Parallel()
	graph := record(t, usual())
	deny := find(t, graph, "front-door-policy-default-deny")
	assert.Empty(t, at(t, deny, "spec", "podSelector"))
	assert.ElementsMatch(t, []any{"Ingress", "Egress"}, at(t, deny, "spec", "policyTypes"))
	assert.NotContains(t, deny.Inputs["spec"], "ingress")
	assert.NotContains(t, deny.Inputs["spec"], "egress")
	assert.Equal(t, map[string]any{"app.kubernetes.io/name": "haproxy"},
		at(t, find(t, graph, "front-door-policy"), "spec", "podSelector", "matchLabels"))
}

func TestProxiesReachTheirShardsAndNothingElse(t *testing.T) {
	t.Parallel()
	policy := find(t, record(t, usual()), "front-door-policy")
	assert.ElementsMatch(t, []any{"Ingress", "Egress"}, at(t, policy, "spec", "policyTypes"))
	out := at(t, policy, "spec", "egress").([]any)
	require.Len(t, out, 3)
	assert.Equal(t, "meet.jitsi/shard", at(t, policy, "spec", "egress", 1, "to", 0, "namespaceSelector", "matchExpressions", 0, "key"))
	assert.Equal(t, []any{
		map[string]any{"port": float64(8000), "protocol": "TCP"}, map[string]any{"port": float64(8888), "protocol": "TCP"},
	}, at(t, policy, "spec", "egress", 1, "ports"))
}

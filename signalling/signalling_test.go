package signalling_test

import (
	"encoding/json"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi-random/sdk/v4/go/random"
	"github.com/pulumi/pulumi-tls/sdk/v5/go/tls"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/internal/graphtest"
	"jitsi-meet-azure/internal/naming"
	"jitsi-meet-azure/signalling"
)

func usual() signalling.Args {
	return signalling.Args{
		Names:    naming.For("dev", "meet.example.org", "westeurope"),
		Location: "westeurope",
		Shard: environment.Shard{
			Name: "a", Zone: 2, BridgeSubnet: netip.MustParsePrefix("10.40.2.0/27"), SignallingAddress: netip.MustParseAddr("10.40.1.10"),
		},
		Domain: "meet.example.org",
		Jitsi: environment.Jitsi{
			ImageTag: "stable-11146-2", ResolutionCap: 720, FrameRateCap: 15, WebReplicas: environment.Range{Minimum: 2, Maximum: 6},
		},
		TurnHost:               "turn-a.meet.example.org",
		STUNServer:             "stun.example.org:3478",
		FunctionSubnet:         netip.MustParsePrefix("10.40.1.64/27"),
		PodCIDR:                netip.MustParsePrefix("10.244.0.0/16"),
		LoadBalancerSubnetName: "snet-load-balancers",
		ResourceGroup:          "rg-meet-dev",
	}
}

// secrets are the values that must appear nowhere in plain.
var secrets = []string{"the password", "the private key"}

func tryRecord(args signalling.Args, unknown bool) (graphtest.Graph, error) {
	// The SDK's mocks cannot carry a secret that is unknown.
	makesSecrets := func(args pulumi.MockResourceArgs) bool {
		return strings.HasPrefix(args.TypeToken, "random:") || strings.HasPrefix(args.TypeToken, "tls:")
	}
	computed := func(args pulumi.MockResourceArgs) resource.PropertyMap {
		switch args.TypeToken {
		case "random:index/randomPassword:RandomPassword":
			return resource.PropertyMap{"result": resource.NewProperty("the password")}
		case "tls:index/privateKey:PrivateKey":
			return resource.PropertyMap{"privateKeyPem": resource.NewProperty("the private key")}
		case "tls:index/selfSignedCert:SelfSignedCert", "tls:index/locallySignedCert:LocallySignedCert":
			return resource.PropertyMap{"certPem": resource.NewProperty("certificate of " + args.Name)}
		case "tls:index/certRequest:CertRequest":
			return resource.PropertyMap{"certRequestPem": resource.NewProperty("the request")}
		}
		return nil
	}
	options := graphtest.Options{Stack: "dev", Unknown: unknown, Known: makesSecrets, Outputs: computed}
	return graphtest.Run(options, func(ctx *pulumi.Context) error {
		cluster, err := kubernetes.NewProvider(ctx, "kubernetes", nil)
		if err != nil {
			return err
		}
		passwords, err := random.NewProvider(ctx, "random", nil)
		if err != nil {
			return err
		}
		certificates, err := tls.NewProvider(ctx, "tls", nil)
		if err != nil {
			return err
		}
		made, err := signalling.New(ctx, "signalling-a", args, pulumi.Providers(cluster, passwords, certificates))
		if err != nil {
			return err
		}
		ctx.Export("webHost", pulumi.String(made.WebHost))
		ctx.Export("webPort", pulumi.Int(made.WebPort))
		ctx.Export("address", pulumi.String(made.Address))
		ctx.Export("jicofo", pulumi.String(made.JicofoURL))
		ctx.Export("namespace", pulumi.String(made.Namespace))
		return nil
	})
}

func record(t *testing.T, args signalling.Args) graphtest.Graph {
	t.Helper()
	graph, err := tryRecord(args, false)
	require.NoError(t, err)
	return graph
}

func find(t *testing.T, graph graphtest.Graph, suffix string) graphtest.Resource {
	t.Helper()
	found, ok := graph.Find("signalling-a-" + suffix)
	require.True(t, ok, "there is no resource signalling-a-%s", suffix)
	return found
}

// at walks into nested inputs by keys and list positions.
func at(t *testing.T, value any, path ...any) any {
	t.Helper()
	value, err := graphtest.At(value, path...)
	require.NoError(t, err)
	return value
}

func template(t *testing.T, graph graphtest.Graph, service string) any {
	t.Helper()
	return at(t, find(t, graph, service).Inputs, "spec", "template")
}

func container(t *testing.T, graph graphtest.Graph, service string) any {
	t.Helper()
	return at(t, template(t, graph, service), "spec", "containers", 0)
}

func settings(t *testing.T, graph graphtest.Graph, service string) map[string]any {
	t.Helper()
	values := map[string]any{}
	for _, variable := range at(t, container(t, graph, service), "env").([]any) {
		name := at(t, variable, "name").(string)
		require.NotContains(t, values, name, "set twice")
		values[name] = at(t, variable, "value")
		if values[name] == nil {
			values[name] = at(t, variable, "valueFrom", "secretKeyRef", "name")
		}
	}
	return values
}

var services = []string{"prosody", "jicofo", "web"}

func TestEveryChildIsUnderTheComponentWithItsProvider(t *testing.T) {
	t.Parallel()
	for _, child := range record(t, usual()).Resources {
		if strings.HasPrefix(child.Type, "pulumi:providers:") || child.Name == "signalling-a" {
			continue
		}
		assert.Equal(t, "signalling-a", child.Parent, child.Name)
		assert.Equal(t, strings.SplitN(child.Type, ":", 2)[0], child.Provider, child.Name)
		outside := []string{"signalling-a-namespace", "signalling-a-priority"} // the cluster's, not a namespace's
		if strings.HasPrefix(child.Type, "kubernetes:") && !slices.Contains(outside, child.Name) {
			assert.Equal(t, "shard-a", at(t, child.Inputs, "metadata", "namespace"), child.Name)
			assert.Contains(t, child.DependsOn, "signalling-a-namespace", child.Name)
		}
	}
}

func TestNothingDependsOnOutputsBeingKnown(t *testing.T) {
	t.Parallel()
	unknown, err := tryRecord(usual(), true)
	require.NoError(t, err)
	assert.Len(t, unknown.Resources, len(record(t, usual()).Resources))
}

func TestSingletonsAreNeverRestartedByADeployment(t *testing.T) {
	t.Parallel()
	graph := record(t, usual())
	for _, service := range []string{"prosody", "jicofo"} {
		set := find(t, graph, service)
		assert.Equal(t, "kubernetes:apps/v1:StatefulSet", set.Type)
		assert.EqualValues(t, 1, at(t, set.Inputs, "spec", "replicas"), service)
		assert.Equal(t, "OnDelete", at(t, set.Inputs, "spec", "updateStrategy", "type"), service)
		assert.Equal(t, "true", at(t, set.Inputs, "metadata", "annotations", "pulumi.com/skipAwait"), service)
		// What Kubernetes cannot change in place would be changed by deleting the StatefulSet, and the pod with it.
		assert.Subset(t, set.Options["ignoreChanges"], []string{"spec.selector", "spec.serviceName"}, service)
		assert.NotContains(t, set.Options, "replaceOnChanges", service)
	}
}

func TestSingletonsAreNeverEvicted(t *testing.T) {
	t.Parallel()
	graph := record(t, usual())
	for _, service := range []string{"prosody", "jicofo"} {
		assert.EqualValues(t, 0, at(t, find(t, graph, service+"-budget").Inputs, "spec", "maxUnavailable"), service)
		evict := at(t, template(t, graph, service), "metadata", "annotations", "cluster-autoscaler.kubernetes.io/safe-to-evict")
		assert.Equal(t, "false", evict, service)
	}
	assert.EqualValues(t, 1, at(t, find(t, graph, "web-budget").Inputs, "spec", "maxUnavailable"))
}

// The templates hold nothing that changes with a Secret's content, so that new certificates and passwords leave them as
// they are.
func TestSecretsAreNoPartOfTheSingletonsTemplates(t *testing.T) {
	t.Parallel()
	known := record(t, usual())
	for _, service := range []string{"prosody", "jicofo"} {
		annotations := at(t, template(t, known, service), "metadata", "annotations")
		assert.Len(t, annotations, 1, "%s: only the cluster autoscaler's", service)
		assert.False(t, find(t, known, service).Raw.ContainsSecrets(), service)
	}
}

func TestAnImageTagChangesOnlyTemplates(t *testing.T) {
	t.Parallel()
	changed := usual()
	changed.Jitsi.ImageTag = "stable-99999"
	before, after := record(t, usual()), record(t, changed)
	for index, r := range before.Resources {
		other := after.Resources[index]
		require.Equal(t, r.Name, other.Name)
		if service := strings.TrimPrefix(r.Name, "signalling-a-"); slices.Contains(services, service) {
			image := at(t, other.Inputs, "spec", "template", "spec", "containers", 0, "image")
			assert.Equal(t, "ghcr.io/jitsi/"+service+":stable-99999", image)
			continue
		}
		assert.Equal(t, r.Inputs, other.Inputs, r.Name)
	}
}

func TestLivenessIsLenientAndNeverJicofosHealth(t *testing.T) {
	t.Parallel()
	graph := record(t, usual())
	for _, service := range services {
		probe := at(t, container(t, graph, service), "livenessProbe")
		assert.Contains(t, probe, "tcpSocket", service)
		patience := at(t, probe, "periodSeconds").(float64) * at(t, probe, "failureThreshold").(float64)
		assert.GreaterOrEqual(t, patience, float64(600), "%s: seconds until it is killed", service)
		assert.Contains(t, container(t, graph, service), "startupProbe", service)
		assert.Contains(t, container(t, graph, service), "readinessProbe", service)
	}
	rendered, err := graph.YAML()
	require.NoError(t, err)
	assert.NotContains(t, string(rendered), "/about/health")
	assert.Equal(t, "/http-bind", at(t, container(t, graph, "prosody"), "readinessProbe", "httpGet", "path"),
		"the image answers /health to its own pod only")
}

// Budgets do not hold against a node that is not heard of, a node short of memory, or a folder that is full.
func TestNothingPastTheBudgetsRemovesASingleton(t *testing.T) {
	t.Parallel()
	graph := record(t, usual())
	for _, service := range []string{"prosody", "jicofo"} {
		pod := at(t, find(t, graph, service).Inputs, "spec", "template", "spec")
		for _, taint := range []string{"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"} {
			assert.Contains(t, at(t, pod, "tolerations"),
				map[string]any{"key": taint, "operator": "Exists", "effect": "NoExecute"}, "%s: tolerated for ever", service)
		}
		assert.Equal(t, "shard-a-singletons", at(t, pod, "priorityClassName"))
		resources := at(t, container(t, graph, service), "resources")
		assert.Equal(t, at(t, resources, "limits", "memory"), at(t, resources, "requests", "memory"), service)
		rendered, err := json.Marshal(at(t, pod, "volumes"))
		require.NoError(t, err)
		assert.NotContains(t, string(rendered), "sizeLimit", service)
	}
}

func TestPodsAreRestrictedAndInTheirZone(t *testing.T) {
	t.Parallel()
	graph := record(t, usual())
	assert.Equal(t, "restricted", at(t, find(t, graph, "namespace").Inputs, "metadata", "labels", "pod-security.kubernetes.io/enforce"))
	for _, service := range services {
		pod := at(t, template(t, graph, service), "spec")
		assert.Equal(t, map[string]any{
			"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "runAsNonRoot": true,
			"runAsUser": float64(1000), "runAsGroup": float64(1000),
			"capabilities": map[string]any{"drop": []any{"ALL"}}, "seccompProfile": map[string]any{"type": "RuntimeDefault"},
		}, at(t, container(t, graph, service), "securityContext"), service)
		assert.EqualValues(t, 1000, at(t, pod, "securityContext", "fsGroup"), service)
		assert.Equal(t, false, at(t, pod, "automountServiceAccountToken"), service)
		assert.Equal(t, map[string]any{"meet.jitsi/pool": "shards"}, at(t, pod, "nodeSelector"), service)
		assert.Equal(t, map[string]any{"key": "meet.jitsi/shard", "operator": "Equal", "value": "true", "effect": "NoSchedule"},
			at(t, pod, "tolerations", 0), service)
		required := at(t, pod, "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
		zone := at(t, required, "nodeSelectorTerms", 0, "matchExpressions", 0)
		assert.Equal(t, map[string]any{"key": "topology.kubernetes.io/zone", "operator": "In", "values": []any{"westeurope-2"}}, zone, service)
		resources := at(t, container(t, graph, service), "resources")
		for _, bound := range []string{"requests", "limits"} {
			assert.Contains(t, at(t, resources, bound), "cpu", service)
			assert.Contains(t, at(t, resources, bound), "memory", service)
		}
		mounts, _ := at(t, container(t, graph, service), "volumeMounts").([]any)
		var paths []any
		for _, mount := range mounts {
			paths = append(paths, at(t, mount, "mountPath"))
		}
		assert.Subset(t, paths, []any{"/run", "/tmp", "/config"}, service)
	}
}

func TestWebIsScaledByItsAutoscalerAlone(t *testing.T) {
	t.Parallel()
	graph := record(t, usual())
	web := find(t, graph, "web").Inputs
	assert.NotContains(t, at(t, web, "spec"), "replicas")
	assert.EqualValues(t, 0, at(t, web, "spec", "strategy", "rollingUpdate", "maxUnavailable"))
	scaler := find(t, graph, "web-scaler")
	assert.Equal(t, "kubernetes:autoscaling/v2:HorizontalPodAutoscaler", scaler.Type)
	assert.EqualValues(t, 2, at(t, scaler.Inputs, "spec", "minReplicas"))
	assert.EqualValues(t, 6, at(t, scaler.Inputs, "spec", "maxReplicas"))
	assert.Equal(t, "cpu", at(t, scaler.Inputs, "spec", "metrics", 0, "resource", "name"))
	target := map[string]any{"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
	assert.Equal(t, target, at(t, scaler.Inputs, "spec", "scaleTargetRef"))
}

func TestBridgesReachProsodyAtAStaticInternalAddress(t *testing.T) {
	t.Parallel()
	graph := record(t, usual())
	service := find(t, graph, "prosody-bridges").Inputs
	assert.Equal(t, map[string]any{
		"service.beta.kubernetes.io/azure-load-balancer-internal":         "true",
		"service.beta.kubernetes.io/azure-load-balancer-internal-subnet":  "snet-load-balancers",
		"service.beta.kubernetes.io/azure-load-balancer-ipv4":             "10.40.1.10",
		"service.beta.kubernetes.io/azure-load-balancer-resource-group":   "rg-meet-dev",
		"service.beta.kubernetes.io/azure-load-balancer-tcp-idle-timeout": "30",
	}, at(t, service, "metadata", "annotations"))
	assert.Equal(t, "LoadBalancer", at(t, service, "spec", "type"))
	assert.Equal(t, "Local", at(t, service, "spec", "externalTrafficPolicy"))
	ports := at(t, service, "spec", "ports").([]any)
	require.Len(t, ports, 1)
	assert.EqualValues(t, 5222, at(t, ports[0], "port"))
}

// Azure lets services share an address as long as their ports differ. All else about the address must be the same.
func TestReaperReachesJicofoAtTheSameAddress(t *testing.T) {
	t.Parallel()
	graph := record(t, usual())
	bridges, reaper := find(t, graph, "prosody-bridges").Inputs, find(t, graph, "jicofo-reaper")
	assert.Equal(t, at(t, bridges, "metadata", "annotations"), at(t, reaper.Inputs, "metadata", "annotations"))
	assert.Equal(t, "LoadBalancer", at(t, reaper.Inputs, "spec", "type"))
	assert.Equal(t, "Local", at(t, reaper.Inputs, "spec", "externalTrafficPolicy"))
	assert.Equal(t, map[string]any{"app.kubernetes.io/name": "jicofo"}, at(t, reaper.Inputs, "spec", "selector"))
	assert.NotContains(t, at(t, reaper.Inputs, "spec"), "publishNotReadyAddresses", "a Jicofo that is not ready is no witness")
	ports := at(t, reaper.Inputs, "spec", "ports").([]any)
	require.Len(t, ports, 1)
	assert.EqualValues(t, 8888, at(t, ports[0], "port"))
	assert.NotEqual(t, at(t, bridges, "spec", "ports", 0, "port"), at(t, ports[0], "port"))
	assert.Contains(t, reaper.DependsOn, "signalling-a-prosody-bridges", "Prosody's service holds the address first")
}

func TestPoliciesAllowWhatIsNeededAndNoMore(t *testing.T) {
	t.Parallel()
	graph := record(t, usual())
	deny := find(t, graph, "policy-default-deny").Inputs
	assert.Equal(t, map[string]any{"podSelector": map[string]any{}, "policyTypes": []any{"Ingress", "Egress"}}, at(t, deny, "spec"))

	pods := func(name string) map[string]any {
		return map[string]any{"podSelector": map[string]any{"matchLabels": map[string]any{"app.kubernetes.io/name": name}}}
	}
	ingress := at(t, find(t, graph, "policy-prosody").Inputs, "spec", "ingress").([]any)
	require.Len(t, ingress, 2)
	assert.EqualValues(t, 5280, at(t, ingress[0], "ports", 0, "port"))
	assert.Equal(t, []any{pods("web")}, at(t, ingress[0], "from"))
	assert.EqualValues(t, 5222, at(t, ingress[1], "ports", 0, "port"))
	assert.Equal(t, []any{pods("jicofo"), map[string]any{"ipBlock": map[string]any{"cidr": "10.40.2.0/27"}}}, at(t, ingress[1], "from"))

	ingress = at(t, find(t, graph, "policy-web").Inputs, "spec", "ingress").([]any)
	require.Len(t, ingress, 1)
	assert.Equal(t, "front-door", at(t, ingress[0], "from", 0, "namespaceSelector", "matchLabels", "kubernetes.io/metadata.name"))

	// Jicofo's REST interface knows no password: nothing lets anybody in to it but the reaper and the proxies, which count bridges.
	all := graph.Of("kubernetes:networking.k8s.io/v1:NetworkPolicy")
	assert.Len(t, all, 7)
	admitted := 0
	for _, policy := range all {
		rules := at(t, policy.Inputs, "spec", "ingress")
		if rules == nil || !assert.ObjectsAreEqual(pods("jicofo")["podSelector"], at(t, policy.Inputs, "spec", "podSelector")) {
			continue
		}
		admitted++
		assert.Equal(t, []any{map[string]any{
			"from": []any{
				map[string]any{"ipBlock": map[string]any{"cidr": "10.40.1.64/27"}},
				map[string]any{
					"namespaceSelector": map[string]any{"matchLabels": map[string]any{"kubernetes.io/metadata.name": "front-door"}},
					"podSelector":       pods("haproxy")["podSelector"],
				},
			},
			"ports": []any{map[string]any{"protocol": "TCP", "port": float64(8888)}},
		}}, rules, policy.Name)
	}
	assert.Equal(t, 1, admitted, "policies that admit somebody to Jicofo")
}

func TestSettings(t *testing.T) {
	t.Parallel()
	graph := record(t, usual())
	web, prosody, jicofo := settings(t, graph, "web"), settings(t, graph, "prosody"), settings(t, graph, "jicofo")
	for name, want := range map[string]any{
		"DEPLOYMENTINFO_SHARD": "a", "RESOLUTION": "720", "RESOLUTION_WIDTH": "1280", "DESKTOP_SHARING_FRAMERATE_MAX": "15",
		"DISABLE_HTTPS": "1", "ENABLE_HTTP_REDIRECT": "0", "ENABLE_XMPP_WEBSOCKET": "1", "PUBLIC_URL": "https://meet.example.org",
		"XMPP_BOSH_URL_BASE": "http://prosody.shard-a.svc.cluster.local:5280",
	} {
		assert.Equal(t, want, web[name], name)
	}
	assert.Equal(t, "127.0.0.1,10.244.0.0/16", prosody["PROSODY_TRUSTED_PROXIES"])
	assert.Equal(t, "1", prosody["ENABLE_XMPP_WEBSOCKET"])
	assert.Equal(t, "passwords", prosody["JVB_AUTH_PASSWORD"])
	assert.Equal(t, "passwords", prosody["JICOFO_AUTH_PASSWORD"])
	assert.Equal(t, "prosody.shard-a.svc.cluster.local", jicofo["XMPP_SERVER"])
	assert.NotContains(t, jicofo, "JVB_AUTH_PASSWORD")
	assert.NotContains(t, web, "JICOFO_AUTH_PASSWORD")
	for _, all := range []map[string]any{web, prosody, jicofo} {
		assert.Equal(t, "meet.jitsi", all["XMPP_DOMAIN"])
		assert.Equal(t, "auth.meet.jitsi", all["XMPP_AUTH_DOMAIN"])
		assert.Equal(t, "muc.meet.jitsi", all["XMPP_MUC_DOMAIN"])
		assert.Equal(t, "internal-muc.meet.jitsi", all["XMPP_INTERNAL_MUC_DOMAIN"])
	}
	assert.Equal(t, "set_real_ip_from 10.244.0.0/16;\nreal_ip_header X-Forwarded-For;\n",
		at(t, find(t, graph, "web-nginx").Inputs, "data", "real-address.conf"))
}

func TestSmallCapsKeepTheirOrder(t *testing.T) {
	t.Parallel()
	args := usual()
	args.Jitsi.ResolutionCap, args.Jitsi.FrameRateCap = 120, 3
	web := settings(t, record(t, args), "web")
	assert.Equal(t, "120", web["RESOLUTION_MIN"])
	assert.Equal(t, "3", web["DESKTOP_SHARING_FRAMERATE_MIN"])
}

func TestProsodysCertificateNamesWhatBridgesVerify(t *testing.T) {
	t.Parallel()
	graph := record(t, usual())
	authority := find(t, graph, "ca").Inputs
	assert.Equal(t, true, authority["isCaCertificate"])
	request := find(t, graph, "prosody-request").Inputs
	assert.Contains(t, request["dnsNames"], "auth.meet.jitsi")
	assert.Len(t, request["dnsNames"], 4)
	certificate := find(t, graph, "prosody-certificate").Inputs
	assert.Equal(t, "certificate of signalling-a-ca", certificate["caCertPem"])
	early, valid := certificate["earlyRenewalHours"].(float64), certificate["validityPeriodHours"].(float64)
	assert.Greater(t, early, float64(24*30))
	assert.Less(t, early, valid/2)
	files := find(t, graph, "certificates").Raw["stringData"]
	require.True(t, files.IsSecret())
	for _, domain := range []string{"meet.jitsi", "auth.meet.jitsi"} {
		content := files.SecretValue().Element.ObjectValue()
		assert.Equal(t, "certificate of signalling-a-prosody-certificate", content[resource.PropertyKey(domain+".crt")].StringValue())
		assert.True(t, content.HasValue(resource.PropertyKey(domain+".key")), domain)
	}
	volumes := at(t, template(t, graph, "prosody"), "spec", "volumes").([]any)
	assert.Equal(t, "prosody-certificates", at(t, volumes[len(volumes)-1], "secret", "secretName"))
}

func TestNothingSecretIsPlain(t *testing.T) {
	t.Parallel()
	rendered, err := record(t, usual()).YAML()
	require.NoError(t, err)
	for _, secret := range secrets {
		assert.NotContains(t, string(rendered), secret)
	}
}

func TestOutputs(t *testing.T) {
	t.Parallel()
	outputs := record(t, usual()).Outputs
	assert.Equal(t, pulumi.String("web.shard-a.svc.cluster.local"), outputs["webHost"])
	assert.Equal(t, pulumi.Int(8000), outputs["webPort"])
	assert.Equal(t, pulumi.String("10.40.1.10"), outputs["address"])
	assert.Equal(t, pulumi.String("http://10.40.1.10:8888"), outputs["jicofo"])
	assert.Equal(t, pulumi.String("shard-a"), outputs["namespace"])
}

func TestInvalidArgumentsAreAllNamed(t *testing.T) {
	t.Parallel()
	_, err := tryRecord(signalling.Args{}, false)
	for _, problem := range []string{
		"Location is empty", "Shard.Name is empty", "Domain is empty", "Jitsi.ImageTag is empty", "LoadBalancerSubnetName is empty",
		"ResourceGroup is empty", "Shard.Zone is 0", "Shard.SignallingAddress", "Shard.BridgeSubnet", "FunctionSubnet", "PodCIDR",
		"Jitsi.ResolutionCap is 0", "Jitsi.FrameRateCap is 0", "Jitsi.WebReplicas is 0 to 0",
	} {
		require.ErrorContains(t, err, problem)
	}
}

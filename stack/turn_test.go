package stack_test

import (
	"crypto/x509"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/internal/graphtest"
	"jitsi-meet-azure/internal/naming"
	"jitsi-meet-azure/internal/role"
)

// child is an input of a resource by its path.
func child(t *testing.T, graph graphtest.Graph, name string, path ...any) any {
	t.Helper()
	resource, found := graph.Find(name)
	require.True(t, found, "there is no resource %s", name)
	value, err := graphtest.At(resource.Inputs, path...)
	require.NoError(t, err, name)
	return value
}

// What clients are told, what the certificate covers, what operators make records of, and what the relays call themselves must be
// one name.
func TestEveryShardAnnouncesItsOwnRelay(t *testing.T) {
	t.Parallel()
	forEachEnvironment(t, func(t *testing.T, env environment.Environment, graph graphtest.Graph) {
		t.Helper()
		exported := graph.Outputs["shards"].(pulumi.Map)
		for _, shard := range env.Shards {
			host := "turn-" + shard.Name + "." + env.Domain
			announced, err := json.Marshal(child(t, graph, "signalling-"+shard.Name+"-prosody", "spec", "template", "spec", "containers", 0, "env"))
			require.NoError(t, err)
			assert.Contains(t, string(announced), `{"name":"TURNS_HOST","value":"`+host+`"}`)
			certificate := x509.Certificate{}
			for _, name := range child(t, graph, "front-door-certificate", "dnsNames").([]any) {
				certificate.DNSNames = append(certificate.DNSNames, name.(string))
			}
			require.NoError(t, certificate.VerifyHostname(host))
			assert.Contains(t, child(t, graph, "turn-"+shard.Name+"-config", "data", "turnserver.conf"), "realm="+host+"\n")
			assert.Equal(t, pulumi.String(host), exported[shard.Name].(pulumi.Map)["turn"].(pulumi.Map)["host"])
		}
	})
}

func TestEveryRelayIsAtItsOwnAddressInItsShardsZone(t *testing.T) {
	t.Parallel()
	forEachEnvironment(t, func(t *testing.T, env environment.Environment, graph graphtest.Graph) {
		t.Helper()
		names := naming.For(env.Name, env.Domain, env.Location)
		for _, shard := range env.Shards {
			address, relay := "network-turn-address-"+shard.Name, "turn-"+shard.Name
			assert.Equal(t, names.TurnAddress(shard.Name), child(t, graph, address, "publicIpAddressName"))
			assert.Equal(t, names.TurnAddress(shard.Name),
				child(t, graph, relay+"-service", "metadata", "annotations", "service.beta.kubernetes.io/azure-pip-name"))
			// The controller of load balancers may use the address before any service names it.
			grant := "cluster-grant-turn-" + shard.Name
			assert.Equal(t, graphtest.ID(address), child(t, graph, grant, "scope"))
			assert.Contains(t, child(t, graph, grant, "roleDefinitionId"), role.NetworkContributor)
			cluster, _ := graph.Find("cluster")
			assert.Contains(t, cluster.DependsOn, grant)
			pod, err := json.Marshal(child(t, graph, relay+"-relays", "spec", "template", "spec", "affinity"))
			require.NoError(t, err)
			assert.Contains(t, string(pod), fmt.Sprintf(`"values":["%s-%d"]`, env.Location, shard.Zone))
			assert.EqualValues(t, env.Turn.Replicas, child(t, graph, relay+"-relays", "spec", "replicas"))
		}
	})
}

// Relays start when the certificate that they serve can be mounted.
func TestRelaysWaitForTheFrontDoorsNamespaceAndCertificate(t *testing.T) {
	t.Parallel()
	forEachEnvironment(t, func(t *testing.T, env environment.Environment, graph graphtest.Graph) {
		t.Helper()
		for _, shard := range env.Shards {
			relays, found := graph.Find("turn-" + shard.Name + "-relays")
			require.True(t, found)
			assert.Subset(t, relays.DependsOn, []string{"front-door-namespace", "front-door-certificate-secret"})
			assert.Equal(t, env.Protect, relays.Options["protect"] == true)
		}
	})
}

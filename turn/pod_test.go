package turn_test

import (
	"net/netip"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/api/resource"

	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/internal/graphtest"
	"jitsi-meet-azure/turn"
	"jitsi-meet-azure/turn/coturn"
)

func container(t *testing.T, graph graphtest.Graph, path ...any) any {
	t.Helper()
	return at(t, find(t, graph, "relays"), append([]any{"spec", "template", "spec", "containers", 0}, path...)...)
}

func TestPodsAreRestricted(t *testing.T) {
	t.Parallel()
	graph := record(t, usual())
	assert.Equal(t, map[string]any{
		"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "runAsNonRoot": true,
		"runAsUser": float64(65534), "runAsGroup": float64(65534),
		// Without the one that the image's program file claims, Linux does not start it.
		"capabilities":   map[string]any{"drop": []any{"ALL"}, "add": []any{"NET_BIND_SERVICE"}},
		"seccompProfile": map[string]any{"type": "RuntimeDefault"},
	}, container(t, graph, "securityContext"))
	relays := find(t, graph, "relays")
	assert.Equal(t, false, at(t, relays, "spec", "template", "spec", "automountServiceAccountToken"))
	for _, path := range []string{"hostNetwork", "hostPort", "hostPath"} {
		assert.NotContains(t, text(t, relays.Inputs), `"`+path+`"`)
	}
}

// Whoever is told to stop goes on for those who are connected; nothing may kill it before they have gone.
func TestARelayMayTakeItsTimeToStop(t *testing.T) {
	t.Parallel()
	graph := record(t, usual())
	assert.EqualValues(t, 12*3600, at(t, find(t, graph, "relays"), "spec", "template", "spec", "terminationGracePeriodSeconds"))
	assert.NotContains(t, container(t, graph), "readinessProbe", "an unready relay loses its connections")
	for probe, least := range map[string]float64{"startupProbe": 300, "livenessProbe": 600} {
		made := container(t, graph, probe).(map[string]any)
		assert.Equal(t, map[string]any{"port": "turns"}, made["tcpSocket"])
		assert.GreaterOrEqual(t, made["periodSeconds"].(float64)*made["failureThreshold"].(float64), least, probe)
	}
}

// Whoever connects without having to say who he is must not be able to have the relay killed for its use of memory.
func TestConnectionsFitIntoTheMemory(t *testing.T) {
	t.Parallel()
	limit, err := resource.ParseQuantity(container(t, record(t, usual()), "resources", "limits", "memory").(string))
	require.NoError(t, err)
	settings := coturn.Defaults("turn-a.meet.example.org", netip.MustParsePrefix("198.51.100.16/28"))
	assert.LessOrEqual(t, int64(2*settings.Descriptors*coturn.MemoryPerDescriptor), limit.Value(), "with a margin")
	assert.GreaterOrEqual(t, settings.Descriptors, 2*settings.TotalQuota+coturn.OwnDescriptors)
}

// All that the start script asks for must be where it is told that it is.
func TestThePodHasWhatTheScriptNeeds(t *testing.T) {
	t.Parallel()
	vault := environment.KeyVaultCertificate{VaultID: "/vaults/kv-meet", Name: "meet", TenantID: "tenant"}
	for name, test := range map[string]struct {
		door             environment.FrontDoor
		certificate, key string
	}{
		"made by the stack": {environment.FrontDoor{}, "/etc/turn-tls/tls.crt", "/etc/turn-tls/tls.key"},
		"a Key Vault": {
			environment.FrontDoor{KeyVaultCertificate: vault}, "/etc/turn-tls/certificate.pem", "/etc/turn-tls/certificate.pem",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := usual()
			args.FrontDoor = test.door
			graph := record(t, args)
			assert.Equal(t, []any{"/bin/sh", "/etc/turn/start.sh"}, container(t, graph, "command"))
			mounts := text(t, container(t, graph, "volumeMounts"))
			for volume, folder := range map[string]string{
				"config": "/etc/turn", "secret": "/etc/turn-secret", "certificate": "/etc/turn-tls",
			} {
				assert.Contains(t, mounts, `{"mountPath":"`+folder+`","name":"`+volume+`","readOnly":true}`)
			}
			assert.Contains(t, mounts, `{"mountPath":"/run/turn","name":"runtime"}`)
			variables := text(t, container(t, graph, "env"))
			assert.Contains(t, variables, `{"name":"POD_IP","valueFrom":{"fieldRef":{"fieldPath":"status.podIP"}}}`)
			assert.Contains(t, variables, `{"name":"TURN_CERTIFICATE_FILE","value":"`+test.certificate+`"}`)
			assert.Contains(t, variables, `{"name":"TURN_KEY_FILE","value":"`+test.key+`"}`)
			assert.Contains(t, variables, `{"name":"TURN_SECRET_FILE","value":"/etc/turn-secret/secret"}`)
			assert.EqualValues(t, coturn.DefaultTLSPort, container(t, graph, "ports", 0, "containerPort"))
			for file := range coturn.Files() {
				assert.Contains(t, at(t, find(t, graph, "config"), "data"), file)
			}
		})
	}
}

func TestTheSecretIsWrittenToMemoryOnly(t *testing.T) {
	t.Parallel()
	volumes := text(t, at(t, find(t, record(t, usual()), "relays"), "spec", "template", "spec", "volumes"))
	assert.Contains(t, volumes, `{"emptyDir":{"medium":"Memory"},"name":"runtime"}`)
	assert.Contains(t, volumes, `{"name":"secret","secret":{"defaultMode":288,"secretName":"turn-a"}}`)
}

func TestInvalidArgumentsAreAllNamed(t *testing.T) {
	t.Parallel()
	err := turn.Args{}.Validate()
	for _, problem := range []string{
		"Location is empty", "Shard.Name is empty", "Domain is empty", "Turn.ImageTag is empty", "ResourceGroup is empty",
		"AddressName is empty", "Shard.Zone is 0", "Turn.Replicas is 0", "Ready is empty", "Address is nil", "PrefixCIDR is nil",
		"Secret is nil",
	} {
		require.ErrorContains(t, err, problem)
	}
}

func TestAPrefixThatIsNoneStopsTheDeployment(t *testing.T) {
	t.Parallel()
	for name, cidr := range map[string]string{"nothing": "", "an address": "198.51.100.16", "everything": "0.0.0.0/0"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := usual()
			args.PrefixCIDR = pulumi.String(cidr)
			_, err := tryRecord(args, false)
			require.Error(t, err)
		})
	}
}

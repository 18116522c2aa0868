package haproxy_test

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"jitsi-meet-azure/haproxy"
	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/internal/graphtest"
)

const providerClass = "kubernetes:secrets-store.csi.x-k8s.io/v1:SecretProviderClass"

// withKeyVault is the front door with its certificate in a Key Vault.
func withKeyVault() haproxy.Args {
	args := usual()
	args.FrontDoor.CertificateSecret = ""
	args.FrontDoor.KeyVaultCertificate = environment.KeyVaultCertificate{
		VaultID: "/subscriptions/s/resourceGroups/rg-vaults/providers/Microsoft.KeyVault/vaults/kv-meet", Name: "true", TenantID: "tenant-1",
	}
	args.KeyVaultIdentityClientID = pulumi.String("client-1")
	return args
}

// accessFor stands for the add-on's right to read the certificate, where the front door has one in a Key Vault.
func accessFor(ctx *pulumi.Context, args haproxy.Args) (pulumi.Resource, error) {
	if args.KeyVaultIdentityClientID == nil {
		return nil, nil
	}
	access := &struct{ pulumi.CustomResourceState }{}
	return access, ctx.RegisterResource("test:index:Access", "access", pulumi.Map{}, access)
}

func certificateVolume(t *testing.T, graph graphtest.Graph) map[string]any {
	t.Helper()
	for _, volume := range at(t, find(t, graph, "front-door-proxies"), "spec", "template", "spec", "volumes").([]any) {
		if volume := volume.(map[string]any); volume["name"] == "certificate" {
			return volume
		}
	}
	require.Fail(t, "there is no volume with the certificate")
	return nil
}

func TestTheCertificateOfAKeyVaultIsNamedToTheAddon(t *testing.T) {
	t.Parallel()
	graph := record(t, withKeyVault())
	classes := graph.Of(providerClass)
	require.Len(t, classes, 1)
	class := classes[0]
	assert.Equal(t, "front-door-certificate", at(t, class, "metadata", "name"))
	assert.Equal(t, "front-door", at(t, class, "metadata", "namespace"))
	assert.Equal(t, "azure", at(t, class, "spec", "provider"))
	parameters := at(t, class, "spec", "parameters").(map[string]any)
	objects := parameters["objects"].(string)
	delete(parameters, "objects")
	assert.Equal(t, map[string]any{
		"usePodIdentity": "false", "useVMManagedIdentity": "true", "userAssignedIdentityID": "client-1",
		"keyvaultName": "kv-meet", "tenantId": "tenant-1",
	}, parameters)
	// The driver reads YAML within YAML.
	var list struct {
		Array []string `json:"array"`
	}
	require.NoError(t, yaml.UnmarshalStrict([]byte(objects), &list))
	require.Len(t, list.Array, 1)
	var object map[string]any
	require.NoError(t, yaml.UnmarshalStrict([]byte(list.Array[0]), &object))
	assert.Equal(t, map[string]any{"objectName": "true", "objectType": "secret", "objectAlias": "certificate.pem"}, object)
}

func TestTheProxiesMountTheCertificateOfAKeyVault(t *testing.T) {
	t.Parallel()
	graph := record(t, withKeyVault())
	assert.Equal(t, map[string]any{"name": "certificate", "csi": map[string]any{
		"driver": "secrets-store.csi.k8s.io", "readOnly": true,
		"volumeAttributes": map[string]any{"secretProviderClass": "front-door-certificate"},
	}}, certificateVolume(t, graph))
	assert.Contains(t, find(t, graph, "front-door-proxies").DependsOn, "front-door-certificate-class")
	text := at(t, find(t, graph, "front-door-config"), "data", "haproxy.cfg").(string)
	assert.Contains(t, text, "ssl crt /etc/haproxy-tls/certificate.pem ")
}

// Pods that come before the right fail to mount the volume for as long as it takes to get there.
func TestTheCertificateWaitsForTheRightToReadIt(t *testing.T) {
	t.Parallel()
	assert.Contains(t, find(t, record(t, withKeyVault()), "front-door-certificate-class").DependsOn, "access")
}

func TestWithACertificateInAKeyVaultNoneIsMade(t *testing.T) {
	t.Parallel()
	for _, r := range record(t, withKeyVault()).Resources {
		made := strings.HasPrefix(r.Type, "tls:") || r.Type == "kubernetes:core/v1:Secret"
		assert.False(t, made, "%s %s", r.Type, r.Name)
	}
	assert.Empty(t, record(t, usual()).Of(providerClass))
}

func TestTheKeyVaultAndItsIdentityGoTogether(t *testing.T) {
	t.Parallel()
	alone, both, superfluous := withKeyVault(), withKeyVault(), usual()
	alone.KeyVaultIdentityClientID = nil
	both.FrontDoor.CertificateSecret = "meet-tls"
	superfluous.KeyVaultIdentityClientID = pulumi.String("client-1")
	for want, args := range map[string]haproxy.Args{
		"KeyVaultIdentityClientID goes with FrontDoor.KeyVaultCertificate": alone,
		"a TLS secret and a certificate in a Key Vault":                    both,
		"KeyVaultIdentityClientID goes with":                               superfluous,
		"KeyVaultAccess goes with FrontDoor.KeyVaultCertificate":           withKeyVault(),
	} {
		require.ErrorContains(t, args.Validate(), want)
	}
}

package publiccert_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/internal/publiccert"
)

func TestFilesAndVolumeFollowTheSource(t *testing.T) {
	t.Parallel()
	vault := environment.KeyVaultCertificate{VaultID: "/vaults/kv-meet", Name: "meet", TenantID: "tenant"}
	for name, test := range map[string]struct {
		door             environment.FrontDoor
		certificate, key string
		sources          int
	}{
		"made by the stack": {environment.FrontDoor{}, "/tls/tls.crt", "/tls/tls.key", 1},
		"a secret":          {environment.FrontDoor{CertificateSecret: "meet-tls"}, "/tls/tls.crt", "/tls/tls.key", 2},
		"a Key Vault": {
			environment.FrontDoor{KeyVaultCertificate: vault}, "/tls/certificate.pem", "/tls/certificate.pem", 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source := publiccert.For(test.door)
			assert.Equal(t, test.certificate, source.CertificateFile("/tls"))
			assert.Equal(t, test.key, source.KeyFile("/tls"))
			volume := source.Volume()
			assert.Equal(t, test.sources == 0, volume.Csi != nil)
			assert.Equal(t, test.sources > 0, volume.Projected != nil)
		})
	}
}

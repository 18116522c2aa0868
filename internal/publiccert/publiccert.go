// Package publiccert describes the volume in which pods of the front door's namespace find the public certificate of the
// environment: the proxies, which users' browsers talk to, and the TURN relays of the shards. All of them serve one and the
// same certificate, wherever it comes from.
package publiccert

import (
	"path"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/internal/environment"
)

const (
	// GeneratedSecret is the TLS secret with the certificate that the stack makes itself.
	GeneratedSecret = "generated-certificate"
	// ProviderClass is the SecretProviderClass of the certificate in a Key Vault.
	ProviderClass = "front-door-certificate"
	// KeyVaultFile is the file that the certificate from a Key Vault is in.
	KeyVaultFile = "certificate.pem"
	// VolumeName is the name of the volume in a pod.
	VolumeName = "certificate"
)

// Source is where the certificate is.
type Source struct {
	// keyVault says that it is in a Key Vault, which the cluster's add-on mounts.
	keyVault bool
	// secrets are the TLS secrets that it is looked for in otherwise; of two, the later one wins where it exists.
	secrets []string
}

// For is where the certificate of a front door is. A certificate in a Key Vault is there before the cluster is. A secret may
// not be: so one that the stack itself makes, and no browser trusts, always goes before it. With it pods start in a
// namespace that is minutes old, or after somebody deleted the real secret.
func For(door environment.FrontDoor) Source {
	switch {
	case door.KeyVaultCertificate.Given():
		return Source{keyVault: true}
	case door.CertificateSecret != "":
		return Source{secrets: []string{GeneratedSecret, door.CertificateSecret}}
	default:
		return Source{secrets: []string{GeneratedSecret}}
	}
}

// CertificateFile is the PEM file with the certificate and its chain, where the volume is mounted at the folder.
func (s Source) CertificateFile(folder string) string {
	if s.keyVault {
		return path.Join(folder, KeyVaultFile)
	}
	return path.Join(folder, "tls.crt")
}

// KeyFile is the PEM file with the key. It is the certificate's own file where that comes from a Key Vault.
func (s Source) KeyFile(folder string) string {
	if s.keyVault {
		return s.CertificateFile(folder)
	}
	return path.Join(folder, "tls.key")
}

// Volume is called [VolumeName]. Its files change in place when the certificate is renewed.
func (s Source) Volume() *corev1.VolumeArgs {
	volume := &corev1.VolumeArgs{Name: pulumi.String(VolumeName)}
	if s.keyVault {
		volume.Csi = &corev1.CSIVolumeSourceArgs{
			Driver:           pulumi.String("secrets-store.csi.k8s.io"),
			ReadOnly:         pulumi.Bool(true),
			VolumeAttributes: pulumi.StringMap{"secretProviderClass": pulumi.String(ProviderClass)},
		}
		return volume
	}
	volume.Projected = projectedSecrets(s.secrets)
	return volume
}

// projectedSecrets projects TLS secrets into one folder. All hold tls.crt and tls.key, and a later source replaces what an
// earlier one put there. Only the first must exist.
// Source: Kubernetes, pkg/volume/projected, collectData.
func projectedSecrets(names []string) *corev1.ProjectedVolumeSourceArgs {
	sources := make(corev1.VolumeProjectionArray, 0, len(names))
	for index, name := range names {
		sources = append(sources, &corev1.VolumeProjectionArgs{Secret: &corev1.SecretProjectionArgs{
			Name: pulumi.String(name), Optional: pulumi.Bool(index > 0),
		}})
	}
	return &corev1.ProjectedVolumeSourceArgs{Sources: sources, DefaultMode: pulumi.Int(0o440)}
}

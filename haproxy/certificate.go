package haproxy

import (
	"fmt"
	"path"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/apiextensions"
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi-tls/sdk/v5/go/tls"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const (
	generatedSecret = "generated-certificate"
	// providerClass is the SecretProviderClass of the certificate in a Key Vault.
	providerClass = "front-door-certificate"
	// keyVaultFile is the file that the certificate from a Key Vault is in.
	keyVaultFile = "certificate.pem"

	certificateVolumeName = "certificate"
	certificateFolder     = "/etc/haproxy-tls"
)

// certificateVolume is the volume in which the proxies find their public certificate.
type certificateVolume struct {
	// keyVault says that the certificate is in a Key Vault, which the cluster's add-on mounts.
	keyVault bool
	// secrets are the TLS secrets that it is looked for in otherwise; of two, the later one wins where it exists.
	secrets []string
}

// certificate is where the certificate is. A certificate in a Key Vault is there before the cluster is. A secret may not be:
// so one that the stack itself makes, and no browser trusts, always goes before it. With it the proxies start in a namespace
// that is minutes old, or after somebody deleted the real secret.
func (a Args) certificate() certificateVolume {
	switch door := a.FrontDoor; {
	case door.KeyVaultCertificate.Given():
		return certificateVolume{keyVault: true}
	case door.CertificateSecret != "":
		return certificateVolume{secrets: []string{generatedSecret, door.CertificateSecret}}
	default:
		return certificateVolume{secrets: []string{generatedSecret}}
	}
}

// file is the PEM file with the certificate and its chain. The key is in it too where it comes from a Key Vault, else beside
// it in tls.key.
func (v certificateVolume) file() string {
	if v.keyVault {
		return path.Join(certificateFolder, keyVaultFile)
	}
	return path.Join(certificateFolder, "tls.crt")
}

// volume is to be mounted at certificateFolder.
func (v certificateVolume) volume() *corev1.VolumeArgs {
	volume := &corev1.VolumeArgs{Name: pulumi.String(certificateVolumeName)}
	if v.keyVault {
		volume.Csi = &corev1.CSIVolumeSourceArgs{
			Driver:           pulumi.String("secrets-store.csi.k8s.io"),
			ReadOnly:         pulumi.Bool(true),
			VolumeAttributes: pulumi.StringMap{"secretProviderClass": pulumi.String(providerClass)},
		}
		return volume
	}
	volume.Projected = projectedSecrets(v.secrets)
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

// newCertificate registers what the proxies' public certificate comes from, and returns what they wait for. Where they have
// no other than the stack's own, every deployment says so.
func (b *builder) newCertificate() ([]pulumi.Resource, error) {
	if b.args.FrontDoor.KeyVaultCertificate.Given() {
		class, err := b.newProviderClass()
		if err != nil {
			return nil, fmt.Errorf("naming the certificate in the Key Vault: %w", err)
		}
		return []pulumi.Resource{class}, nil
	}
	if err := b.newGeneratedCertificate(); err != nil {
		return nil, err
	}
	if b.args.FrontDoor.CertificateSecret != "" {
		return nil, nil
	}
	err := b.ctx.Log.Warn(fmt.Sprintf(
		"the front door of %s uses a certificate made by this stack, which browsers do not trust: "+
			"for more than trying out, put a real one into a TLS secret in namespace %s and name it in meet:frontDoor certificateSecret, "+
			"or into a Key Vault and name it in meet:frontDoor keyVaultCertificate",
		b.args.Domain, b.namespace), nil)
	if err != nil {
		return nil, fmt.Errorf("warning of the generated certificate: %w", err)
	}
	return nil, nil
}

// newProviderClass names the certificate to the cluster's Key Vault add-on. Read as a secret it is one PEM file with the key
// and the chain, whether the vault keeps it as PEM or as PKCS#12; read as a certificate it would have neither. Without a
// version it is the newest one, also later. A pod cannot mount it before the add-on may read it, so it waits for that right.
// Source: Azure/secrets-store-csi-driver-provider-azure, docs/configurations/getting-certs-and-keys.
func (b *builder) newProviderClass() (pulumi.Resource, error) {
	certificate := b.args.FrontDoor.KeyVaultCertificate
	objects := fmt.Sprintf("array:\n  - |\n    objectName: %q\n    objectType: secret\n    objectAlias: %s\n",
		certificate.Name, keyVaultFile)
	return apiextensions.NewCustomResource(b.ctx, b.child("certificate-class"), &apiextensions.CustomResourceArgs{
		ApiVersion: pulumi.String("secrets-store.csi.x-k8s.io/v1"),
		Kind:       pulumi.String("SecretProviderClass"),
		Metadata:   b.meta(providerClass, nil),
		OtherFields: kubernetes.UntypedArgs{"spec": pulumi.Map{
			"provider": pulumi.String("azure"),
			"parameters": pulumi.StringMap{
				"usePodIdentity":         pulumi.String("false"),
				"useVMManagedIdentity":   pulumi.String("true"),
				"userAssignedIdentityID": b.args.KeyVaultIdentityClientID.ToStringOutput(),
				"keyvaultName":           pulumi.String(certificate.VaultName()),
				"tenantId":               pulumi.String(certificate.TenantID),
				"objects":                pulumi.String(objects),
			},
		}},
	}, b.options(b.args.KeyVaultAccess)...)
}

func (b *builder) newGeneratedCertificate() error {
	key, err := tls.NewPrivateKey(b.ctx, b.child("certificate-key"), &tls.PrivateKeyArgs{
		Algorithm:  pulumi.String("ECDSA"),
		EcdsaCurve: pulumi.String("P256"),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("making the certificate's key: %w", err)
	}
	privateKey := pulumi.ToSecret(key.PrivateKeyPem).(pulumi.StringOutput)
	certificate, err := tls.NewSelfSignedCert(b.ctx, b.child("certificate"), &tls.SelfSignedCertArgs{
		PrivateKeyPem:       privateKey,
		Subject:             &tls.SelfSignedCertSubjectArgs{CommonName: pulumi.String(b.args.Domain)},
		DnsNames:            pulumi.ToStringArray([]string{b.args.Domain}),
		AllowedUses:         pulumi.ToStringArray([]string{"digital_signature", "key_encipherment", "server_auth"}),
		ValidityPeriodHours: pulumi.Int(365 * 24),
		EarlyRenewalHours:   pulumi.Int(60 * 24),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("making the certificate: %w", err)
	}
	_, err = corev1.NewSecret(b.ctx, b.child("certificate-secret"), &corev1.SecretArgs{
		Metadata:   b.meta(generatedSecret, nil),
		Type:       pulumi.String("kubernetes.io/tls"),
		StringData: pulumi.StringMap{"tls.crt": certificate.CertPem, "tls.key": privateKey},
	}, b.options()...)
	return err
}

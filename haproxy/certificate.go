package haproxy

import (
	"fmt"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/apiextensions"
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi-tls/sdk/v5/go/tls"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/internal/publiccert"
)

const certificateFolder = "/etc/haproxy-tls"

// certificate is where the proxies' public certificate is.
func (a Args) certificate() publiccert.Source { return publiccert.For(a.FrontDoor) }

// newCertificate registers what the public certificate comes from, and returns it: whoever mounts the certificate waits for
// it. Where there is no other certificate than the stack's own, every deployment says so.
func (b *builder) newCertificate() (pulumi.Resource, error) {
	if b.args.FrontDoor.KeyVaultCertificate.Given() {
		class, err := b.newProviderClass()
		if err != nil {
			return nil, fmt.Errorf("naming the certificate in the Key Vault: %w", err)
		}
		return class, nil
	}
	generated, err := b.newGeneratedCertificate()
	if err != nil {
		return nil, err
	}
	if b.args.FrontDoor.CertificateSecret != "" {
		b.parent.CertificateExpires = nil
		return generated, nil
	}
	err = b.ctx.Log.Warn(fmt.Sprintf(
		"the front door of %s uses a certificate made by this stack, which browsers do not trust: "+
			"for more than trying out, put a real one into a TLS secret in namespace %s and name it in meet:frontDoor certificateSecret, "+
			"or into a Key Vault and name it in meet:frontDoor keyVaultCertificate",
		b.args.Domain, b.namespace), nil)
	if err != nil {
		return nil, fmt.Errorf("warning of the generated certificate: %w", err)
	}
	return generated, nil
}

// newProviderClass names the certificate to the cluster's Key Vault add-on. Read as a secret it is one PEM file with the key
// and the chain, whether the vault keeps it as PEM or as PKCS#12; read as a certificate it would have neither. Without a
// version it is the newest one, also later. A pod cannot mount it before the add-on may read it, so it waits for that right.
// Source: Azure/secrets-store-csi-driver-provider-azure, docs/configurations/getting-certs-and-keys.
func (b *builder) newProviderClass() (pulumi.Resource, error) {
	certificate := b.args.FrontDoor.KeyVaultCertificate
	objects := fmt.Sprintf("array:\n  - |\n    objectName: %q\n    objectType: secret\n    objectAlias: %s\n",
		certificate.Name, publiccert.KeyVaultFile)
	return apiextensions.NewCustomResource(b.ctx, b.child("certificate-class"), &apiextensions.CustomResourceArgs{
		ApiVersion: pulumi.String("secrets-store.csi.x-k8s.io/v1"),
		Kind:       pulumi.String("SecretProviderClass"),
		Metadata:   b.meta(publiccert.ProviderClass, nil),
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

// newGeneratedCertificate makes a certificate for the domain and, whichever shards there are, for the TURN relays below it.
func (b *builder) newGeneratedCertificate() (pulumi.Resource, error) {
	key, err := tls.NewPrivateKey(b.ctx, b.child("certificate-key"), &tls.PrivateKeyArgs{
		Algorithm:  pulumi.String("ECDSA"),
		EcdsaCurve: pulumi.String("P256"),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return nil, fmt.Errorf("making the certificate's key: %w", err)
	}
	privateKey := pulumi.ToSecret(key.PrivateKeyPem).(pulumi.StringOutput)
	certificate, err := tls.NewSelfSignedCert(b.ctx, b.child("certificate"), &tls.SelfSignedCertArgs{
		PrivateKeyPem:       privateKey,
		Subject:             &tls.SelfSignedCertSubjectArgs{CommonName: pulumi.String(b.args.Domain)},
		DnsNames:            pulumi.ToStringArray([]string{b.args.Domain, "*." + b.args.Domain}),
		AllowedUses:         pulumi.ToStringArray([]string{"digital_signature", "key_encipherment", "server_auth"}),
		ValidityPeriodHours: pulumi.Int(365 * 24),
		EarlyRenewalHours:   pulumi.Int(60 * 24),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return nil, fmt.Errorf("making the certificate: %w", err)
	}
	b.parent.CertificateExpires = certificate.ValidityEndTime
	return corev1.NewSecret(b.ctx, b.child("certificate-secret"), &corev1.SecretArgs{
		Metadata:   b.meta(publiccert.GeneratedSecret, nil),
		Type:       pulumi.String("kubernetes.io/tls"),
		StringData: pulumi.StringMap{"tls.crt": certificate.CertPem, "tls.key": privateKey},
	}, b.options()...)
}

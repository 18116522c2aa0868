package haproxy

import (
	"fmt"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi-tls/sdk/v5/go/tls"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const generatedSecret = "generated-certificate"

// certificateSecrets returns the TLS secrets that the proxies look for their public certificate in; of two, the later one
// wins where it exists. The first is always made by the stack itself and trusted by no browser: with it the proxies start
// in a namespace that is minutes old, or after somebody deleted the real secret. Where it is the only one, every
// deployment says so.
func (b *builder) certificateSecrets() ([]string, error) {
	if err := b.newGeneratedCertificate(); err != nil {
		return nil, err
	}
	if given := b.args.FrontDoor.CertificateSecret; given != "" {
		return []string{generatedSecret, given}, nil
	}
	err := b.ctx.Log.Warn(fmt.Sprintf(
		"the front door of %s uses a certificate made by this stack, which browsers do not trust: "+
			"for more than trying out, put a real one into a TLS secret in namespace %s and name it in meet:frontDoor certificateSecret",
		b.args.Domain, b.namespace), nil)
	if err != nil {
		return nil, fmt.Errorf("warning of the generated certificate: %w", err)
	}
	return []string{generatedSecret}, nil
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

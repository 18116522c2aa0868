package signalling

import (
	"fmt"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi-random/sdk/v4/go/random"
	"github.com/pulumi/pulumi-tls/sdk/v5/go/tls"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/signalling/names"
)

const (
	passwordSecret    = "passwords"
	jicofoPasswordKey = "JICOFO_AUTH_PASSWORD" //nolint:gosec // the name of a setting, not a secret
	bridgePasswordKey = "JVB_AUTH_PASSWORD"    //nolint:gosec // the name of a setting, not a secret
	turnSecretKey     = "TURN_CREDENTIALS"
)

const (
	hoursPerYear = 365 * 24
	// The authority lives as long as a cluster may: bridges fetch it when they boot, so that changing it means
	// replacing every bridge of the shard.
	authorityHours = 10 * hoursPerYear
	// Prosody's certificate is made anew by the first deployment in its last 60 days; the scheduled drift check says when
	// that is due.
	certificateHours  = hoursPerYear
	earlyRenewalHours = 60 * 24
)

// newPasswords makes the XMPP passwords of Jicofo and of the bridges, and the secret that Prosody shares with the TURN relays.
// Pods read them from the Secret when they start, so a new one does not change any pod by itself.
func (b *builder) newPasswords(component *Signalling) error {
	jicofo, err := b.newPassword("jicofo-password")
	if err != nil {
		return err
	}
	bridges, err := b.newPassword("bridge-password")
	if err != nil {
		return err
	}
	turn, err := b.newPassword("turn-secret")
	if err != nil {
		return err
	}
	component.BridgePassword, component.TurnSecret = bridges, turn
	_, err = corev1.NewSecret(b.ctx, b.child("passwords"), &corev1.SecretArgs{
		Metadata:   b.meta(names.Prosody, passwordSecret, nil),
		Type:       pulumi.String("Opaque"),
		StringData: pulumi.StringMap{jicofoPasswordKey: jicofo, bridgePasswordKey: bridges, turnSecretKey: turn},
	}, b.options()...)
	return err
}

func (b *builder) newPassword(suffix string) (pulumi.StringOutput, error) {
	password, err := random.NewRandomPassword(b.ctx, b.child(suffix), &random.RandomPasswordArgs{
		Length: pulumi.Int(32),
		// Letters and digits only: the images put it through shells and Lua.
		Special: pulumi.Bool(false),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return pulumi.StringOutput{}, fmt.Errorf("making %s: %w", suffix, err)
	}
	return secret(password.Result), nil
}

// newCertificates makes the shard's own authority and Prosody's certificate. Bridges cross the network to reach Prosody
// and verify it against the authority; what they verify is the name of the authentication domain.
func (b *builder) newCertificates(component *Signalling) error {
	authorityKey, err := b.newKey("ca-key")
	if err != nil {
		return err
	}
	authority, err := tls.NewSelfSignedCert(b.ctx, b.child("ca"), &tls.SelfSignedCertArgs{
		PrivateKeyPem: authorityKey,
		Subject: &tls.SelfSignedCertSubjectArgs{
			CommonName: pulumi.String("Signalling of shard " + b.args.Shard.Name),
			// Nothing that may change: another subject is another authority, which no running bridge trusts.
			Organization: pulumi.String("Jitsi Meet"),
		},
		IsCaCertificate:     pulumi.Bool(true),
		SetSubjectKeyId:     pulumi.Bool(true),
		AllowedUses:         pulumi.ToStringArray([]string{"cert_signing", "crl_signing", "digital_signature"}),
		ValidityPeriodHours: pulumi.Int(authorityHours),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("making the authority: %w", err)
	}
	component.CACertificate = authority.CertPem
	signed, key, err := b.newServerCertificate(authority.CertPem, authorityKey)
	if err != nil {
		return err
	}
	certificate := signed.CertPem
	component.CertificateExpires = signed.ValidityEndTime
	// The image takes a certificate for a domain from <domain>.crt and <domain>.key and makes its own where there is none.
	_, err = corev1.NewSecret(b.ctx, b.child("certificates"), &corev1.SecretArgs{
		Metadata: b.meta(names.Prosody, names.CertificateSecret, nil),
		Type:     pulumi.String("Opaque"),
		StringData: pulumi.StringMap{
			names.XMPPDomain + ".crt": certificate, names.XMPPDomain + ".key": key,
			names.AuthDomain + ".crt": certificate, names.AuthDomain + ".key": key,
		},
	}, b.options()...)
	return err
}

// newServerCertificate makes one certificate for all of Prosody's domains, signed by the shard's authority.
func (b *builder) newServerCertificate(
	authority, authorityKey pulumi.StringOutput,
) (certificate *tls.LocallySignedCert, key pulumi.StringOutput, err error) {
	if key, err = b.newKey("prosody-key"); err != nil {
		return nil, key, err
	}
	request, err := tls.NewCertRequest(b.ctx, b.child("prosody-request"), &tls.CertRequestArgs{
		PrivateKeyPem: key,
		Subject:       &tls.CertRequestSubjectArgs{CommonName: pulumi.String(names.AuthDomain)},
		DnsNames:      pulumi.ToStringArray([]string{names.AuthDomain, names.XMPPDomain, names.MUCDomain, names.InternalMUCDomain}),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return nil, key, fmt.Errorf("requesting Prosody's certificate: %w", err)
	}
	certificate, err = tls.NewLocallySignedCert(b.ctx, b.child("prosody-certificate"), &tls.LocallySignedCertArgs{
		CertRequestPem:      request.CertRequestPem,
		CaCertPem:           authority,
		CaPrivateKeyPem:     authorityKey,
		AllowedUses:         pulumi.ToStringArray([]string{"digital_signature", "key_encipherment", "server_auth"}),
		ValidityPeriodHours: pulumi.Int(certificateHours),
		EarlyRenewalHours:   pulumi.Int(earlyRenewalHours),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return nil, key, fmt.Errorf("signing Prosody's certificate: %w", err)
	}
	return certificate, key, nil
}

func (b *builder) newKey(suffix string) (pulumi.StringOutput, error) {
	key, err := tls.NewPrivateKey(b.ctx, b.child(suffix), &tls.PrivateKeyArgs{
		Algorithm:  pulumi.String("ECDSA"),
		EcdsaCurve: pulumi.String("P256"),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return pulumi.StringOutput{}, fmt.Errorf("making %s: %w", suffix, err)
	}
	return secret(key.PrivateKeyPem), nil
}

// secret keeps a value encrypted wherever it goes. The providers mark these outputs themselves; this does not rely on it.
func secret(value pulumi.StringOutput) pulumi.StringOutput {
	return pulumi.ToSecret(value).(pulumi.StringOutput)
}

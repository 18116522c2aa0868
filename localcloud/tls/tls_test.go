package tls_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"golang.org/x/crypto/ssh"

	"jitsi-meet-azure/localcloud/rpcprovider"
	"jitsi-meet-azure/localcloud/stateless/statelesstest"
	localtls "jitsi-meet-azure/localcloud/tls"
)

const (
	keyToken     = "tls:index/privateKey:PrivateKey"
	selfToken    = "tls:index/selfSignedCert:SelfSignedCert"
	requestToken = "tls:index/certRequest:CertRequest"
	signedToken  = "tls:index/locallySignedCert:LocallySignedCert"
)

func driver(t *testing.T) *statelesstest.Driver {
	t.Helper()
	return statelesstest.New(t, func(c rpcprovider.Config) rpcprovider.Provider { return localtls.New(c) })
}

func key(t *testing.T, d *statelesstest.Driver) string {
	t.Helper()
	made := d.Create(t, keyToken, map[string]any{"algorithm": "ECDSA", "ecdsaCurve": "P256"})
	return statelesstest.Text(t, made.Properties, "privateKeyPem")
}

func authorityInputs(key string) map[string]any {
	return map[string]any{
		"privateKeyPem": key, "isCaCertificate": true, "validityPeriodHours": 48.0, "earlyRenewalHours": 24.0,
		"allowedUses": []any{"cert_signing", "crl_signing"},
		"subject":     map[string]any{"commonName": "meet.jitsi CA", "organization": "meet", "emailAddress": "a@b.c"},
	}
}

func TestKeysOfEveryAlgorithm(t *testing.T) {
	t.Parallel()
	d := driver(t)
	for name, test := range map[string]struct {
		inputs map[string]any
		block  string
		ssh    bool
	}{
		"RSA":     {map[string]any{"algorithm": "RSA"}, "RSA PRIVATE KEY", true},
		"ECDSA":   {map[string]any{"algorithm": "ECDSA"}, "EC PRIVATE KEY", false}, // P224 is no SSH curve
		"P521":    {map[string]any{"algorithm": "ECDSA", "ecdsaCurve": "P521"}, "EC PRIVATE KEY", true},
		"ED25519": {map[string]any{"algorithm": "ED25519"}, "PRIVATE KEY", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			made := d.Create(t, keyToken, test.inputs)
			block, _ := pem.Decode([]byte(statelesstest.Text(t, made.Properties, "privateKeyPem")))
			if block == nil || block.Type != test.block || len(made.ID) != 40 {
				t.Errorf("id %q, block %v", made.ID, block)
			}
			for _, secret := range []resource.PropertyKey{"privateKeyPem", "privateKeyPemPkcs8", "privateKeyOpenssh"} {
				if !made.Properties[secret].IsSecret() {
					t.Errorf("%s is not secret", secret)
				}
			}
			authorized := statelesstest.Text(t, made.Properties, "publicKeyOpenssh")
			if _, _, _, _, err := ssh.ParseAuthorizedKey([]byte(authorized)); (err == nil) != test.ssh {
				t.Errorf("SSH form %q", authorized)
			}
		})
	}
}

func TestACertificateChainVerifies(t *testing.T) {
	t.Parallel()
	d := driver(t)
	authorityKey, serverKey := key(t, d), key(t, d)
	authority := d.Create(t, selfToken, authorityInputs(authorityKey))
	request := d.Create(t, requestToken, map[string]any{
		"privateKeyPem": serverKey, "subject": map[string]any{"commonName": "auth.meet.jitsi"},
		"dnsNames": []any{"auth.meet.jitsi"}, "ipAddresses": []any{"10.10.1.4"}, "uris": []any{"xmpp:auth.meet.jitsi"},
	})
	signed := d.Create(t, signedToken, map[string]any{
		"certRequestPem": statelesstest.Text(t, request.Properties, "certRequestPem"),
		"caCertPem":      statelesstest.Text(t, authority.Properties, "certPem"), "caPrivateKeyPem": authorityKey,
		"validityPeriodHours": 24.0, "allowedUses": []any{"server_auth", "digital_signature"}, "setSubjectKeyId": true,
	})
	chain := statelesstest.Text(t, signed.Properties, "certPem")
	if _, err := tls.X509KeyPair([]byte(chain), []byte(serverKey)); err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(statelesstest.Text(t, authority.Properties, "certPem")))
	leaf := parse(t, chain)
	if _, err := leaf.Verify(x509.VerifyOptions{
		Roots: roots, DNSName: "auth.meet.jitsi", CurrentTime: d.Now.Add(time.Hour),
	}); err != nil {
		t.Error(err)
	}
	if !leaf.IPAddresses[0].Equal(net.IPv4(10, 10, 1, 4)) || leaf.URIs[0].String() != "xmpp:auth.meet.jitsi" {
		t.Errorf("names: %v %v", leaf.IPAddresses, leaf.URIs)
	}
	if string(signed.ID) != leaf.SerialNumber.String() {
		t.Errorf("id %q, serial number %s", signed.ID, leaf.SerialNumber)
	}
	if got := statelesstest.Text(t, signed.Properties, "validityStartTime"); got != "2026-01-02T03:04:05Z" {
		t.Errorf("valid from %s", got)
	}
	if got := statelesstest.Text(t, signed.Properties, "caKeyAlgorithm"); got != "ECDSA" {
		t.Errorf("algorithm %s", got)
	}
}

func parse(t *testing.T, text string) *x509.Certificate {
	t.Helper()
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		t.Fatal("no certificate")
	}
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCertificatesAreRenewedInTime(t *testing.T) {
	t.Parallel()
	d := driver(t)
	inputs := resource.NewPropertyMapFromMap(authorityInputs(key(t, d)))
	made := d.Create(t, selfToken, authorityInputs(statelesstest.Text(t, inputs, "privateKeyPem")))
	if diff := d.Diff(t, selfToken, inputs, made.Properties, inputs); diff.Changes != plugin.DiffNone {
		t.Errorf("a fresh certificate shows %v", diff.DetailedDiff)
	}
	d.Now = d.Now.Add(25 * time.Hour)
	diff := d.Diff(t, selfToken, inputs, made.Properties, inputs)
	if change, ok := diff.DetailedDiff["readyForRenewal"]; !ok || !change.Kind.IsReplace() {
		t.Errorf("23 hours before the end, 24 before which it is renewed: %v", diff.DetailedDiff)
	}
	read, err := d.Provider.Read(context.Background(), plugin.ReadRequest{
		Type: selfToken, ID: made.ID, Inputs: inputs, State: made.Properties,
	})
	if err != nil || !read.Outputs["readyForRenewal"].BoolValue() {
		t.Errorf("a refresh shows readyForRenewal %v, %v", read.Outputs["readyForRenewal"], err)
	}
}

func TestOnlyTheRenewalTimeChangesInPlace(t *testing.T) {
	t.Parallel()
	d := driver(t)
	olds := authorityInputs(key(t, d))
	made := d.Create(t, selfToken, olds)
	oldInputs := resource.NewPropertyMapFromMap(olds)
	later := oldInputs.Copy()
	later["earlyRenewalHours"] = resource.NewNumberProperty(47)
	if diff := d.Diff(t, selfToken, oldInputs, made.Properties, later); diff.Replace() {
		t.Errorf("another renewal time replaces: %v", diff.DetailedDiff)
	}
	d.Now = d.Now.Add(2 * time.Hour)
	updated, err := d.Provider.Update(context.Background(), plugin.UpdateRequest{
		Type: selfToken, ID: made.ID, OldInputs: oldInputs, OldOutputs: made.Properties, NewInputs: later,
	})
	if err != nil || !updated.Properties["readyForRenewal"].BoolValue() {
		t.Errorf("update: %v, %v", updated.Properties["readyForRenewal"], err)
	}
	longer := oldInputs.Copy()
	longer["validityPeriodHours"] = resource.NewNumberProperty(72)
	if diff := d.Diff(t, selfToken, oldInputs, made.Properties, longer); !diff.DetailedDiff["validityPeriodHours"].Kind.IsReplace() {
		t.Errorf("another period does not replace: %v", diff.DetailedDiff)
	}
}

func TestInputsAreChecked(t *testing.T) {
	t.Parallel()
	d := driver(t)
	good := key(t, d)
	notAuthority := d.Create(t, selfToken, map[string]any{
		"privateKeyPem": good, "validityPeriodHours": 1.0, "allowedUses": []any{},
	})
	request := d.Create(t, requestToken, map[string]any{"privateKeyPem": good})
	with := func(changes map[string]any) map[string]any {
		inputs := authorityInputs(good)
		for name, value := range changes {
			inputs[name] = value
		}
		return inputs
	}
	for name, test := range map[string]struct {
		token  string
		inputs map[string]any
		want   string
	}{
		"algorithm": {keyToken, map[string]any{"algorithm": "rsa"}, "attribute algorithm value must be one of"},
		"curve":     {keyToken, map[string]any{"algorithm": "ECDSA", "ecdsaCurve": "P42"}, "attribute ecdsaCurve value must be one of"},
		"bits":      {keyToken, map[string]any{"algorithm": "RSA", "rsaBits": 512.0}, "must be at least 1024"},
		"no key":    {selfToken, with(map[string]any{"privateKeyPem": "secret"}), "no PEM block found in the private key"},
		"use":       {selfToken, with(map[string]any{"allowedUses": []any{"server"}}), `unknown use "server"`},
		"address":   {selfToken, with(map[string]any{"ipAddresses": []any{"10.0.0"}}), "ipAddresses: ParseAddr"},
		"period":    {selfToken, with(map[string]any{"validityPeriodHours": -1.0}), "must be between 0 and"},
		"subject":   {selfToken, with(map[string]any{"subject": map[string]any{"cn": "x"}}), `an argument named "cn"`},
		"no uses":   {selfToken, map[string]any{"privateKeyPem": good, "validityPeriodHours": 1.0}, `missing required property "allowedUses"`},
		"no request": {signedToken, map[string]any{
			"allowedUses": []any{}, "validityPeriodHours": 1.0, "caPrivateKeyPem": good,
			"caCertPem":      statelesstest.Text(t, d.Create(t, selfToken, authorityInputs(good)).Properties, "certPem"),
			"certRequestPem": good,
		}, "certificate request: PEM block is \"EC PRIVATE KEY\""},
		"no authority": {signedToken, map[string]any{
			"allowedUses": []any{}, "validityPeriodHours": 1.0, "caPrivateKeyPem": good,
			"caCertPem":      statelesstest.Text(t, notAuthority.Properties, "certPem"),
			"certRequestPem": statelesstest.Text(t, request.Properties, "certRequestPem"),
		}, "the certificate is not a CA"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := d.Check(t, test.token, resource.NewPropertyMapFromMap(test.inputs))
			if len(got) != 1 || !strings.Contains(got[0], test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestAnAuthorityWithAnotherKeyCannotSign(t *testing.T) {
	t.Parallel()
	d := driver(t)
	authority := d.Create(t, selfToken, authorityInputs(key(t, d)))
	request := d.Create(t, requestToken, map[string]any{"privateKeyPem": key(t, d)})
	_, err := d.Provider.Create(context.Background(), plugin.CreateRequest{
		Type: signedToken, Name: "x", Properties: resource.NewPropertyMapFromMap(map[string]any{
			"allowedUses": []any{}, "validityPeriodHours": 1.0, "caPrivateKeyPem": key(t, d),
			"caCertPem":      statelesstest.Text(t, authority.Properties, "certPem"),
			"certRequestPem": statelesstest.Text(t, request.Properties, "certRequestPem"),
		}),
	})
	if err == nil || !strings.Contains(err.Error(), "doesn't match parent's PublicKey") {
		t.Errorf("got %v", err)
	}
}

func TestUnknownInputsPassTheCheck(t *testing.T) {
	t.Parallel()
	d := driver(t)
	inputs := resource.NewPropertyMapFromMap(authorityInputs(""))
	inputs["privateKeyPem"] = resource.MakeSecret(resource.MakeComputed(resource.NewStringProperty("")))
	if got := d.Check(t, selfToken, inputs); len(got) > 0 {
		t.Errorf("a key that is still to be made is refused: %q", got)
	}
}

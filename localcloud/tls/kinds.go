package tls

import (
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // only an id
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	sdk "github.com/pulumi/pulumi-tls/sdk/v5/go/tls"

	"jitsi-meet-azure/localcloud/schema"
	"jitsi-meet-azure/localcloud/stateless"
)

func selfSignedCertificate() stateless.Kind {
	return stateless.Kind{
		Token: "tls:index/selfSignedCert:SelfSignedCert", Args: args(sdk.SelfSignedCertArgs{}),
		Required: []string{"allowedUses"}, Secret: []string{"privateKeyPem"}, InPlace: []string{"earlyRenewalHours"},
		Defaults: map[string]any{
			"earlyRenewalHours": 0.0, "isCaCertificate": false, "setSubjectKeyId": false, "setAuthorityKeyId": false,
		},
		Age: age, Expired: renewalOutput,
		Validate: func(in stateless.Values) []schema.Problem {
			return slices.Concat(keyProblem(in, "privateKeyPem"), nameProblems(in), periodProblems(in), useProblems(in))
		},
		Make: selfSign,
	}
}

func selfSign(in stateless.Values, now time.Time) (string, map[string]any, error) {
	key, err := parseKey(in.Text("privateKeyPem"))
	if err != nil {
		return "", nil, err
	}
	template := &x509.Certificate{Subject: subject(in), DNSNames: in.Texts("dnsNames")}
	if template.IPAddresses, template.URIs, err = names(in); err != nil {
		return "", nil, err
	}
	if in.Flag("setAuthorityKeyId") {
		if template.AuthorityKeyId, err = keyID(key.Public()); err != nil {
			return "", nil, err
		}
	}
	id, outputs, err := sign(template, template, key.Public(), key, in, now)
	if err != nil {
		return "", nil, err
	}
	outputs["keyAlgorithm"] = algorithmOf(key.Public())
	return id, outputs, nil
}

func certificateRequest() stateless.Kind {
	return stateless.Kind{
		Token: "tls:index/certRequest:CertRequest", Args: args(sdk.CertRequestArgs{}), Secret: []string{"privateKeyPem"},
		Validate: func(in stateless.Values) []schema.Problem {
			return slices.Concat(keyProblem(in, "privateKeyPem"), nameProblems(in))
		},
		Make: func(in stateless.Values, _ time.Time) (string, map[string]any, error) {
			key, err := parseKey(in.Text("privateKeyPem"))
			if err != nil {
				return "", nil, err
			}
			template := &x509.CertificateRequest{Subject: subject(in), DNSNames: in.Texts("dnsNames")}
			if template.IPAddresses, template.URIs, err = names(in); err != nil {
				return "", nil, err
			}
			der, err := x509.CreateCertificateRequest(rand.Reader, template, key)
			if err != nil {
				return "", nil, fmt.Errorf("create the certificate request: %w", err)
			}
			text := block(blockRequest, der)
			sum := sha1.Sum([]byte(text)) //nolint:gosec // only an id
			return hex.EncodeToString(sum[:]), map[string]any{
				"certRequestPem": text, "keyAlgorithm": algorithmOf(key.Public()),
			}, nil
		},
	}
}

func locallySignedCertificate() stateless.Kind {
	return stateless.Kind{
		Token: "tls:index/locallySignedCert:LocallySignedCert", Args: args(sdk.LocallySignedCertArgs{}),
		Required: []string{"allowedUses"}, Secret: []string{"caPrivateKeyPem"}, InPlace: []string{"earlyRenewalHours"},
		Defaults: map[string]any{"earlyRenewalHours": 0.0, "isCaCertificate": false, "setSubjectKeyId": false},
		Age:      age, Expired: renewalOutput,
		Validate: func(in stateless.Values) []schema.Problem {
			problems := slices.Concat(keyProblem(in, "caPrivateKeyPem"), periodProblems(in), useProblems(in))
			if _, err := parseRequest(in.Text("certRequestPem")); in.Has("certRequestPem") && err != nil {
				problems = append(problems, schema.Problem{Path: "certRequestPem", Text: err.Error()})
			}
			if _, err := parseAuthority(in.Text("caCertPem")); in.Has("caCertPem") && err != nil {
				problems = append(problems, schema.Problem{Path: "caCertPem", Text: err.Error()})
			}
			return problems
		},
		Make: locallySign,
	}
}

func parseRequest(text string) (*x509.CertificateRequest, error) {
	der, err := decodePEM(text, blockRequest)
	if err != nil {
		return nil, fmt.Errorf("certificate request: %w", err)
	}
	request, err := x509.ParseCertificateRequest(der)
	if err != nil {
		return nil, fmt.Errorf("certificate request: %w", err)
	}
	if err := request.CheckSignature(); err != nil {
		return nil, fmt.Errorf("certificate request: %w", err)
	}
	return request, nil
}

// parseAuthority reads a certificate that may sign others. The real provider only warns about one that may not; what
// it signs then is worth nothing.
func parseAuthority(text string) (*x509.Certificate, error) {
	der, err := decodePEM(text, blockCertificate)
	if err != nil {
		return nil, fmt.Errorf("CA certificate: %w", err)
	}
	authority, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("CA certificate: %w", err)
	}
	if !authority.IsCA || authority.KeyUsage != 0 && authority.KeyUsage&x509.KeyUsageCertSign == 0 {
		return nil, errors.New("the certificate is not a CA: isCaCertificate or the use cert_signing is missing")
	}
	return authority, nil
}

func locallySign(in stateless.Values, now time.Time) (string, map[string]any, error) {
	request, err := parseRequest(in.Text("certRequestPem"))
	if err != nil {
		return "", nil, err
	}
	authority, err := parseAuthority(in.Text("caCertPem"))
	if err != nil {
		return "", nil, err
	}
	key, err := parseKey(in.Text("caPrivateKeyPem"))
	if err != nil {
		return "", nil, err
	}
	template := &x509.Certificate{
		RawSubject: request.RawSubject, DNSNames: request.DNSNames, IPAddresses: request.IPAddresses, URIs: request.URIs,
	}
	id, outputs, err := sign(template, authority, request.PublicKey, key, in, now)
	if err != nil {
		return "", nil, err
	}
	outputs["caKeyAlgorithm"] = algorithmOf(key.Public())
	return id, outputs, nil
}

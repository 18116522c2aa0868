package tls

import (
	"crypto/x509"
	"fmt"
	"sort"

	"jitsi-meet-azure/localcloud/schema"
	"jitsi-meet-azure/localcloud/stateless"
)

func keyUses() map[string]x509.KeyUsage {
	return map[string]x509.KeyUsage{
		"digital_signature": x509.KeyUsageDigitalSignature, "content_commitment": x509.KeyUsageContentCommitment,
		"key_encipherment": x509.KeyUsageKeyEncipherment, "data_encipherment": x509.KeyUsageDataEncipherment,
		"key_agreement": x509.KeyUsageKeyAgreement, "cert_signing": x509.KeyUsageCertSign,
		"crl_signing": x509.KeyUsageCRLSign, "encipher_only": x509.KeyUsageEncipherOnly,
		"decipher_only": x509.KeyUsageDecipherOnly,
	}
}

func extendedUses() map[string]x509.ExtKeyUsage {
	return map[string]x509.ExtKeyUsage{
		"any_extended": x509.ExtKeyUsageAny, "server_auth": x509.ExtKeyUsageServerAuth,
		"client_auth": x509.ExtKeyUsageClientAuth, "code_signing": x509.ExtKeyUsageCodeSigning,
		"email_protection": x509.ExtKeyUsageEmailProtection, "ipsec_end_system": x509.ExtKeyUsageIPSECEndSystem,
		"ipsec_tunnel": x509.ExtKeyUsageIPSECTunnel, "ipsec_user": x509.ExtKeyUsageIPSECUser,
		"timestamping": x509.ExtKeyUsageTimeStamping, "ocsp_signing": x509.ExtKeyUsageOCSPSigning,
		"microsoft_server_gated_crypto":     x509.ExtKeyUsageMicrosoftServerGatedCrypto,
		"netscape_server_gated_crypto":      x509.ExtKeyUsageNetscapeServerGatedCrypto,
		"microsoft_commercial_code_signing": x509.ExtKeyUsageMicrosoftCommercialCodeSigning,
		"microsoft_kernel_code_signing":     x509.ExtKeyUsageMicrosoftKernelCodeSigning,
	}
}

// setUses puts the allowed uses into a certificate.
func setUses(c *x509.Certificate, uses []string) {
	plain, extended := keyUses(), extendedUses()
	for _, use := range uses {
		if usage, ok := plain[use]; ok {
			c.KeyUsage |= usage
		}
		if usage, ok := extended[use]; ok {
			c.ExtKeyUsage = append(c.ExtKeyUsage, usage)
		}
	}
}

func useProblems(in stateless.Values) []schema.Problem {
	plain, extended := keyUses(), extendedUses()
	var problems []schema.Problem
	for i, use := range in.Texts("allowedUses") {
		_, isPlain := plain[use]
		_, isExtended := extended[use]
		if !isPlain && !isExtended {
			problems = append(problems, schema.Problem{
				Path: fmt.Sprintf("allowedUses[%d]", i), Text: fmt.Sprintf("unknown use %q; known are %q", use, allUses()),
			})
		}
	}
	return problems
}

func allUses() []string {
	var all []string
	for use := range keyUses() {
		all = append(all, use)
	}
	for use := range extendedUses() {
		all = append(all, use)
	}
	sort.Strings(all)
	return all
}

package tls

import (
	"crypto"
	"crypto/sha1" //nolint:gosec // only an id
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"time"

	sdk "github.com/pulumi/pulumi-tls/sdk/v5/go/tls"
	"golang.org/x/crypto/ssh"

	"jitsi-meet-azure/localcloud/schema"
	"jitsi-meet-azure/localcloud/stateless"
)

const (
	defaultBits  = 2048
	fewestBits   = 1024 // what Go's crypto/rsa still makes
	defaultCurve = "P224"
)

func privateKey() stateless.Kind {
	return stateless.Kind{
		Token: "tls:index/privateKey:PrivateKey", Args: args(sdk.PrivateKeyArgs{}),
		Secret:   []string{"privateKeyPem", "privateKeyPemPkcs8", "privateKeyOpenssh"},
		Defaults: map[string]any{"ecdsaCurve": defaultCurve, "rsaBits": float64(defaultBits)},
		Validate: func(in stateless.Values) []schema.Problem {
			problems := oneOf("algorithm", in.Text("algorithm"), algorithmRSA, algorithmECDSA, algorithmED25519)
			problems = append(problems, oneOf("ecdsaCurve", in.Text("ecdsaCurve"), "P224", "P256", "P384", "P521")...)
			if in.Number("rsaBits") < fewestBits {
				problems = append(problems, schema.Problem{Path: "rsaBits", Text: fmt.Sprintf(
					"attribute rsaBits value must be at least %d, got: %d", fewestBits, in.Number("rsaBits"))})
			}
			return problems
		},
		Make: func(in stateless.Values, _ time.Time) (string, map[string]any, error) {
			key, err := generate(in)
			if err != nil {
				return "", nil, err
			}
			return describe(key)
		},
	}
}

// describe gives all forms of a key and of its public part.
func describe(key crypto.Signer) (id string, outputs map[string]any, err error) {
	traditional, pkcs8, err := encodeKey(key)
	if err != nil {
		return "", nil, err
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return "", nil, fmt.Errorf("encode the public key: %w", err)
	}
	public := block(blockPublic, der)
	outputs = map[string]any{
		"privateKeyPem": traditional, "privateKeyPemPkcs8": pkcs8, "publicKeyPem": public,
		"privateKeyOpenssh": "", "publicKeyOpenssh": "", "publicKeyFingerprintMd5": "", "publicKeyFingerprintSha256": "",
	}
	sum := sha1.Sum([]byte(public)) //nolint:gosec // only an id
	return hex.EncodeToString(sum[:]), outputs, addSSH(outputs, key)
}

// addSSH adds the forms for SSH. They stay empty for curves that SSH does not know.
func addSSH(outputs map[string]any, key crypto.Signer) error {
	public, err := ssh.NewPublicKey(key.Public())
	if err != nil {
		return nil //nolint:nilerr // P224 is no SSH curve
	}
	private, err := ssh.MarshalPrivateKey(key, "")
	if err != nil {
		return fmt.Errorf("encode the key for SSH: %w", err)
	}
	outputs["privateKeyOpenssh"] = string(pem.EncodeToMemory(private))
	outputs["publicKeyOpenssh"] = string(ssh.MarshalAuthorizedKey(public))
	outputs["publicKeyFingerprintMd5"] = ssh.FingerprintLegacyMD5(public)
	outputs["publicKeyFingerprintSha256"] = ssh.FingerprintSHA256(public)
	return nil
}

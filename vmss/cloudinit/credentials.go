package cloudinit

import (
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// Credentials are what a bridge logs in to its shard with: the one secret of a shard in the Key Vault.
type Credentials struct {
	// Password is that of the bridges' XMPP user.
	Password string `json:"password"`
	// CACertificate is the certificate (PEM) that Prosody's own is signed with. Several may follow each other, so that
	// bridges trust an authority before Prosody changes to it.
	CACertificate string `json:"caCertificate"`
}

// Marshal gives the text that is kept as the secret. What a machine would refuse is an error here.
func (c Credentials) Marshal() (string, error) {
	problems := []error{checkCertificates(c.CACertificate)}
	if c.Password == "" || strings.ContainsFunc(c.Password, unicode.IsControl) {
		problems = append(problems, errors.New("the password is empty or has control characters"))
	}
	if err := errors.Join(problems...); err != nil {
		return "", fmt.Errorf("the bridges' secret: %w", err)
	}
	text, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("the bridges' secret: %w", err)
	}
	return string(text), nil
}

// checkCertificates admits certificates only: a private key is nothing that a bridge needs.
func checkCertificates(text string) error {
	const begin = "-----BEGIN "
	rest := []byte(strings.TrimSpace(text))
	if len(rest) == 0 {
		return errors.New("the CA certificate is empty")
	}
	for len(rest) > 0 {
		block, after := pem.Decode(rest)
		// Decode skips what is not PEM; nothing may be hidden there.
		consumed := string(rest[:len(rest)-len(after)])
		if block == nil || !strings.HasPrefix(consumed, begin) || strings.Count(consumed, begin) != 1 {
			return errors.New("the CA certificate is not in PEM form")
		}
		if block.Type != "CERTIFICATE" {
			return fmt.Errorf("the CA certificate holds a %q, which must not leave the stack", block.Type)
		}
		rest = []byte(strings.TrimSpace(string(after)))
	}
	return nil
}

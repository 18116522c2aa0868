package standin

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"time"
)

// Facts are what is true of a machine, as the places would say if nothing were wrong with them.
type Facts struct {
	// VMID, Name and Zone are the machine's.
	VMID, Name, Zone string
	// PrivateAddress is the address of its network interface.
	PrivateAddress string
	// Frontends are the public addresses that the load balancer's metadata lists; none for a machine that it does not know.
	Frontends []Frontend
	// InstanceAddress is the public address in the instance's metadata. It is empty for addresses of the standard SKU.
	// Source: MicrosoftDocs/azure-docs, issue 58263.
	InstanceAddress string
	// MappedAddress is what the STUN server says; empty for one that says nothing.
	MappedAddress string
	// ClientID names the machine's identity, Token is the identity's, and Granted says that it may read the secret.
	ClientID, Token string
	Granted         bool
	// SecretName and Secret are the name and the value in the vault; a secret without a name is not there.
	SecretName, Secret string
	// Statistics replace some of the videobridge's statistics; nil takes one away. Unfit is its health check's complaint.
	Statistics map[string]any
	Unfit      string
}

// Frontend is a public address and the private one that it leads to.
type Frontend struct{ Public, Private string }

// What is usual. The public addresses are of a range that is reserved for documentation.
const (
	VMID     = "02aab8a4-74ef-476e-8182-f6d2ba4166a6"
	Private  = "10.20.16.4"
	Public   = "198.51.100.5"
	Prefix   = "198.51.100.0/28"
	Password = "correct-horse-battery-staple"
	Token    = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJodHRwczovL3ZhdWx0LmF6dXJlLm5ldCJ9.c2lnbmF0dXJl"

	ClientID   = "5f0c8f7e-2d1b-4c55-9a6e-0b8f0d0c1a2b"
	SecretName = "bridge-dev-a" //nolint:gosec // its name
)

// usual are the facts of a machine that nothing is wrong with.
func usual() (Facts, error) {
	certificate, err := NewCertificate("prosody")
	if err != nil {
		return Facts{}, err
	}
	return Facts{
		VMID: VMID, Name: "vmss-meet-dev-a_3", Zone: "1",
		PrivateAddress:  Private,
		Frontends:       []Frontend{{Public: Public, Private: Private}},
		InstanceAddress: "", MappedAddress: Public,
		ClientID: ClientID, Token: Token, Granted: true,
		SecretName: SecretName, Secret: Secret(Password, certificate),
	}, nil
}

// Secret is the value of the secret that the stack puts into the vault.
func Secret(password, certificate string) string {
	value, err := json.Marshal(map[string]string{"password": password, "caCertificate": certificate})
	if err != nil {
		return err.Error() // never: these are texts
	}
	return string(value)
}

// NewCertificate makes a certificate (PEM) that others could be signed with, as Prosody's is.
func NewCertificate(name string) (string, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", fmt.Errorf("a key for %s: %w", name, err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return "", fmt.Errorf("a certificate for %s: %w", name, err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})), nil
}

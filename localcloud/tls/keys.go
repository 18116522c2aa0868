package tls

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"

	"jitsi-meet-azure/localcloud/schema"
	"jitsi-meet-azure/localcloud/stateless"
)

// Algorithms of keys, as the program names them.
const (
	algorithmRSA     = "RSA"
	algorithmECDSA   = "ECDSA"
	algorithmED25519 = "ED25519"
)

// PEM block types.
const (
	blockRSA         = "RSA PRIVATE KEY"
	blockEC          = "EC PRIVATE KEY"
	blockPKCS8       = "PRIVATE KEY"
	blockPublic      = "PUBLIC KEY"
	blockCertificate = "CERTIFICATE"
	blockRequest     = "CERTIFICATE REQUEST"
)

func curves() map[string]elliptic.Curve {
	return map[string]elliptic.Curve{
		"P224": elliptic.P224(), "P256": elliptic.P256(), "P384": elliptic.P384(), "P521": elliptic.P521(),
	}
}

// oneOf refuses a value that is given and not in the list.
func oneOf(path, value string, allowed ...string) []schema.Problem {
	if value == "" || slices.Contains(allowed, value) {
		return nil
	}
	return []schema.Problem{{Path: path, Text: fmt.Sprintf("attribute %s value must be one of: %q, got: %q", path, allowed, value)}}
}

// generate makes a key.
func generate(in stateless.Values) (crypto.Signer, error) {
	switch algorithm := in.Text("algorithm"); algorithm {
	case algorithmRSA:
		return rsa.GenerateKey(rand.Reader, in.Number("rsaBits"))
	case algorithmECDSA:
		return ecdsa.GenerateKey(curves()[in.Text("ecdsaCurve")], rand.Reader)
	case algorithmED25519:
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return key, err
	default:
		return nil, fmt.Errorf("invalid key algorithm %q", algorithm)
	}
}

// encodeKey gives a key in the older form that is usual for its algorithm, and in PKCS #8.
func encodeKey(key crypto.Signer) (traditional, pkcs8 string, err error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", "", fmt.Errorf("encode the key: %w", err)
	}
	pkcs8 = block(blockPKCS8, der)
	switch key := key.(type) {
	case *rsa.PrivateKey:
		return block(blockRSA, x509.MarshalPKCS1PrivateKey(key)), pkcs8, nil
	case *ecdsa.PrivateKey:
		der, err := x509.MarshalECPrivateKey(key)
		if err != nil {
			return "", "", fmt.Errorf("encode the key: %w", err)
		}
		return block(blockEC, der), pkcs8, nil
	default:
		return pkcs8, pkcs8, nil
	}
}

func block(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// parseKey reads a private key in any of the forms that encodeKey gives.
func parseKey(text string) (crypto.Signer, error) {
	found, _ := pem.Decode([]byte(text))
	if found == nil {
		return nil, errors.New("no PEM block found in the private key")
	}
	switch found.Type {
	case blockRSA:
		return x509.ParsePKCS1PrivateKey(found.Bytes)
	case blockEC:
		return x509.ParseECPrivateKey(found.Bytes)
	case blockPKCS8:
		key, err := x509.ParsePKCS8PrivateKey(found.Bytes)
		if err != nil {
			return nil, fmt.Errorf("parse the private key: %w", err)
		}
		if signer, ok := key.(crypto.Signer); ok {
			return signer, nil
		}
		return nil, fmt.Errorf("a private key of type %T cannot sign", key)
	default:
		return nil, fmt.Errorf("PEM block %q is no private key", found.Type)
	}
}

func algorithmOf(key crypto.PublicKey) string {
	switch key.(type) {
	case *rsa.PublicKey:
		return algorithmRSA
	case *ecdsa.PublicKey:
		return algorithmECDSA
	case ed25519.PublicKey:
		return algorithmED25519
	default:
		return ""
	}
}

// keyProblem refuses a known text that is no private key.
func keyProblem(in stateless.Values, name string) []schema.Problem {
	if !in.Has(name) {
		return nil
	}
	if _, err := parseKey(in.Text(name)); err != nil {
		return []schema.Problem{{Path: name, Text: err.Error()}}
	}
	return nil
}

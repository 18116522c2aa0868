package azurenative

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"time"

	"sigs.k8s.io/yaml"

	"jitsi-meet-azure/localcloud/azurenative/arm"
)

const (
	// entraServer is the application that every AKS API server with Entra integration stands for in the public cloud.
	// Source: Azure docs, aks/kubelogin-authentication.
	entraServer = "6dae42f8-4368-4678-94ff-3960e28e3630"
	// entraClient is the public client application that kubelogin logs people in with.
	entraClient = "80faf920-1908-4b52-b5ef-a8e7bedfc67a"

	certificateYears = 30
)

// kubeconfig renders the access of a user in the form in which AKS gives it.
func kubeconfig(cluster other, user, tenant string, static bool) ([]byte, error) {
	name := arm.LastSegment(cluster.ID)
	owner := user + "_" + arm.LastSegment(arm.GroupOf(cluster.ID)) + "_" + name
	authority, err := newAuthority(cluster)
	if err != nil {
		return nil, err
	}
	credentials := kubelogin(tenant)
	if static {
		if credentials, err = authority.client(owner); err != nil {
			return nil, err
		}
	}
	raw, err := yaml.Marshal(map[string]any{
		"apiVersion": "v1", "kind": "Config", "current-context": name, "preferences": map[string]any{},
		"clusters": []any{map[string]any{"name": name, "cluster": map[string]any{
			"server":                     "https://" + cluster.out.text("fqdn") + ":443",
			"certificate-authority-data": base64.StdEncoding.EncodeToString(authority.certificate),
		}}},
		"contexts": []any{map[string]any{"name": name, "context": map[string]any{"cluster": name, "user": owner}}},
		"users":    []any{map[string]any{"name": owner, "user": credentials}},
	})
	if err != nil {
		return nil, fmt.Errorf("render the kubeconfig of %s: %w", cluster.ID, err)
	}
	return raw, nil
}

func kubelogin(tenant string) map[string]any {
	return map[string]any{"exec": map[string]any{
		"apiVersion": "client.authentication.k8s.io/v1beta1", "command": "kubelogin", "provideClusterInfo": false,
		"env": nil, "installHint": "kubelogin is not installed; see https://aka.ms/aks/kubelogin",
		"args": []any{
			"get-token", "--environment", "AzurePublicCloud", "--server-id", entraServer, "--client-id", entraClient,
			"--tenant-id", tenant, "--login", "devicecode",
		},
	}}
}

// authority signs the certificates of one cluster. Its key depends on the cluster only: Ed25519 keys can be made from a
// seed and their signatures are deterministic, so a cluster's kubeconfig is the same each time it is asked for.
type authority struct {
	key         ed25519.PrivateKey
	template    *x509.Certificate
	certificate []byte // PEM
}

func keyOf(parts ...string) ed25519.PrivateKey {
	seed := sha256.Sum256(fmt.Appendf(nil, "%q", parts))
	return ed25519.NewKeyFromSeed(seed[:])
}

func newAuthority(cluster other) (*authority, error) {
	a := &authority{
		key: keyOf("authority", cluster.ID, cluster.Created.String()),
		template: &x509.Certificate{
			SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "ca"}, IsCA: true, BasicConstraintsValid: true,
			NotBefore: cluster.Created.Truncate(time.Second), NotAfter: cluster.Created.AddDate(certificateYears, 0, 0),
			KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		},
	}
	der, err := x509.CreateCertificate(rand.Reader, a.template, a.template, a.key.Public(), a.key)
	if err != nil {
		return nil, fmt.Errorf("certificate authority of %s: %w", cluster.ID, err)
	}
	a.certificate = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return a, nil
}

// client gives the certificate and token of a member of system:masters.
func (a *authority) client(owner string) (map[string]any, error) {
	key := keyOf("client", owner, string(a.certificate))
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "masterclient", Organization: []string{"system:masters"}},
		NotBefore: a.template.NotBefore, NotAfter: a.template.NotAfter,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.template, key.Public(), a.key)
	if err != nil {
		return nil, fmt.Errorf("client certificate of %s: %w", owner, err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("client key of %s: %w", owner, err)
	}
	return map[string]any{
		"client-certificate-data": base64.StdEncoding.EncodeToString(
			pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		"client-key-data": base64.StdEncoding.EncodeToString(
			pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded})),
		"token": guidOf("token", owner, string(a.certificate)),
	}, nil
}

package controlplane

import (
	"crypto/rand"
	_ "embed"
	"fmt"
	"net"
	"os"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/client-go/util/cert"
	"k8s.io/client-go/util/keyutil"
)

// Files in the control plane's folder.
const (
	kubeconfigFile    = "kubeconfig"
	serverCertificate = "server.crt"
	serverKey         = "server.key"
	accountKey        = "accounts.key"
	tokens            = "tokens.csv"
	kwokStages        = "kwok.yaml"
)

// stages are what kwok plays: nodes that are ready and renew their leases, and no pods.
//
//go:embed kwok.yaml
var stages []byte

// Kubeconfig is the path of a kubeconfig with which everything is allowed.
func (o Options) Kubeconfig() string { return o.file(kubeconfigFile) }

// write writes all files that the programs read, and returns how to reach the API server.
func (o Options) write(server uint16) (*rest.Config, error) {
	// The file holds the certificate and then that of the authority which signed it.
	certificate, key, err := cert.GenerateSelfSignedCertKey(host, []net.IP{net.ParseIP(host)}, []string{"localhost"})
	if err != nil {
		return nil, fmt.Errorf("the API server's certificate: %w", err)
	}
	signing, err := keyutil.MakeEllipticPrivateKeyPEM()
	if err != nil {
		return nil, fmt.Errorf("the key of service accounts: %w", err)
	}
	token := rand.Text()
	for name, content := range map[string][]byte{
		serverCertificate: certificate, serverKey: key, accountKey: signing, kwokStages: stages,
		tokens: []byte(token + ",admin,admin,system:masters\n"),
	} {
		if err := os.WriteFile(o.file(name), content, 0o600); err != nil {
			return nil, fmt.Errorf("the control plane's files: %w", err)
		}
	}
	access := &rest.Config{
		Host: "https://" + address(server), BearerToken: token, TLSClientConfig: rest.TLSClientConfig{CAData: certificate},
		QPS: requests, Burst: 2 * requests, UserAgent: "system-test",
	}
	if err := clientcmd.WriteToFile(kubeconfig(access), o.Kubeconfig()); err != nil {
		return nil, fmt.Errorf("the kubeconfig: %w", err)
	}
	return access, nil
}

func kubeconfig(access *rest.Config) clientcmdapi.Config {
	const name = "system-test"
	config := clientcmdapi.NewConfig()
	config.Clusters[name] = &clientcmdapi.Cluster{Server: access.Host, CertificateAuthorityData: access.CAData}
	config.AuthInfos[name] = &clientcmdapi.AuthInfo{Token: access.BearerToken}
	config.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: name}
	config.CurrentContext = name
	return *config
}

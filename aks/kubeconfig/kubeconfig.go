// Package kubeconfig turns the credentials that AKS hands out into the kubeconfig that the Kubernetes provider is given.
//
// Input is parsed strictly: what the cluster's certificates, address or login would silently lose is an error here, with
// its path, rather than a connection refused later. The package is pure.
package kubeconfig

import (
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"net/url"

	"sigs.k8s.io/yaml"
)

// serverID is the Entra application of every AKS cluster's API server: tokens must be for it.
// Source: Azure docs, kubelogin-authentication.
const serverID = "6dae42f8-4368-4678-94ff-3960e28e3630"

// execVersion is the credential plugin protocol that kubelogin speaks.
const execVersion = "client.authentication.k8s.io/v1beta1"

// Admin decodes the static administrator credentials (base64) and checks that they are complete.
func Admin(encoded string) (string, error) {
	raw, c, err := decode(encoded)
	if err != nil {
		return "", err
	}
	login := c.Users[0].User
	if err := checkPEM(login.Certificate); err != nil {
		return "", fmt.Errorf("kubeconfig: users[0].user.client-certificate-data: %w", err)
	}
	if err := checkPEM(login.Key); err != nil {
		return "", fmt.Errorf("kubeconfig: users[0].user.client-key-data: %w", err)
	}
	return string(raw), nil
}

// Entra decodes the user credentials (base64) and rewrites the login to kubelogin (which must be on the PATH of
// whoever uses the result). The way to log in is deliberately not written down: kubelogin takes it from the
// AAD_LOGIN_METHOD environment variable, so that the same kubeconfig serves a person ("azurecli"), a pipeline
// ("workloadidentity") and a machine ("msi"). Without the variable kubelogin asks for a device code, which a deployment
// cannot answer. The result is deterministic and holds no secret of its own.
func Entra(encoded string) (string, error) {
	_, c, err := decode(encoded)
	if err != nil {
		return "", err
	}
	c.Users[0].User = user{Exec: &exec{
		APIVersion:      execVersion,
		Command:         "kubelogin",
		Args:            append([]string{"get-token", "--server-id", serverID}, kept(c.Users[0].User.Exec)...),
		InteractiveMode: "IfAvailable",
		InstallHint:     "kubelogin is missing; see https://azure.github.io/kubelogin",
	}}
	rewritten, err := yaml.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("kubeconfig: writing: %w", err)
	}
	return string(rewritten), nil
}

// kept gives the arguments of the original login that name the cloud and the tenant. They depend on the cluster; the
// login method does not. kubelogin prefers its environment variables to them.
func kept(original *exec) []string {
	if original == nil {
		return nil
	}
	wanted := map[string]bool{"--environment": true, "--client-id": true, "--tenant-id": true}
	var arguments []string
	for i := 0; i+1 < len(original.Args); i++ {
		if wanted[original.Args[i]] {
			arguments = append(arguments, original.Args[i], original.Args[i+1])
			i++
		}
	}
	return arguments
}

func decode(encoded string) ([]byte, *config, error) {
	if encoded == "" {
		return nil, nil, errors.New("kubeconfig: AKS gave no credentials; are local accounts disabled, or is the cluster stopped?")
	}
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return nil, nil, fmt.Errorf("kubeconfig: not base64: %w", err)
	}
	c := &config{}
	if err := yaml.UnmarshalStrict(raw, c); err != nil {
		return nil, nil, fmt.Errorf("kubeconfig: not the YAML of a kubeconfig: %w", err)
	}
	if err := c.check(); err != nil {
		return nil, nil, err
	}
	return raw, c, nil
}

// check wants exactly one of everything: AKS gives no other, and a second entry would make it a guess which one counts.
func (c *config) check() error {
	if c.APIVersion != "v1" || c.Kind != "Config" {
		return fmt.Errorf("kubeconfig: a %q of version %q, not a Config of version v1", c.Kind, c.APIVersion)
	}
	if len(c.Clusters) != 1 || len(c.Contexts) != 1 || len(c.Users) != 1 {
		return fmt.Errorf("kubeconfig: %d clusters, %d contexts and %d users; one of each is wanted",
			len(c.Clusters), len(c.Contexts), len(c.Users))
	}
	return errors.Join(c.checkReferences(), c.Clusters[0].Cluster.check())
}

func (c *config) checkReferences() error {
	cluster, context := c.Clusters[0], c.Contexts[0]
	switch {
	case c.CurrentContext != context.Name:
		return fmt.Errorf("kubeconfig: current-context %q is not the context %q", c.CurrentContext, context.Name)
	case context.Context.Cluster != cluster.Name:
		return fmt.Errorf("kubeconfig: contexts[0].context.cluster %q is not the cluster %q", context.Context.Cluster, cluster.Name)
	case context.Context.User != c.Users[0].Name:
		return fmt.Errorf("kubeconfig: contexts[0].context.user %q is not the user %q", context.Context.User, c.Users[0].Name)
	}
	return nil
}

func (c cluster) check() error {
	if server, err := url.Parse(c.Server); err != nil || server.Scheme != "https" || server.Host == "" {
		return fmt.Errorf("kubeconfig: clusters[0].cluster.server %q is not an https address", c.Server)
	}
	if err := checkPEM(c.CA); err != nil {
		return fmt.Errorf("kubeconfig: clusters[0].cluster.certificate-authority-data: %w", err)
	}
	return nil
}

func checkPEM(data string) error {
	if data == "" {
		return errors.New("missing")
	}
	decoded, err := base64.StdEncoding.DecodeString(data)
	if err != nil {
		return fmt.Errorf("not base64: %w", err)
	}
	if block, _ := pem.Decode(decoded); block == nil {
		return errors.New("not PEM")
	}
	return nil
}

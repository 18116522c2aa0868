// Package kubeconfig reads the file by which a Kubernetes client finds a cluster and shows who it is.
//
// It is stricter than kubectl: a misspelt field, a context that leads nowhere or a user without credentials is an
// error at once, not at the first request.
// Source: Kubernetes docs, "kubeconfig (v1)".
package kubeconfig

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"

	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// DefaultNamespace is where objects without a namespace go when the context names none.
const DefaultNamespace = "default"

// Access is what the chosen context of a kubeconfig says.
type Access struct {
	// Context is the name of the chosen context.
	Context string
	// Host is the host name of the API server, Server its full URL.
	Host, Server string
	// Namespace is the context's default namespace.
	Namespace string
	// Certificate is set when the user shows a client certificate or a fixed token: an account of the cluster itself.
	Certificate bool
	// Command is the program that fetches a token, for example "kubelogin"; empty without one.
	Command string
	// cluster is everything about the chosen cluster, for comparison.
	cluster clusterInfo
}

// SameCluster tells whether two kubeconfigs reach the cluster in the same way.
func (a Access) SameCluster(b Access) bool { return a.cluster == b.cluster }

// Parse reads a kubeconfig, in YAML or JSON, and follows its current context. A context or cluster that is not empty
// overrides the file's choice.
func Parse(text, context, cluster string) (Access, error) {
	f, err := read(text)
	if err != nil {
		return Access{}, err
	}
	if f.APIVersion != "v1" || f.Kind != "Config" {
		return Access{}, fmt.Errorf("no kind %q is registered for version %q: a kubeconfig is a v1 Config",
			f.Kind, f.APIVersion)
	}
	if context == "" {
		context = f.CurrentContext
	}
	return f.follow(context, cluster)
}

func read(text string) (file, error) {
	var f file
	raw, err := yaml.YAMLToJSONStrict([]byte(text))
	if err != nil {
		return f, fmt.Errorf("couldn't get version/kind; json parse error: %w", err)
	}
	strict, err := kjson.UnmarshalStrict(raw, &f)
	if err := errors.Join(append(strict, err)...); err != nil {
		return f, fmt.Errorf("strict decoding error: %w", err)
	}
	return f, nil
}

func (f file) follow(context, cluster string) (Access, error) {
	chosen, ok := find(f.Contexts, func(c namedContext) string { return c.Name }, context)
	if !ok {
		return Access{}, fmt.Errorf("context %q does not exist", context)
	}
	if cluster == "" {
		cluster = chosen.Context.Cluster
	}
	at, ok := find(f.Clusters, func(c namedCluster) string { return c.Name }, cluster)
	if !ok {
		return Access{}, fmt.Errorf("cluster %q of context %q does not exist", cluster, context)
	}
	who, ok := find(f.Users, func(u namedUser) string { return u.Name }, chosen.Context.User)
	if !ok {
		return Access{}, fmt.Errorf("user %q of context %q does not exist", chosen.Context.User, context)
	}
	if err := errors.Join(at.Cluster.check(), who.User.check()); err != nil {
		return Access{}, fmt.Errorf("invalid configuration: %w", err)
	}
	access := Access{
		Context: context, Server: at.Cluster.Server, Namespace: chosen.Context.Namespace,
		Certificate: who.User.Certificate != "" || who.User.Token != "", cluster: at.Cluster.clusterInfo,
	}
	if access.Namespace == "" {
		access.Namespace = DefaultNamespace
	}
	if who.User.Exec != nil {
		access.Command = who.User.Exec.Command
	}
	server, err := url.Parse(at.Cluster.Server)
	if err != nil {
		return Access{}, fmt.Errorf("invalid configuration: server: %w", err)
	}
	access.Host = server.Hostname()
	return access, nil
}

// find looks an entry up by name. Of two entries with one name none is meant.
func find[T any](all []T, name func(T) string, wanted string) (found T, ok bool) {
	count := 0
	for _, one := range all {
		if name(one) == wanted {
			found, count = one, count+1
		}
	}
	return found, count == 1
}

func (c clusterEntry) check() error {
	server, err := url.Parse(c.Server)
	if err != nil {
		return fmt.Errorf("server: %w", err)
	}
	if server.Scheme != "https" || server.Hostname() == "" {
		return fmt.Errorf("server %q is no https URL", c.Server)
	}
	if c.AuthorityData == "" && c.Authority == "" && !c.Insecure {
		return errors.New("certificate-authority-data is missing")
	}
	if c.AuthorityData == "" {
		return nil
	}
	pem, err := encoded("certificate-authority-data", c.AuthorityData)
	if err == nil && !x509.NewCertPool().AppendCertsFromPEM(pem) {
		err = errors.New("certificate-authority-data holds no certificate")
	}
	return err
}

func (u user) check() error {
	var errs []error
	if u.Certificate == "" && u.Token == "" && u.Exec == nil {
		errs = append(errs, errors.New("the user has no credentials: neither a client certificate, nor a token, nor exec"))
	}
	if u.Certificate != "" || u.Key != "" {
		errs = append(errs, u.checkPair())
	}
	if u.Exec != nil && (u.Exec.Command == "" || u.Exec.APIVersion == "") {
		errs = append(errs, errors.New("exec needs command and apiVersion"))
	}
	return errors.Join(errs...)
}

func (u user) checkPair() error {
	certificate, err := encoded("client-certificate-data", u.Certificate)
	if err != nil {
		return err
	}
	key, err := encoded("client-key-data", u.Key)
	if err != nil {
		return err
	}
	if _, err := tls.X509KeyPair(certificate, key); err != nil {
		return fmt.Errorf("client-certificate-data and client-key-data: %w", err)
	}
	return nil
}

func encoded(name, value string) ([]byte, error) {
	raw, err := base64.StdEncoding.DecodeString(value)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return raw, nil
}

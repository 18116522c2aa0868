package kubeconfig_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"jitsi-meet-azure/localcloud/kubernetes/kubeconfig"
)

// credentials gives a certificate and its key, encoded as kubeconfigs do. They are always the same.
func credentials(tb testing.TB, seed byte) (certificate, key string) {
	tb.Helper()
	private := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Unix(1<<32, 0)}
	der, err := x509.CreateCertificate(nil, template, template, private.Public(), private)
	if err != nil {
		tb.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		tb.Fatal(err)
	}
	return encode("CERTIFICATE", der), encode("PRIVATE KEY", encoded)
}

func encode(block string, der []byte) string {
	return base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: block, Bytes: der}))
}

// config is a kubeconfig with two clusters. Pairs of old and new texts change it.
func config(tb testing.TB, changes ...string) string {
	tb.Helper()
	certificate, key := credentials(tb, 1)
	text := `apiVersion: v1
kind: Config
preferences: {}
current-context: one
clusters:
- name: one
  cluster: {server: "https://one.example.org:443", certificate-authority-data: CERTIFICATE}
- name: two
  cluster: {server: "https://two.example.org:443", certificate-authority-data: CERTIFICATE}
contexts:
- name: one
  context: {cluster: one, user: admin}
- name: two
  context: {cluster: two, user: person, namespace: apps}
users:
- name: admin
  user: {client-certificate-data: CERTIFICATE, client-key-data: THEKEY}
- name: person
  user: {exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: kubelogin, args: [get-token], env: null}}
`
	text = strings.NewReplacer(changes...).Replace(text)
	return strings.NewReplacer("CERTIFICATE", certificate, "THEKEY", key).Replace(text)
}

func TestTheCurrentContextIsFollowed(t *testing.T) {
	t.Parallel()
	access, err := kubeconfig.Parse(config(t), "", "")
	if err != nil {
		t.Fatal(err)
	}
	if access.Host != "one.example.org" || access.Namespace != "default" || !access.Certificate || access.Command != "" {
		t.Errorf("%+v", access)
	}
}

func TestOverridesChooseAnotherContextAndCluster(t *testing.T) {
	t.Parallel()
	access, err := kubeconfig.Parse(config(t), "two", "")
	if err != nil {
		t.Fatal(err)
	}
	if access.Host != "two.example.org" || access.Namespace != "apps" || access.Certificate || access.Command != "kubelogin" {
		t.Errorf("%+v", access)
	}
	mixed, err := kubeconfig.Parse(config(t), "two", "one")
	if err != nil || mixed.Host != "one.example.org" {
		t.Errorf("%+v %v", mixed, err)
	}
}

func TestSameClusterIgnoresWhoAsks(t *testing.T) {
	t.Parallel()
	one, err := kubeconfig.Parse(config(t), "one", "")
	if err != nil {
		t.Fatal(err)
	}
	asPerson, err := kubeconfig.Parse(config(t), "two", "one")
	if err != nil {
		t.Fatal(err)
	}
	two, err := kubeconfig.Parse(config(t), "two", "")
	if err != nil {
		t.Fatal(err)
	}
	if !one.SameCluster(asPerson) || one.SameCluster(two) {
		t.Error("clusters are told apart by something else than the cluster entry")
	}
}

func TestMistakesAreErrors(t *testing.T) {
	t.Parallel()
	_, otherKey := credentials(t, 2)
	for name, test := range map[string]struct {
		changes []string
		want    string
	}{
		"misspelt field":   {[]string{"server:", "sever:"}, `unknown field "clusters[0].cluster.sever"`},
		"another kind":     {[]string{"kind: Config", "kind: ConfigMap"}, `no kind "ConfigMap" is registered`},
		"no context":       {[]string{"current-context: one", "current-context: three"}, `context "three" does not exist`},
		"no cluster":       {[]string{"cluster: one, user", "cluster: three, user"}, `cluster "three" of context "one" does not exist`},
		"no user":          {[]string{"user: admin}", "user: nobody}"}, `user "nobody" of context "one" does not exist`},
		"two of a name":    {[]string{"- name: two\n  context", "- name: one\n  context"}, `context "one" does not exist`},
		"plain http":       {[]string{"https://one", "http://one"}, `server "http://one.example.org:443" is no https URL`},
		"no authority":     {[]string{", certificate-authority-data: CERTIFICATE", ""}, "certificate-authority-data is missing"},
		"no certificate":   {[]string{"certificate-authority-data: CERTIFICATE", "certificate-authority-data: aGVsbG8="}, "holds no certificate"},
		"no base64":        {[]string{"certificate-authority-data: CERTIFICATE", "certificate-authority-data: '***'"}, "illegal base64"},
		"no credentials":   {[]string{"{client-certificate-data: CERTIFICATE, client-key-data: THEKEY}", "{}"}, "the user has no credentials"},
		"no key":           {[]string{", client-key-data: THEKEY", ""}, "client-certificate-data and client-key-data"},
		"somebody's key":   {[]string{"THEKEY", otherKey}, "private key does not match public key"},
		"exec without cmd": {[]string{"current-context: one", "current-context: two", "command: kubelogin, ", ""}, "exec needs command"},
		"no YAML":          {[]string{"apiVersion: v1", "apiVersion: ["}, "json parse error"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := kubeconfig.Parse(config(t, test.changes...), "", "")
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
		})
	}
}

// FuzzParse: nothing makes the parser fall over, and what it accepts has a host.
func FuzzParse(f *testing.F) {
	// Small seeds: the fuzzer spends its time on making what it finds as small as it can.
	const head = "apiVersion: v1\nkind: Config\ncurrent-context: a\ncontexts: [{name: a, context: {cluster: a, user: a}}]\n"
	f.Add(head+"clusters: [{name: a, cluster: {server: 'https://h', insecure-skip-tls-verify: true}}]\n"+
		"users: [{name: a, user: {token: t}}]", "", "")
	f.Add(head+"clusters: [{name: b, cluster: {server: 'https://h:1', certificate-authority-data: aGk=}}]\n"+
		"users: [{name: a, user: {exec: {command: c, apiVersion: v}}}]", "a", "b")
	f.Add("{}", "", "")
	f.Add("apiVersion: v1\nkind: Config\nclusters: [{name: a, cluster: {server: 'https://[::1'}}]", "a", "a")
	f.Fuzz(func(t *testing.T, text, context, cluster string) {
		access, err := kubeconfig.Parse(text, context, cluster)
		if err == nil && (access.Host == "" || access.Namespace == "") {
			t.Errorf("accepted without host or namespace: %+v", access)
		}
	})
}

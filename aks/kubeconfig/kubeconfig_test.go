package kubeconfig_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"jitsi-meet-azure/aks/kubeconfig"
)

// certificate is any PEM block; only its form is checked here.
var certificate = base64.StdEncoding.EncodeToString([]byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"))

const (
	adminUser = `
- name: clusterAdmin_rg_aks
  user:
    client-certificate-data: CERT
    client-key-data: CERT
    token: secret-token`
	entraUser = `
- name: clusterUser_rg_aks
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1beta1
      args:
      - get-token
      - --environment
      - AzurePublicCloud
      - --server-id
      - other
      - --client-id
      - 80faf920
      - --tenant-id
      - tenant-1
      - --login
      - devicecode
      command: kubelogin
      env: null
      installHint: install it
      provideClusterInfo: false`
	legacyUser = `
- name: clusterUser_rg_aks
  user:
    auth-provider:
      name: azure
      config:
        apiserver-id: 6dae42f8-4368-4678-94ff-3960e28e3630
        tenant-id: tenant-1`
)

func document(user string) string {
	name := "clusterUser_rg_aks"
	if strings.Contains(user, "clusterAdmin") {
		name = "clusterAdmin_rg_aks"
	}
	text := `apiVersion: v1
kind: Config
preferences: {}
clusters:
- name: aks
  cluster:
    certificate-authority-data: CERT
    server: https://aks-1234.hcp.westeurope.azmk8s.io:443
contexts:
- name: aks
  context: {cluster: aks, user: ` + name + `}
current-context: aks
users:` + user + "\n"
	return strings.ReplaceAll(text, "CERT", certificate)
}

func encode(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

func TestAdminKeepsTheDocument(t *testing.T) {
	t.Parallel()
	want := document(adminUser)
	got, err := kubeconfig.Admin(encode(want))
	if err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestEntraLogsInByKubelogin(t *testing.T) {
	t.Parallel()
	got, err := kubeconfig.Entra(encode(document(entraUser)))
	if err != nil {
		t.Fatal(err)
	}
	want := strings.ReplaceAll(`apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: CERT
    server: https://aks-1234.hcp.westeurope.azmk8s.io:443
  name: aks
contexts:
- context:
    cluster: aks
    user: clusterUser_rg_aks
  name: aks
current-context: aks
kind: Config
users:
- name: clusterUser_rg_aks
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1beta1
      args:
      - get-token
      - --server-id
      - 6dae42f8-4368-4678-94ff-3960e28e3630
      - --environment
      - AzurePublicCloud
      - --client-id
      - 80faf920
      - --tenant-id
      - tenant-1
      command: kubelogin
      installHint: kubelogin is missing; see https://azure.github.io/kubelogin
      interactiveMode: IfAvailable
      provideClusterInfo: false
`, "CERT", certificate)
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	again, err := kubeconfig.Entra(encode(got))
	if err != nil || again != got {
		t.Errorf("rewriting the result changes it (%v):\n%s", err, again)
	}
}

// No credential of the input may be left over: the login must be the deployer's own.
func TestEntraDropsEveryOtherLogin(t *testing.T) {
	t.Parallel()
	for name, user := range map[string]string{
		"certificate": strings.ReplaceAll(adminUser, "clusterAdmin", "clusterUser"), "auth-provider": legacyUser,
	} {
		got, err := kubeconfig.Entra(encode(document(user)))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, forbidden := range []string{"client-key-data", "token: ", "secret-token", "auth-provider", "--login"} {
			if strings.Contains(got, forbidden) {
				t.Errorf("%s: %q is left in\n%s", name, forbidden, got)
			}
		}
	}
}

// changed is a good document, encoded, with one thing made wrong.
func changed(from, to string) string {
	return encode(strings.Replace(document(entraUser), from, to, 1))
}

func TestMalformed(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ encoded, want string }{
		"nothing":    {"", "AKS gave no credentials"},
		"not base64": {"%%%", "kubeconfig: not base64"},
		"not YAML":   {encode("\t:"), "not the YAML of a kubeconfig"},
		"unknown field": {
			changed("    server:", "    insecure-skip-tls-verify: true\n    server:"),
			`unknown field "insecure-skip-tls-verify"`,
		},
		"other kind":             {changed("kind: Config", "kind: Pod"), `a "Pod" of version "v1"`},
		"no users":               {changed("users:"+entraUser, "users: []"), "1 clusters, 1 contexts and 0 users"},
		"other context":          {changed("current-context: aks", "current-context: x"), `current-context "x"`},
		"other cluster":          {changed("{cluster: aks", "{cluster: x"), `contexts[0].context.cluster "x"`},
		"other user":             {changed("user: clusterUser_rg_aks}", "user: x}"), `contexts[0].context.user "x"`},
		"plain HTTP":             {changed("server: https:", "server: http:"), "is not an https address"},
		"no certificate":         {changed(certificate, ""), "clusters[0].cluster.certificate-authority-data: missing"},
		"certificate is not PEM": {changed(certificate, "AAAA"), "clusters[0].cluster.certificate-authority-data: not PEM"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := kubeconfig.Entra(test.encoded)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

func TestAdminWantsACertificate(t *testing.T) {
	t.Parallel()
	_, err := kubeconfig.Admin(encode(document(entraUser)))
	if err == nil || !strings.Contains(err.Error(), "users[0].user.client-certificate-data: missing") {
		t.Errorf("error %v", err)
	}
}

// FuzzEntra: whatever comes in, either an error or a kubeconfig with a kubelogin login that can be read again comes out.
func FuzzEntra(f *testing.F) {
	for _, user := range []string{adminUser, entraUser, legacyUser} {
		f.Add(document(user))
	}
	f.Add("")
	f.Add("users: [{}]\nclusters: [{}]\ncontexts: [{}]\n")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := kubeconfig.Entra(encode(text))
		if err != nil {
			return
		}
		var parsed map[string]any
		if err := yaml.Unmarshal([]byte(got), &parsed); err != nil {
			t.Fatalf("%v in\n%s", err, got)
		}
		if !strings.Contains(got, "command: kubelogin") || strings.Contains(got, "client-key-data") {
			t.Fatalf("wrong login in\n%s", got)
		}
		if again, err := kubeconfig.Entra(encode(got)); err != nil || again != got {
			t.Fatalf("not stable (%v):\n%s\n%s", err, got, again)
		}
	})
}

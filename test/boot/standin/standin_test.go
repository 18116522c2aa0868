package standin_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/test/boot/standin"
)

// ask sends a request that trusts the vault; headers are names and values.
func ask(t *testing.T, s *standin.Surroundings, method, url string, headers ...string) (status int, body string) {
	t.Helper()
	authorities := x509.NewCertPool()
	pem, err := os.ReadFile(s.Authorities)
	require.NoError(t, err)
	require.True(t, authorities.AppendCertsFromPEM(pem))
	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: authorities, MinVersion: tls.VersionTLS12}}}
	defer client.CloseIdleConnections()
	request, err := http.NewRequestWithContext(t.Context(), method, url, http.NoBody)
	require.NoError(t, err)
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	answer, err := client.Do(request)
	require.NoError(t, err)
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer.StatusCode, string(content)
}

// What Azure refuses is refused here, or the tests of the scripts would prove nothing.
func TestRefusals(t *testing.T) {
	t.Parallel()
	s := standin.Start(t, standin.Options{})
	const (
		instance = "/metadata/instance?api-version=2021-02-01"
		balancer = "/metadata/loadbalancer?api-version=2020-10-01"
		token    = "/metadata/identity/oauth2/token?api-version=2018-02-01&client_id=" + standin.ClientID + "&resource="
		right    = token + "https%3A%2F%2Fvault.azure.net"
		secret   = "/secrets/" + standin.SecretName + "?api-version=7.4"
		bearer   = "Bearer " + standin.Token
	)
	for name, c := range map[string]struct {
		method, url string
		headers     []string
		status      int
		says        string
	}{
		"instance":                 {"GET", s.Metadata + instance, []string{"Metadata", "true"}, 200, standin.VMID},
		"no header":                {"GET", s.Metadata + instance, nil, 400, "Required metadata header not specified"},
		"a header that says no":    {"GET", s.Metadata + instance, []string{"Metadata", "false"}, 400, "Required metadata header"},
		"through a proxy":          {"GET", s.Metadata + instance, []string{"Metadata", "true", "X-Forwarded-For", "10.0.0.1"}, 400, "proxy"},
		"no version":               {"GET", s.Metadata + "/metadata/instance", []string{"Metadata", "true"}, 400, "api-version"},
		"another method":           {"POST", s.Metadata + instance, []string{"Metadata", "true"}, 405, "not allowed"},
		"load balancer":            {"GET", s.Metadata + balancer, []string{"Metadata", "true"}, 200, standin.Public},
		"load balancer, no header": {"GET", s.Metadata + balancer, nil, 400, "Required metadata header not specified"},
		"token":                    {"GET", s.Metadata + right, []string{"Metadata", "true"}, 200, standin.Token},
		"token, no header":         {"GET", s.Metadata + right, nil, 400, "Required metadata header not specified"},
		"token for something else": {"GET", s.Metadata + token + "https%3A%2F%2Fvault.azure.net%2F", []string{"Metadata", "true"}, 400, "invalid_resource"},
		"secret":                   {"GET", s.Vault + secret, []string{"Authorization", bearer}, 200, standin.Password},
		"secret without a token":   {"GET", s.Vault + secret, nil, 401, "AKV10000"},
		"secret, a wrong token":    {"GET", s.Vault + secret, []string{"Authorization", bearer + "x"}, 401, "Unauthorized"},
		"secret, no version":       {"GET", s.Vault + "/secrets/" + standin.SecretName, []string{"Authorization", bearer}, 400, "api-version"},
		"another secret":           {"GET", s.Vault + "/secrets/x?api-version=7.4", []string{"Authorization", bearer}, 404, "SecretNotFound"},
		"health":                   {"GET", s.Bridge + "/about/health", nil, 200, ""},
		"statistics":               {"GET", s.Bridge + "/colibri/stats", nil, 200, `"mucs_joined":1`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, body := ask(t, s, c.method, c.url, c.headers...)
			assert.Equal(t, c.status, status, body)
			assert.Contains(t, body, c.says)
		})
	}
}

func TestRepliesComeInTurn(t *testing.T) {
	t.Parallel()
	s := standin.Start(t, standin.Options{Change: func(f *standin.Facts) { f.Unfit = "sick"; f.Statistics = standin.Joined(0, 0) }})
	s.Set(standin.Health, standin.Late(2, standin.Broken())...)
	for _, want := range []int{500, 500, 500, 500} {
		status, _ := ask(t, s, "GET", s.Bridge+"/about/health")
		assert.Equal(t, want, status)
	}
	s.Change(func(f *standin.Facts) { f.Unfit = "" })
	status, _ := ask(t, s, "GET", s.Bridge+"/about/health")
	assert.Equal(t, 200, status)
	assert.Equal(t, 5, s.Count(standin.Health))
	_, body := ask(t, s, "GET", s.Bridge+"/colibri/stats")
	assert.Contains(t, body, `"mucs_joined":0`)
	assert.Equal(t, []standin.Place{standin.Health, standin.Stats}, s.Order())
}

// What hangs ends with the surroundings, or with whoever asks.
func TestHanging(t *testing.T) {
	t.Parallel()
	s, err := standin.New(standin.Options{Folder: t.TempDir()})
	require.NoError(t, err)
	s.Set(standin.Stats, standin.Reply{Hang: true})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Bridge+"/colibri/stats", http.NoBody)
	require.NoError(t, err)
	_, err = http.DefaultClient.Do(request) //nolint:bodyclose // there is no answer
	require.ErrorIs(t, err, context.DeadlineExceeded)
	s.Close()
}

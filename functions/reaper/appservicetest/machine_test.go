package appservicetest

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func values(environ []string) map[string]string {
	found := map[string]string{}
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		found[name] = value
	}
	return found
}

func TestTokensAreForTheAppsIdentityAlone(t *testing.T) {
	t.Parallel()
	m, err := New("me")
	require.NoError(t, err)
	t.Cleanup(m.Close)
	told := values(m.Environ())
	for _, c := range []struct {
		name, header, client string
		status               int
	}{
		{"the app", told[IdentityHeaderName], "me", http.StatusOK},
		{"another identity", told[IdentityHeaderName], "you", http.StatusBadRequest},
		{"no identity", told[IdentityHeaderName], "", http.StatusBadRequest},
		{"another program", "x", "me", http.StatusBadRequest},
		{"no header", "", "me", http.StatusBadRequest},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			address := told[IdentityEndpointName] + "?resource=https://storage.azure.com&client_id=" + c.client
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
			require.NoError(t, err)
			request.Header.Set("X-Identity-Header", c.header)
			response, err := http.DefaultClient.Do(request)
			require.NoError(t, err)
			defer response.Body.Close()
			require.Equal(t, c.status, response.StatusCode)
			if c.status != http.StatusOK {
				return
			}
			var token map[string]string
			require.NoError(t, json.NewDecoder(response.Body).Decode(&token))
			assert.Equal(t, "Bearer", token["token_type"])
			assert.Equal(t, "https://storage.azure.com", token["resource"])
			assert.Len(t, strings.Split(token["access_token"], "."), 3, "no JWT")
			expires, err := strconv.ParseInt(token["expires_on"], 10, 64)
			require.NoError(t, err)
			assert.WithinDuration(t, time.Now().Add(lifetime), time.Unix(expires, 0), time.Minute)
		})
	}
}

// Whoever is called looks at whom a token is for.
func TestATokenSaysItsAudience(t *testing.T) {
	t.Parallel()
	m, err := New("me")
	require.NoError(t, err)
	t.Cleanup(m.Close)
	told := values(m.Environ())
	for resource, want := range map[string]string{
		"https://storage.azure.com":     "https://storage.azure.com/",
		"https://monitoring.azure.com/": "https://monitoring.azure.com/",
		"https://management.azure.com":  "https://management.azure.com",
	} {
		address := told[IdentityEndpointName] + "?client_id=me&resource=" + url.QueryEscape(resource)
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		require.NoError(t, err)
		request.Header.Set("X-Identity-Header", told[IdentityHeaderName])
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		var answer map[string]string
		require.NoError(t, json.NewDecoder(response.Body).Decode(&answer))
		require.NoError(t, response.Body.Close())
		parts := strings.Split(answer["access_token"], ".")
		require.Len(t, parts, 3)
		claims, err := base64.RawURLEncoding.DecodeString(parts[1])
		require.NoError(t, err)
		var said map[string]any
		require.NoError(t, json.Unmarshal(claims, &said))
		assert.Equal(t, want, said["aud"])
	}
}

func TestCertificatesComeAndGo(t *testing.T) {
	t.Parallel()
	m, err := New("me", []byte("one"), []byte("two"))
	require.NoError(t, err)
	file := values(m.Environ())[CertificateName]
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, "one\ntwo\n", string(content))
	m.Close()
	assert.NoFileExists(t, file)
}

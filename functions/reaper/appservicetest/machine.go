// Package appservicetest plays what App Service gives a program on its machine: a source of tokens for the app's identity. And
// it makes the program trust the certificates of whatever else is played around it.
package appservicetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"jitsi-meet-azure/functions/reaper/remember/azuritetest"
)

const (
	// header is the secret that App Service tells the program, by which it knows the program again.
	header = "stand-in"
	// lifetime is how long a token is good for.
	lifetime = time.Hour
)

// The variables that [Machine.Environ] sets.
const (
	CertificateName      = "SSL_CERT_FILE"
	IdentityEndpointName = "IDENTITY_ENDPOINT"
	IdentityHeaderName   = "IDENTITY_HEADER"
)

// Machine is the program's machine.
type Machine struct {
	tokens *httptest.Server
	folder string
}

// New plays a machine whose app has one identity. A program on it trusts the given certificates, each a PEM text, and no other.
// Close ends it.
func New(clientID string, certificates ...[]byte) (*Machine, error) {
	folder, err := os.MkdirTemp("", "app-service-")
	if err != nil {
		return nil, fmt.Errorf("a folder for the app's machine: %w", err)
	}
	m := &Machine{folder: folder}
	if err := m.trust(certificates); err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	m.tokens = httptest.NewServer(source{clientID: clientID})
	return m, nil
}

// Close ends the machine.
func (m *Machine) Close() {
	m.tokens.Close()
	_ = os.RemoveAll(m.folder)
}

// certificates is the file with the certificates that programs trust.
func (m *Machine) certificates() string { return filepath.Join(m.folder, "certificates.pem") }

func (m *Machine) trust(certificates [][]byte) error {
	var all []byte
	for _, certificate := range certificates {
		all = append(append(all, certificate...), '\n')
	}
	if err := os.WriteFile(m.certificates(), all, 0o600); err != nil {
		return fmt.Errorf("writing the certificates: %w", err)
	}
	return nil
}

// Environ is what the machine adds to a program's environment.
func (m *Machine) Environ() []string {
	return []string{
		CertificateName + "=" + m.certificates(),
		IdentityEndpointName + "=" + m.tokens.URL + "/msi/token",
		IdentityHeaderName + "=" + header,
	}
}

// source answers as App Service's source of tokens does. What the audience accepts is a matter of its own: Azurite and the
// stand-in for metrics look at what a token says. Azurite wants its audience with the slash that clients of storage leave out.
// Source: Azure docs, overview-managed-identity (App Service), REST endpoint reference.
type source struct{ clientID string }

// ServeHTTP implements [http.Handler].
func (s source) ServeHTTP(out http.ResponseWriter, request *http.Request) {
	if request.Header.Get("X-Identity-Header") != header || request.URL.Query().Get("client_id") != s.clientID {
		http.Error(out, "who are you?", http.StatusBadRequest)
		return
	}
	now, audience := time.Now(), request.URL.Query().Get("resource")
	if audience == strings.TrimSuffix(azuritetest.Resource, "/") {
		audience = azuritetest.Resource
	}
	out.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(out).Encode(map[string]string{
		"access_token": azuritetest.TokenFor(audience, now), "expires_on": strconv.FormatInt(now.Add(lifetime).Unix(), 10),
		"resource": request.URL.Query().Get("resource"), "token_type": "Bearer",
	})
}

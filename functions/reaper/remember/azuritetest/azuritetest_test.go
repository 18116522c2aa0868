package azuritetest

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

func TestMain(m *testing.M) { os.Exit(Main(m)) }

func TestTablesAreMadeOnce(t *testing.T) {
	t.Parallel()
	server := Shared(t)
	for range 2 {
		if err := server.CreateTables(t.Context(), Account, "machines", "decisions"); err != nil {
			t.Fatal(err)
		}
	}
	if err := server.CreateTables(t.Context(), "nobody", "machines"); err == nil {
		t.Error("an account that is not there has tables")
	}
}

// What the real storage refuses must be refused here, or tests with it prove nothing about identities.
func TestOnlyTokensForStorageAreTaken(t *testing.T) {
	t.Parallel()
	server := Shared(t)
	now := time.Now()
	for name, c := range map[string]struct {
		authorization string
		taken         bool
	}{
		"a token":        {"Bearer " + Token(now), true},
		"none":           {"", false},
		"an old one":     {"Bearer " + Token(now.Add(-2*time.Hour)), false},
		"one for later":  {"Bearer " + Token(now.Add(time.Hour)), false},
		"no JWT":         {"Bearer x", false},
		"no bearer's":    {"Basic " + Token(now), false},
		"a key's digest": {"SharedKeyLite " + Account + ":x", false},
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.Endpoint(Account)+"/Tables", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Accept", "application/json;odata=nometadata")
		request.Header.Set("X-Ms-Version", "2019-02-02")
		if c.authorization != "" {
			request.Header.Set("Authorization", c.authorization)
		}
		response, err := server.Client().Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if taken := response.StatusCode == http.StatusOK; taken != c.taken {
			t.Errorf("%s: status %d", name, response.StatusCode)
		}
	}
}

func TestCredentialIsForStorageAlone(t *testing.T) {
	t.Parallel()
	for want, scopes := range map[bool][]string{
		true: {scope}, false: {"https://management.azure.com/.default"},
	} {
		token, err := Credential{}.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: scopes})
		if (err == nil) != want || (token.Token != "") != want {
			t.Errorf("%v: %v", scopes, err)
		}
	}
}

func TestServersComeAndGo(t *testing.T) {
	t.Parallel()
	Shared(t) // Skips where there is none.
	server, err := Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := server.CreateTables(t.Context(), Empty, "machines"); err != nil {
		t.Error(err)
	}
	if err := server.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(server.CertificateFile); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("its files are still there: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, server.Endpoint(Account), nil)
	if err != nil {
		t.Fatal(err)
	}
	if response, err := server.Client().Do(request); err == nil {
		_ = response.Body.Close()
		t.Error("it still answers")
	}
}

func TestStartEndsWithItsContext(t *testing.T) {
	t.Parallel()
	Shared(t)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := Start(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	below := filepath.Join(root, "a", "b")
	if err := os.MkdirAll(below, 0o750); err != nil {
		t.Fatal(err)
	}
	if _, err := find(below); !errors.Is(err, ErrNotInstalled) || !strings.Contains(err.Error(), "make azurite") {
		t.Errorf("outside of a repository: %v", err)
	}
	if err := os.WriteFile(filepath.Join(root, "go.mod"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := find(below); !errors.Is(err, ErrNotInstalled) {
		t.Errorf("not installed: %v", err)
	}
	program := filepath.Join(root, filepath.FromSlash(service))
	if err := errors.Join(os.MkdirAll(filepath.Dir(program), 0o750), os.WriteFile(program, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	if found, err := find(below); err != nil || found != program {
		t.Errorf("found %q, %v", found, err)
	}
}

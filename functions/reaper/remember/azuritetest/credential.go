package azuritetest

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

const (
	// Resource is what tokens for storage are issued for.
	Resource = "https://storage.azure.com/"
	// lifetime is how long a token is good for.
	lifetime = time.Hour
	// scope is what a client of Azure's public cloud asks for. Source: aztables, cloud_config.go.
	scope = "https://storage.azure.com/.default"
	// issuer is an issuer of a tenant that does not exist.
	issuer = "https://sts.windows.net/5ca1ab1e-0000-4000-8000-00000000000a/"
)

// Credential gives out tokens that Azurite takes, and refuses to give out any other.
type Credential struct{}

// GetToken gives a token for storage.
func (Credential) GetToken(_ context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	if !slices.Equal(options.Scopes, []string{scope}) {
		return azcore.AccessToken{}, fmt.Errorf("a token for %v was asked for, not one for storage", options.Scopes)
	}
	now := time.Now()
	return azcore.AccessToken{Token: Token(now), ExpiresOn: now.Add(lifetime)}, nil
}

// Token is a token for [Resource], good for an hour from now on. Azurite looks at all that it says, but not at its signature.
// Source: Azurite, TableTokenAuthenticator.
func Token(now time.Time) string { return TokenFor(Resource, now) }

// TokenFor is a token for any audience, good for an hour from now on, for other stand-ins of Azure's that look at what a token
// says.
func TokenFor(audience string, now time.Time) string {
	encode := base64.RawURLEncoding.EncodeToString
	header := encode([]byte(`{"alg":"RS256","typ":"JWT"}`))
	// A little in the past: clocks of two processes may differ by a part of a second.
	issued := now.Add(-time.Minute).Unix()
	claims := fmt.Sprintf(`{"aud":%q,"iss":%q,"iat":%d,"nbf":%d,"exp":%d}`,
		audience, issuer, issued, issued, now.Add(lifetime).Unix())
	return header + "." + encode([]byte(claims)) + "." + encode([]byte("signed by nobody"))
}

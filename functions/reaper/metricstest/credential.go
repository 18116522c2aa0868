package metricstest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"jitsi-meet-azure/functions/reaper/remember/azuritetest"
)

// Credential gives out tokens that a [Store] takes, and refuses to give out any other.
type Credential struct{}

// GetToken gives a token for metrics.
func (Credential) GetToken(_ context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	if !slices.Equal(options.Scopes, []string{Audience + "/.default"}) {
		return azcore.AccessToken{}, fmt.Errorf("a token for %v was asked for, not one for metrics", options.Scopes)
	}
	now := time.Now()
	return azcore.AccessToken{Token: azuritetest.TokenFor(Audience, now), ExpiresOn: now.Add(time.Hour)}, nil
}

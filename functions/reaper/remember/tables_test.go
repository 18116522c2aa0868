package remember

import (
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/data/aztables"

	"jitsi-meet-azure/functions/reaper/remember/azuritetest"
)

func TestEndpoints(t *testing.T) {
	t.Parallel()
	for endpoint, fine := range map[string]bool{
		"https://account.table.core.windows.net":        true,
		"https://account.table.core.windows.net/":       true,
		"https://127.0.0.1:10002/account":               true,
		"http://account.table.core.windows.net":         false,
		"account.table.core.windows.net":                false,
		"https://":                                      false,
		"https://user@account.table.core.windows.net":   false,
		"https://account.table.core.windows.net/?sig=x": false,
		"https://account.table.core.windows.net/#x":     false,
		"https://account.table.core.windows.net:port/":  false,
		"": false,
		"DefaultEndpointsProtocol=https;AccountName=account": false,
	} {
		if _, err := NewTables(endpoint, azuritetest.Credential{}, nil); (err == nil) != fine {
			t.Errorf("%s: %v", endpoint, err)
		}
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	given := aztables.ClientOptions{}
	given.Retry.MaxRetries, given.Retry.TryTimeout = -1, time.Second
	got := withDefaults(&given)
	if got.Retry.MaxRetries != -1 || got.Retry.TryTimeout != time.Second || got.Retry.MaxRetryDelay != waitLimit {
		t.Errorf("the settings became %+v", got.Retry)
	}
	if given.Transport != nil || given.PerRetryPolicies != nil || given.Retry.MaxRetryDelay != 0 {
		t.Error("the caller's options were changed")
	}
	got = withDefaults(nil)
	if worst := tries*got.Retry.TryTimeout + time.Duration(got.Retry.MaxRetries)*got.Retry.MaxRetryDelay; worst != 25*time.Second {
		t.Errorf("a call takes up to %s", worst)
	}
}

// The emulator gives the versions of rows in any case, storage with full metadata for certain.
func TestQueriesAskForVersions(t *testing.T) {
	t.Parallel()
	options := query{partition: "a", rows: 7, keys: true}.options()
	if *options.Format != aztables.MetadataFormatFull || *options.Filter != "PartitionKey eq 'a'" || *options.Top != 7 {
		t.Errorf("format %s, filter %s, top %d", *options.Format, *options.Filter, *options.Top)
	}
}

package discover_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"jitsi-meet-azure/functions/reaper/armtest"
	"jitsi-meet-azure/functions/reaper/discover"
	"jitsi-meet-azure/functions/reaper/fleet"
)

func TestFaultsOfEitherListAreErrors(t *testing.T) {
	t.Parallel()
	refuse := func(status int, code string) armtest.Fault {
		return armtest.Fault{Kind: armtest.Refuse, Status: status, Code: code}
	}
	answer := func(body string) armtest.Fault { return armtest.Fault{Kind: armtest.Answer, Body: body} }
	for name, c := range map[string]struct {
		fault armtest.Fault
		says  string
		calls int // how often the call is made; the pages before the fault included
	}{
		"forbidden":      {refuse(403, "AuthorizationFailed"), "403 Forbidden: AuthorizationFailed", 1},
		"not found":      {refuse(404, "ResourceNotFound"), "404 Not Found", 1},
		"conflict":       {refuse(409, "Conflict"), "409 Conflict", 1},
		"precondition":   {refuse(412, "PreconditionFailed"), "412 Precondition Failed", 1},
		"redirected":     {refuse(302, ""), "302 Found", 1},
		"server error":   {refuse(500, "InternalError"), "500 Internal Server Error", 3},
		"unavailable":    {refuse(503, "ServerBusy"), "503 Service Unavailable", 3},
		"throttled":      {refuse(429, "TooManyRequests"), "429 Too Many Requests", 3},
		"throttled long": {armtest.Fault{Kind: armtest.Refuse, Status: 429, RetryAfter: time.Minute}, "429 Too Many Requests", 1},
		"hangs":          {armtest.Fault{Kind: armtest.Hang}, "deadline exceeded", 3},
		"drops":          {armtest.Fault{Kind: armtest.Drop}, "unexpected EOF", 3},
		"malformed":      {answer(`{"value":[`), "unexpected end of JSON", 1},
		"a page":         {answer(`<html></html>`), "invalid character", 1},
		"empty":          {answer(""), "no list", 1},
		"no list":        {answer("{}"), "no list", 1},
		"a null list":    {answer(`{"value":null}`), "no list", 1},
		"no list at all": {answer(`{"value":{}}`), "cannot unmarshal", 1},
		"flood":          {armtest.Fault{Kind: armtest.Flood}, "too large", 3},
		"half a list":    {armtest.Fault{Kind: armtest.Refuse, Status: 404, Page: 2}, "page 2: 404", 2},
		"half a page":    {armtest.Fault{Kind: armtest.Answer, Body: `{"value":[{}`, Page: 2}, "page 2: ", 2},
		"no second page": {armtest.Fault{Kind: armtest.Answer, Body: `{}`, Page: 2}, "page 2: no list", 2},
		"elsewhere":      {answer(`{"value":[],"nextLink":"https://evil.example/x"}`), "somewhere else", 1},
		"in the clear":   {answer(`{"value":[],"nextLink":"http://management.azure.com/x"}`), "somewhere else", 1},
		"a bad link":     {answer(`{"value":[],"nextLink":"https://%"}`), "somewhere else", 1},
		"endless": {
			answer(`{"value":[],"nextLink":"` + resourceManager + setID + `/CALL?api-version=2024-11-01"}`), "more than 50 pages", 50,
		},
	} {
		for _, call := range []armtest.Call{armtest.ListMachines, armtest.ListInterfaces} {
			t.Run(name+", "+string(call), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					cloud := armtest.New(armtest.Settings{PageSize: 1})
					add(t, cloud, armtest.Machine{Address: address(1)}, armtest.Machine{Address: address(2)})
					fault := c.fault
					path := map[armtest.Call]string{armtest.ListMachines: "virtualMachines", armtest.ListInterfaces: "networkInterfaces"}
					fault.Body = strings.ReplaceAll(fault.Body, "CALL", path[call])
					cloud.Break(call, fault)
					before := time.Now()
					got, err := asking(t, cloud).Fleet(t.Context(), setID)
					if err == nil || got != nil || !strings.Contains(err.Error(), c.says) {
						t.Errorf("got %v, %v", got, err)
					}
					if calls := cloud.Calls(); calls[call] != c.calls {
						t.Errorf("%d calls", calls[call])
					}
					// Three tries of ten seconds and the pauses between them.
					if took := time.Since(before); took > 41*time.Second {
						t.Errorf("took %v", took)
					}
				})
			})
		}
	}
}

func TestAPassingFaultIsOvercome(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, fault := range []armtest.Fault{
			{Kind: armtest.Refuse, Status: 503, Times: 2},
			{Kind: armtest.Drop, Times: 1},
			{Kind: armtest.Hang, Times: 1},
			{Kind: armtest.Refuse, Status: 429, RetryAfter: 2 * time.Second, Times: 1, Page: 2},
		} {
			cloud := armtest.New(armtest.Settings{PageSize: 1})
			add(t, cloud, armtest.Machine{Address: address(1)}, armtest.Machine{Address: address(2)})
			cloud.Break(armtest.ListMachines, fault)
			cloud.Break(armtest.ListInterfaces, fault)
			if got, err := asking(t, cloud).Fleet(t.Context(), setID); err != nil || len(got) != 2 {
				t.Errorf("%v: %v, %v", fault, got, err)
			}
		}
	})
}

func TestFleetEndsWithTheTick(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud := armtest.New(armtest.Settings{})
		add(t, cloud, armtest.Machine{})
		cloud.Break(armtest.ListInterfaces, armtest.Fault{Kind: armtest.Hang})
		ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
		defer cancel()
		before := time.Now()
		if got, err := asking(t, cloud).Fleet(ctx, setID); !errors.Is(err, context.DeadlineExceeded) || got != nil {
			t.Errorf("got %v, %v", got, err)
		}
		if time.Since(before) != 4*time.Second {
			t.Errorf("took %v", time.Since(before))
		}
	})
}

func TestErrorAnswersCanBeToldApart(t *testing.T) {
	t.Parallel()
	cloud := armtest.New(armtest.Settings{})
	add(t, cloud, armtest.Machine{})
	cloud.Break(armtest.ListMachines, armtest.Fault{Kind: armtest.Refuse, Status: 403, Code: "AuthorizationFailed"})
	_, err := asking(t, cloud).Fleet(t.Context(), setID)
	var answer *azcore.ResponseError
	if !errors.As(err, &answer) || answer.StatusCode != http.StatusForbidden || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v", err)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for _, endpoint := range []string{
		"", "management.azure.com", "http://management.azure.com", "https://", "https://user@management.azure.com",
		"https://management.azure.com?x=y", "https://%",
	} {
		if _, err := discover.New(armtest.Credential(), endpoint, nil); err == nil {
			t.Errorf("took %q", endpoint)
		}
	}
	if _, err := discover.New(nil, resourceManager, nil); err == nil {
		t.Error("took no credential")
	}
	if _, err := discover.New(armtest.Credential(), resourceManager, nil); err != nil {
		t.Error(err)
	}
}

func TestScaleSetIDs(t *testing.T) {
	t.Parallel()
	cloud := armtest.New(armtest.Settings{})
	add(t, cloud, armtest.Machine{})
	azure := asking(t, cloud)
	for _, id := range []string{
		"", "vmss-a", setID + "/virtualMachines/1", strings.Replace(setID, "virtualMachineScaleSets", "virtualMachines", 1),
		"/subscriptions/s", "/subscriptions/s/resourceGroups/rg",
		"/providers/Microsoft.Compute/virtualMachineScaleSets/vmss-a",
	} {
		if got, err := azure.Fleet(t.Context(), id); err == nil {
			t.Errorf("%q: %v", id, got)
		}
		if err := azure.Delete(t.Context(), id, "0"); err == nil {
			t.Errorf("%q: deleted", id)
		}
		if _, err := azure.Traffic(t.Context(), id, fleet.Machine{Instance: "0"}, time.Hour, time.Now()); err == nil {
			t.Errorf("%q: metrics", id)
		}
	}
	if got, err := azure.Fleet(t.Context(), strings.ToLower(setID)); err != nil || len(got) != 1 {
		t.Errorf("in lower case: %v, %v", got, err)
	}
}

func TestOverTLS(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(armtest.New(armtest.Settings{}))
	t.Cleanup(server.Close)
	azure, err := discover.New(armtest.Credential(), server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := azure.Fleet(t.Context(), setID); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a server that nobody vouches for: %v", err)
	}
	cloud := armtest.New(armtest.Settings{PageSize: 1})
	add(t, cloud, armtest.Machine{Address: address(1)}, armtest.Machine{Address: address(2)})
	trusted := httptest.NewTLSServer(cloud)
	t.Cleanup(trusted.Close)
	azure, err = discover.New(armtest.Credential(), trusted.URL, trusted.Client())
	if err != nil {
		t.Fatal(err)
	}
	if got, err := azure.Fleet(t.Context(), setID); err != nil || len(got) != 2 || !got[1].Address.IsValid() {
		t.Errorf("got %v, %v", got, err)
	}
	if err := azure.Delete(t.Context(), setID, "1"); err != nil || len(cloud.Deleted()) != 1 {
		t.Errorf("deleted %v, %v", cloud.Deleted(), err)
	}
	if _, err := azure.Traffic(t.Context(), setID, fleet.Machine{Instance: "0"}, time.Hour, time.Now()); err != nil {
		t.Error(err)
	}
}

// counter counts everything that is sent.
type counter struct {
	*armtest.Cloud
	sent atomic.Int32
}

func (c *counter) Do(request *http.Request) (*http.Response, error) {
	c.sent.Add(1)
	return c.Cloud.Do(request)
}

// The SDK would register a resource provider that Azure misses, which is neither the reaper's right nor its business.
func TestNothingIsRegistered(t *testing.T) {
	t.Parallel()
	cloud := &counter{Cloud: armtest.New(armtest.Settings{})}
	add(t, cloud.Cloud, armtest.Machine{})
	cloud.Break(armtest.DeleteInstances, armtest.Fault{Kind: armtest.Refuse, Status: 409, Code: "MissingSubscriptionRegistration"})
	azure, err := discover.New(armtest.Credential(), resourceManager, cloud)
	if err != nil {
		t.Fatal(err)
	}
	if err := azure.Delete(t.Context(), setID, "0"); err == nil || cloud.sent.Load() != 1 {
		t.Errorf("%v after %d requests", err, cloud.sent.Load())
	}
}

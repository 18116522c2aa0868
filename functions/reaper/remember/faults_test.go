package remember

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/data/aztables"

	"jitsi-meet-azure/functions/reaper/decide"
	"jitsi-meet-azure/functions/reaper/remember/azuritetest"
)

// What storage refuses or does not do fails, in words that say what and why, and leaves everything as it was.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault exchange
		tries int
		want  string
	}{
		"no right":           {canned(403, problem("AuthorizationPermissionMismatch")), 1, "403 AuthorizationPermissionMismatch, request 5ca1ab1e-1 (the identity needs"},
		"no such table":      {canned(404, problem("TableNotFound")), 1, "404 TableNotFound, request 5ca1ab1e-1 (the deployment makes"},
		"a table going":      {canned(409, problem("TableBeingDeleted")), 1, "storage answered 409 TableBeingDeleted"},
		"too much at once":   {canned(429, problem("TooManyRequests"), "Retry-After-Ms", "1"), 3, "storage answered 429 TooManyRequests"},
		"too much for long":  {canned(429, "", "Retry-After", "60"), 1, "storage answered 429"},
		"a fault of storage": {canned(500, problem("InternalError")), 3, "storage answered 500 InternalError"},
		"a busy server":      {canned(503, "<html>", "Retry-After-Ms", "1"), 3, "storage answered 503"},
		"a forged code":      {canned(400, problem(`x y`)), 1, "storage answered 400, request"},
		"a redirection":      {canned(302, "", "Location", "https://example.org/"), 1, "storage answered 302"},
		"a web page":         {canned(200, "<html>welcome</html>"), 1, ""},
		"nothing":            {canned(200, ""), 1, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tables, way := behind(t)
			at := newScene(t, tables)
			for what, call := range at.calls(tables) {
				way.set(c.fault)
				err := call(t.Context())
				tries := way.set(nil)
				if err == nil || errors.Is(err, ErrConflict) || !strings.HasPrefix(err.Error(), what) ||
					!strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
					t.Errorf("%s: error %v, want one that says %q", what, err, c.want)
				}
				if tries != c.tries {
					t.Errorf("%s: %d tries, want %d", what, tries, c.tries)
				}
			}
			at.check(t, tables)
		})
	}
}

// A fault that passes costs nothing but time.
func TestPassingFaults(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]exchange{
		"a fault of storage": canned(500, problem("InternalError")),
		"too much at once":   canned(429, "", "Retry-After-Ms", "1"),
		"a broken connection": func(*http.Request, policy.Transporter) (*http.Response, error) {
			return nil, errors.New("connection reset by peer")
		},
		"a transaction put off": inTransactions(
			canned(202, batchAnswer("HTTP/1.1 503 Service Unavailable\r\n\r\n"+problem("ServerBusy")))),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tables, way := behind(t)
			for what := range newScene(t, tables).calls(tables) {
				call := newScene(t, tables).calls(tables)[what]
				way.set(times(2, fault, nil))
				if err := call(t.Context()); err != nil {
					t.Errorf("%s: %v", what, err)
				}
				way.set(nil)
			}
		})
	}
}

// Storage that does not answer is waited for as long as the tick allows, and not longer.
func TestHangingStorage(t *testing.T) {
	t.Parallel()
	tables, way := behind(t)
	at := newScene(t, tables)
	way.set(hanging)
	for what, call := range at.calls(tables) {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		err := call(ctx)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) || !strings.HasPrefix(err.Error(), what) {
			t.Errorf("%s: error %v, want the end of the context", what, err)
		}
	}
	way.set(nil)
	at.check(t, tables)
}

// One try that hangs is given up for another.
func TestHangingTry(t *testing.T) {
	t.Parallel()
	options := aztables.ClientOptions{}
	way := &faulty{next: azurite(t).Client(), fault: times(1, hanging, nil)}
	options.Transport, options.Retry.TryTimeout, options.Retry.RetryDelay = way, 100*time.Millisecond, time.Millisecond
	options.Retry.MaxRetries = 5
	if _, err := stored(t, options).Recall(t.Context(), newShard()); err != nil {
		t.Error(err)
	}
}

// An answer that is lost after the deed is either noticed by the second try, or is a conflict that the next recall explains.
func TestLostAnswers(t *testing.T) {
	t.Parallel()
	tables, way := behind(t)
	at := newScene(t, tables)
	calls := at.calls(tables)
	losing := func(what string) error {
		t.Helper()
		way.set(times(1, lost, nil))
		if what == "removing old rows" {
			way.set(inTransactions(times(1, lost, nil))) // Its first request is a query, which changes nothing.
		}
		defer way.set(nil)
		return calls[what](t.Context())
	}
	for _, what := range []string{"remembering what was seen", "writing the audit", "writing the usage", "removing old rows"} {
		if err := losing(what); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, what := range []string{"recording the replacement", "recording the retirement"} {
		if err := losing(what); !errors.Is(err, ErrConflict) {
			t.Errorf("%s: %v, want a conflict", what, err)
		}
	}
	memory := recall(t, tables, at.shard)
	if len(memory.Slots) != 2 || memory.Slots[decide.SlotRetirement].Phase != decide.PhaseStopping {
		t.Errorf("the slots are %+v", memory.Slots)
	}
	if len(memory.Machines) != 2 || memory.Machines[vmID(3)] != sighting(3).Past {
		t.Errorf("the machines are %+v", memory.Machines)
	}
	at.version = memory.Slots[decide.SlotRetirement].Version
	calls = at.calls(tables)
	if err := losing("clearing the retirement"); err != nil {
		t.Errorf("clearing: %v", err)
	}
	if _, there := recall(t, tables, at.shard).Slots[decide.SlotRetirement]; there {
		t.Error("the slot is still taken")
	}
}

// Without a token nobody is asked.
func TestNoToken(t *testing.T) {
	t.Parallel()
	way := &faulty{next: http.DefaultClient}
	options := aztables.ClientOptions{}
	options.Transport, options.Retry.RetryDelay = way, time.Millisecond
	tables, err := NewTables("https://127.0.0.1:1/meet", noToken{}, &options)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tables.Recall(t.Context(), "a"); err == nil || !strings.Contains(err.Error(), "recalling shard a: no identity") {
		t.Errorf("error %v", err)
	}
	if calls := way.set(nil); calls > 0 {
		t.Errorf("%d requests", calls)
	}
}

type noToken struct{}

func (noToken) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{}, errors.New("no identity")
}

// An account without the tables, for real.
func TestNoTables(t *testing.T) {
	t.Parallel()
	server := azurite(t)
	options := aztables.ClientOptions{}
	options.Transport = server.Client()
	tables, err := NewTables(server.Endpoint(azuritetest.Empty)+"/", azuritetest.Credential{}, &options)
	if err != nil {
		t.Fatal(err)
	}
	const version = `W/"datetime'2026-03-01T12%3A00%3A00.0000000Z'"`
	for what, call := range (scene{shard: newShard(), version: version}).calls(tables) {
		if err := call(t.Context()); err == nil || errors.Is(err, ErrConflict) || !strings.Contains(err.Error(), "404 TableNotFound") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

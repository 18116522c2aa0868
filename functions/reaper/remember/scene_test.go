package remember

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/data/aztables"

	"jitsi-meet-azure/functions/reaper/decide"
)

// exchange answers one request, for which it may ask the real storage.
type exchange func(request *http.Request, next policy.Transporter) (*http.Response, error)

// faulty is the way to storage, on which things go wrong.
type faulty struct {
	next policy.Transporter

	lock  sync.Mutex
	fault exchange
	count int
}

func (f *faulty) Do(request *http.Request) (*http.Response, error) {
	f.lock.Lock()
	f.count++
	fault := f.fault
	f.lock.Unlock()
	if fault == nil {
		return f.next.Do(request)
	}
	return fault(request, f.next)
}

// set changes what goes wrong, nil for nothing, and says how many requests there have been since the last change.
func (f *faulty) set(fault exchange) int {
	f.lock.Lock()
	defer f.lock.Unlock()
	count := f.count
	f.fault, f.count = fault, 0
	return count
}

// behind gives a memory behind a faulty way, which waits no longer than it takes to test that.
func behind(t *testing.T) (*Tables, *faulty) {
	t.Helper()
	way := &faulty{next: azurite(t).Client()}
	options := aztables.ClientOptions{}
	options.Transport = way
	options.Retry.RetryDelay = time.Millisecond
	return stored(t, options), way
}

// canned is an answer that storage never gave.
func canned(status int, body string, headers ...string) exchange {
	return func(request *http.Request, _ policy.Transporter) (*http.Response, error) {
		response := &http.Response{
			StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: request,
			Header: http.Header{"Content-Type": {"application/json"}, "X-Ms-Request-Id": {"5ca1ab1e-1"}},
			Body:   io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
		}
		for i := 0; i < len(headers); i += 2 {
			response.Header.Set(headers[i], headers[i+1])
		}
		return response, nil
	}
}

// problem is the body of an error of storage.
func problem(code string) string {
	return `{"odata.error":{"code":"` + code + `","message":{"lang":"en-US","value":"No.\nRequestId:5ca1ab1e\nTime:now"}}}`
}

// times has the first requests answered by one and all others by another; nil is the real storage.
func times(n int, first, then exchange) exchange {
	var lock sync.Mutex
	return func(request *http.Request, next policy.Transporter) (*http.Response, error) {
		lock.Lock()
		n--
		answer := then
		if n >= 0 {
			answer = first
		}
		lock.Unlock()
		if answer == nil {
			return next.Do(request)
		}
		return answer(request, next)
	}
}

// lost has storage do what is asked, and loses the answer.
func lost(request *http.Request, next policy.Transporter) (*http.Response, error) {
	response, err := next.Do(request)
	if err != nil {
		return nil, err
	}
	_ = response.Body.Close()
	return nil, errors.New("connection reset by peer")
}

// inTransactions has a fault in transactions alone.
func inTransactions(fault exchange) exchange {
	return func(request *http.Request, next policy.Transporter) (*http.Response, error) {
		if strings.HasSuffix(request.URL.Path, "/$batch") {
			return fault(request, next)
		}
		return next.Do(request)
	}
}

// hanging never answers.
func hanging(request *http.Request, _ policy.Transporter) (*http.Response, error) {
	<-request.Context().Done()
	return nil, request.Context().Err()
}

// scene is a shard with a removal, two machines and an old decision, and everything that can be done to it.
type scene struct {
	shard, version string
}

func newScene(t *testing.T, s Store) scene {
	t.Helper()
	at := scene{shard: newShard()}
	at.version = write(t, s, at.shard, decide.SlotRetirement, removal(1))
	observe(t, s, at.shard, Observation{At: noon, Seen: []Sighting{sighting(1), sighting(2)}})
	if err := s.Audit(t.Context(), []Entry{{When: noon.AddDate(-1, 0, 0), Shard: at.shard}}); err != nil {
		t.Fatal(err)
	}
	return at
}

func (at scene) calls(s Store) map[string]func(context.Context) error {
	replacement := removal(1)
	replacement.Version, replacement.Phase = at.version, decide.PhaseStopping
	return map[string]func(context.Context) error{
		"recalling shard": func(ctx context.Context) error { return second(s.Recall(ctx, at.shard)) },
		"recording the replacement": func(ctx context.Context) error {
			return second(s.Write(ctx, at.shard, decide.SlotReplacement, removal(2)))
		},
		"recording the retirement": func(ctx context.Context) error {
			return second(s.Write(ctx, at.shard, decide.SlotRetirement, replacement))
		},
		"clearing the retirement": func(ctx context.Context) error {
			return s.Clear(ctx, at.shard, decide.SlotRetirement, at.version)
		},
		"remembering what was seen": func(ctx context.Context) error {
			return s.Observe(ctx, at.shard, Observation{At: noon.Add(time.Hour), Seen: []Sighting{sighting(3)}, Gone: []string{vmID(1)}})
		},
		"writing the audit": func(ctx context.Context) error { return s.Audit(ctx, []Entry{{When: noon, Shard: at.shard}}) },
		"writing the usage": func(ctx context.Context) error { return s.Use(ctx, noon, []Sample{{Shard: at.shard}}) },
		"removing old rows": func(ctx context.Context) error { return second(s.Prune(ctx, at.shard, noon)) },
	}
}

// check finds everything as it was.
func (at scene) check(t *testing.T, tables *Tables) {
	t.Helper()
	memory := recall(t, tables, at.shard)
	if len(memory.Slots) != 1 || memory.Slots[decide.SlotRetirement] != keptRemoval(removal(1), at.version) ||
		len(memory.Machines) != 2 || !memory.LastTick.Equal(kept(noon)) {
		t.Errorf("the memory is %+v", memory)
	}
	if got := rows(t, tables.decisions, at.shard); len(got) != 1 {
		t.Errorf("%d decisions", len(got))
	}
}

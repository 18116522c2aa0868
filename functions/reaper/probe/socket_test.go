package probe_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/netip"
	"slices"
	"testing"
	"time"

	"jitsi-meet-azure/functions/reaper/bridgetest"
	"jitsi-meet-azure/functions/reaper/fleet"
	"jitsi-meet-azure/functions/reaper/probe"
)

// The client's own transport, on real sockets.
func TestOnASocket(t *testing.T) {
	t.Parallel()
	bridge := bridgetest.New(bridgetest.Settings{Nickname: "a"})
	server, err := bridgetest.Serve(t.Context(), netip.MustParseAddrPort("127.77.0.2:0"), bridge)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	client := probe.New(probe.Options{Port: server.Address().Port()})
	machine := fleet.Machine{Address: server.Address().Addr()}
	until(t, func() bool { return client.Reports(t.Context(), []fleet.Machine{machine})[0].Answered() })
	if err := client.Drain(t.Context(), machine.Address, true); err != nil || !bridge.Draining() {
		t.Errorf("drain: %v", err)
	}
	for kind, want := range map[bridgetest.Kind]fleet.Outcome{
		bridgetest.Flood: fleet.OutcomeGarbled, bridgetest.Cut: fleet.OutcomeSilent, bridgetest.Reset: fleet.OutcomeSilent,
	} {
		bridge.Break("/metrics", bridgetest.Fault{Kind: kind})
		if got := client.Report(t.Context(), machine); got.Outcome != want {
			t.Errorf("%s: %+v", kind, got)
		}
	}
	bridge.Mend()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	bridge.Break("/metrics", bridgetest.Fault{Kind: bridgetest.Hang})
	if got := client.Report(ctx, machine); got.Outcome != fleet.OutcomeNotAsked {
		t.Errorf("the tick's end: %+v", got)
	}
	bridge.Mend()
	bridge.Kill()
	until(t, func() bool { return client.Report(t.Context(), machine).Outcome == fleet.OutcomeRefused })
}

// until tries something for ten seconds.
func until(t *testing.T, done func() bool) {
	t.Helper()
	limit := time.After(10 * time.Second)
	for !done() {
		select {
		case <-limit:
			t.Fatal("it never came to that")
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// BenchmarkReports asks a thousand bridges that take 20 ms for each answer. The answers are those of one fake bridge, made
// before, so that what is measured is the client.
func BenchmarkReports(b *testing.B) {
	network, _, machines := shard(1, 0)
	recorded := map[string][]byte{}
	record := transport(func(request *http.Request) (*http.Response, error) {
		response, err := network.RoundTrip(request)
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(response.Body)
		recorded[request.URL.Path], response.Body = body, io.NopCloser(bytes.NewReader(body))
		return response, err
	})
	if report := probe.New(probe.Options{Transport: record}).Report(b.Context(), machines[0]); !report.Answered() {
		b.Fatalf("%+v", report)
	}
	client := probe.New(probe.Options{Transport: transport(func(request *http.Request) (*http.Response, error) {
		<-time.After(20 * time.Millisecond)
		body := io.NopCloser(bytes.NewReader(recorded[request.URL.Path]))
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: body, Request: request}, nil
	})})
	machines = slices.Repeat(machines, 1000)
	b.ReportAllocs()
	for b.Loop() {
		for i, report := range client.Reports(b.Context(), machines) {
			if !report.Answered() {
				b.Fatalf("%d: %+v", i, report)
			}
		}
	}
}

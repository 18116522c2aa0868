package probe_test

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"jitsi-meet-azure/functions/reaper/bridgetest"
	"jitsi-meet-azure/functions/reaper/fleet"
	"jitsi-meet-azure/functions/reaper/probe"
)

func TestOutcomes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		bridgetest.Begin()
		paths := map[string]string{
			"/about/health": "health", "/colibri/stats": "stats", "/colibri/drain": "drain", "/metrics": "metrics",
		}
		status := func(code int) bridgetest.Fault {
			return bridgetest.Fault{Kind: bridgetest.Reply, Status: code, Body: "no"}
		}
		says := func(body string) bridgetest.Fault {
			return bridgetest.Fault{Kind: bridgetest.Reply, Status: 200, Body: body}
		}
		for _, c := range []struct {
			name  string
			fault bridgetest.Fault
			want  fleet.Outcome
			but   string // a path for which it does not hold
		}{
			{"hangs", bridgetest.Fault{Kind: bridgetest.Hang}, fleet.OutcomeSilent, ""},
			{"stalls", bridgetest.Fault{Kind: bridgetest.Stall}, fleet.OutcomeSilent, ""},
			{"cut", bridgetest.Fault{Kind: bridgetest.Cut}, fleet.OutcomeSilent, ""},
			{"reset", bridgetest.Fault{Kind: bridgetest.Reset}, fleet.OutcomeSilent, ""},
			{"flood", bridgetest.Fault{Kind: bridgetest.Flood}, fleet.OutcomeGarbled, ""},
			{"redirected", status(http.StatusFound), fleet.OutcomeGarbled, ""},
			{"no content", status(http.StatusNoContent), fleet.OutcomeGarbled, ""},
			{"forbidden", status(http.StatusForbidden), fleet.OutcomeGarbled, ""},
			{"not found", status(http.StatusNotFound), fleet.OutcomeGarbled, ""},
			{"too many", status(http.StatusTooManyRequests), fleet.OutcomeGarbled, ""},
			{"an error", status(http.StatusInternalServerError), fleet.OutcomeGarbled, "/about/health"},
			{"bad gateway", status(http.StatusBadGateway), fleet.OutcomeGarbled, ""},
			{"empty", says(""), fleet.OutcomeGarbled, "/about/health"},
			{"a page", says("<html>Hello</html>"), fleet.OutcomeGarbled, "/about/health"},
			{"an empty object", says("{}"), fleet.OutcomeGarbled, "/about/health"},
		} {
			for path, question := range paths {
				if path == c.but {
					continue
				}
				bridge, machine, client := alone(t)
				bridge.Break(path, c.fault)
				got := client.Report(t.Context(), machine)
				if got.Outcome != c.want || !strings.HasPrefix(got.Problem, question+": ") {
					t.Errorf("%s, %s: got %q: %s", c.name, path, got.Outcome, got.Problem)
				}
				if (got != fleet.Report{Outcome: got.Outcome, Problem: got.Problem}) {
					t.Errorf("%s, %s: not empty: %+v", c.name, path, got)
				}
			}
		}
	})
}

func TestOutcomeOfAMachineWithoutABridge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		bridgetest.Begin()
		bridge, machine, client := alone(t)
		bridge.Break("", bridgetest.Fault{Kind: bridgetest.Unreachable})
		if got := client.Report(t.Context(), machine); got.Outcome != fleet.OutcomeSilent {
			t.Errorf("unreachable: %+v", got)
		}
		bridge.Mend()
		bridge.Kill()
		if got := client.Report(t.Context(), machine); got.Outcome != fleet.OutcomeRefused || got.Problem == "" {
			t.Errorf("killed: %+v", got)
		}
		bridge.Destroy()
		if got := client.Report(t.Context(), machine); got.Outcome != fleet.OutcomeSilent {
			t.Errorf("destroyed: %+v", got)
		}
		if got := client.Report(t.Context(), fleet.Machine{}); got.Outcome != fleet.OutcomeNotAsked || got.Problem != "no address" {
			t.Errorf("without an address: %+v", got)
		}
	})
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(request *http.Request) (*http.Response, error) { return f(request) }

func TestOnlyARefusedConnectionIsRefused(t *testing.T) {
	t.Parallel()
	on := func(operation string, err error) error { return &net.OpError{Op: operation, Net: "tcp", Err: err} }
	for _, c := range []struct {
		err  error
		want fleet.Outcome
	}{
		{on("dial", syscall.ECONNREFUSED), fleet.OutcomeRefused},
		{fmt.Errorf("wrapped: %w", on("dial", syscall.ECONNREFUSED)), fleet.OutcomeRefused},
		{on("read", syscall.ECONNREFUSED), fleet.OutcomeSilent},
		{syscall.ECONNREFUSED, fleet.OutcomeSilent},
		{on("dial", syscall.ECONNRESET), fleet.OutcomeSilent},
		{on("read", syscall.ECONNRESET), fleet.OutcomeSilent},
		{on("dial", syscall.EHOSTUNREACH), fleet.OutcomeSilent},
		{on("dial", syscall.ENETUNREACH), fleet.OutcomeSilent},
		{on("dial", syscall.ETIMEDOUT), fleet.OutcomeSilent},
		{on("dial", errors.New("connection refused")), fleet.OutcomeSilent},
	} {
		client := probe.New(probe.Options{Transport: transport(func(*http.Request) (*http.Response, error) { return nil, c.err })})
		if got := client.Report(t.Context(), fleet.Machine{Address: netip.MustParseAddr(address)}); got.Outcome != c.want {
			t.Errorf("%v: got %+v", c.err, got)
		}
	}
}

func TestGoneInTheMiddleIsSilent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		bridgetest.Begin()
		bridge, machine, _ := alone(t)
		network := bridgetest.NewNetwork(0)
		network.Connect(netip.MustParseAddrPort(address+":8080"), bridge)
		client := probe.New(probe.Options{Transport: transport(func(request *http.Request) (*http.Response, error) {
			if request.URL.Path == "/colibri/stats" {
				bridge.Kill()
			}
			return network.RoundTrip(request)
		})})
		if got := client.Report(t.Context(), machine); got.Outcome != fleet.OutcomeSilent {
			t.Errorf("got %+v", got)
		}
	})
}

func TestTimes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		bridgetest.Begin()
		bridge, machine, client := alone(t)
		bridge.Break("/about/health", bridgetest.Fault{Kind: bridgetest.Hang})
		before := time.Now()
		if got := client.Report(t.Context(), machine); got.Outcome != fleet.OutcomeSilent || time.Since(before) != 3*time.Second {
			t.Errorf("one request: %+v after %v", got, time.Since(before))
		}
		// Each request is answered in time, all together are not.
		slow := bridgetest.NewNetwork(2500 * time.Millisecond)
		slow.Connect(netip.MustParseAddrPort(address+":8080"), bridgetest.New(bridgetest.Settings{Nickname: "a"}))
		before = time.Now()
		got := probe.New(probe.Options{Transport: slow}).Report(t.Context(), machine)
		if got.Outcome != fleet.OutcomeSilent || time.Since(before) != 6*time.Second {
			t.Errorf("one bridge: %+v after %v", got, time.Since(before))
		}
	})
}

// Whatever a bridge's answer leads to, it is not the bridge's answer.
func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		bridgetest.Begin()
		network, bridges, machines := shard(2, 0)
		bridges[0].Break("", bridgetest.Fault{Kind: bridgetest.Reply, Status: http.StatusTemporaryRedirect})
		client := probe.New(probe.Options{Transport: transport(func(request *http.Request) (*http.Response, error) {
			response, err := network.RoundTrip(request)
			if err == nil && response.StatusCode == http.StatusTemporaryRedirect {
				response.Header.Set("Location", "http://"+machines[1].Address.String()+":8080"+request.URL.Path)
			}
			return response, err
		})})
		if got := client.Report(t.Context(), machines[0]); got.Outcome != fleet.OutcomeGarbled {
			t.Errorf("got %+v", got)
		}
		if err := client.Drain(t.Context(), machines[0].Address, true); err == nil || bridges[1].Draining() {
			t.Errorf("drained another bridge: %v", err)
		}
	})
}

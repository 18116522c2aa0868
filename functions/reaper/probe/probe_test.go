package probe_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"jitsi-meet-azure/functions/reaper/bridgetest"
	"jitsi-meet-azure/functions/reaper/fleet"
	"jitsi-meet-azure/functions/reaper/probe"
)

// address is where most tests have their bridge.

const address = "10.0.0.4"

// alone is a bridge on a network of its own, with its machine and a client.

func alone(t *testing.T) (*bridgetest.Bridge, fleet.Machine, *probe.Client) {
	t.Helper()
	bridge := bridgetest.New(bridgetest.Settings{Nickname: "a"})
	network := bridgetest.NewNetwork(20 * time.Millisecond)
	network.Connect(netip.MustParseAddrPort(address+":8080"), bridge)
	return bridge, fleet.Machine{Address: netip.MustParseAddr(address)}, probe.New(probe.Options{Transport: network})
}

func TestReportOfABridge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		bridgetest.Begin()
		started := time.Now()
		bridge, machine, client := alone(t)
		if _, err := bridge.StartConference(3); err != nil {
			t.Fatal(err)
		}
		<-time.After(7 * time.Second)
		if err := client.Drain(t.Context(), machine.Address, true); err != nil {
			t.Fatal(err)
		}
		got := client.Report(t.Context(), machine)
		want := fleet.Report{
			Outcome: fleet.OutcomeAnswered, Fit: true, Draining: true, Started: started.UTC(),
			Stats: fleet.Stats{
				At: started.Add(5 * time.Second).UTC(), Conferences: 1, LocalEndpoints: 3, Participants: 3,
				ClientsConfigured: 1, ClientsConnected: 1, RoomsConfigured: 1, RoomsJoined: 1,
				Stress: 0.03, BitRateIn: 1500, BitRateOut: 2700, Version: "2.3.307-g4bb0aead1",
			},
		}
		if got != want {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	})
}

func TestReportOfAnUnfitBridge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		bridgetest.Begin()
		bridge, machine, client := alone(t)
		bridge.SetFit(false)
		bridge.CutOff(true)
		<-time.After(bridgetest.Interval)
		got := client.Report(t.Context(), machine)
		if !got.Answered() || got.Fit || got.Stats.ClientsConnected != 0 || got.Stats.RoomsJoined != 0 {
			t.Errorf("got %+v", got)
		}
		bridge.Break("/about/health", bridgetest.Fault{Kind: bridgetest.Reply, Status: 503, Body: "no"})
		if got := client.Report(t.Context(), machine); !got.Answered() || got.Fit {
			t.Errorf("503: got %+v", got)
		}
	})
}

// Every way to go wrong, on every path. A report that is not whole must be empty but for the outcome and the problem.

// transport is a round trip made by a function.

// A process that was there for the first question and is gone for the second has not refused.

// shard is a number of bridges and their machines.

func shard(count int, latency time.Duration) (*bridgetest.Network, []*bridgetest.Bridge, []fleet.Machine) {
	network := bridgetest.NewNetwork(latency)
	bridges := make([]*bridgetest.Bridge, count)
	machines := make([]fleet.Machine, count)
	at := netip.MustParseAddr("10.0.0.0")
	for i := range machines {
		at = at.Next()
		bridges[i] = bridgetest.New(bridgetest.Settings{Nickname: fmt.Sprintf("bridge-%04d", i)})
		machines[i] = fleet.Machine{ID: bridges[i].Nickname(), Address: at, State: fleet.StateRunning}
		network.Connect(netip.AddrPortFrom(at, 8080), bridges[i])
	}
	return network, bridges, machines
}

func TestReportsKeepTheOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		bridgetest.Begin()
		network, bridges, machines := shard(300, 20*time.Millisecond)
		bridges[7].Kill()
		bridges[8].Destroy()
		machines[8].State = fleet.StateStopped
		bridges[9].Break("", bridgetest.Fault{Kind: bridgetest.Reply, Status: 404})
		machines[10].Address = netip.Addr{}
		machines[11].State = fleet.StateDeleting
		special := map[int]fleet.Outcome{
			7: fleet.OutcomeRefused, 8: fleet.OutcomeSilent, 9: fleet.OutcomeGarbled, 10: fleet.OutcomeNotAsked,
		}
		before := time.Now()
		reports := probe.New(probe.Options{Transport: network}).Reports(t.Context(), machines)
		for i, report := range reports {
			want, found := special[i]
			if !found {
				want = fleet.OutcomeAnswered
			}
			if report.Outcome != want {
				t.Errorf("%d: %+v", i, report)
			}
		}
		if len(reports) != len(machines) || time.Since(before) > 3*time.Second {
			t.Errorf("%d reports after %v", len(reports), time.Since(before))
		}
		if got := probe.New(probe.Options{Transport: network}).Reports(t.Context(), nil); len(got) != 0 {
			t.Errorf("of none: %v", got)
		}
	})
}

func TestReportsAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		bridgetest.Begin()
		network, _, machines := shard(20, time.Second)
		under := make(chan struct{}, 3)
		client := probe.New(probe.Options{Concurrency: 3, Transport: transport(func(r *http.Request) (*http.Response, error) {
			select {
			case under <- struct{}{}:
				defer func() { <-under }()
			default:
				t.Error("more than three at a time")
			}
			return network.RoundTrip(r)
		})})
		for i, report := range client.Reports(t.Context(), machines) {
			if !report.Answered() {
				t.Errorf("%d: %+v", i, report)
			}
		}
	})
}

// The tick's end is the reaper's doing: it says nothing about the bridges.

func TestReportsEndWithTheTick(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		bridgetest.Begin()
		network, _, machines := shard(10, time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), 9*time.Second)
		defer cancel()
		before := time.Now()
		reports := probe.New(probe.Options{Transport: network, Concurrency: 2}).Reports(ctx, machines)
		if time.Since(before) != 9*time.Second {
			t.Errorf("took %v", time.Since(before))
		}
		counted := map[fleet.Outcome]int{}
		for _, report := range reports {
			counted[report.Outcome]++
			if report.Outcome == fleet.OutcomeNotAsked && report.Problem != "the tick ended first" {
				t.Errorf("%+v", report)
			}
		}
		if counted[fleet.OutcomeAnswered] != 4 || counted[fleet.OutcomeNotAsked] != 6 {
			t.Errorf("%v", counted)
		}
	})
}

const jicofoURL = "http://10.1.0.4:8888"

func TestRoster(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		bridgetest.Begin()
		network, bridges, _ := shard(3, 0)
		jicofo := bridgetest.NewJicofo(bridges...)
		network.Connect(netip.MustParseAddrPort("10.1.0.4:8888"), jicofo)
		client := probe.New(probe.Options{Transport: network})
		bridges[1].CutOff(true)
		for _, url := range []string{jicofoURL, jicofoURL + "/"} {
			roster, err := client.Roster(t.Context(), url)
			if names := slices.Sorted(maps.Keys(roster)); err != nil || !slices.Equal(names, []string{"bridge-0000", "bridge-0002"}) {
				t.Errorf("%s: %v, %v", url, names, err)
			}
		}
		jicofo.LoseRoom(true)
		if roster, err := client.Roster(t.Context(), jicofoURL); err != nil || roster == nil || len(roster) != 0 {
			t.Errorf("none: %v, %v", roster, err)
		}
		for _, fault := range []bridgetest.Fault{
			{Kind: bridgetest.Hang},
			{Kind: bridgetest.Reset},
			{Kind: bridgetest.Cut},
			{Kind: bridgetest.Flood},
			{Kind: bridgetest.Refuse},
			{Kind: bridgetest.Unreachable},
			{Kind: bridgetest.Reply, Status: 404},
			{Kind: bridgetest.Reply, Status: 500},
			{Kind: bridgetest.Reply, Status: 200, Body: "{}"},
		} {
			jicofo.Break("", fault)
			if roster, err := client.Roster(t.Context(), jicofoURL); err == nil || roster != nil {
				t.Errorf("%v: %v, %v", fault, roster, err)
			}
		}
		jicofo.Mend()
		for _, url := range []string{"", "10.1.0.4:8888", "ftp://10.1.0.4:8888", "http://", "http://user:word@10.1.0.4:8888", "http://[::1"} {
			if _, err := client.Roster(t.Context(), url); err == nil {
				t.Errorf("%q is no address", url)
			}
		}
	})
}

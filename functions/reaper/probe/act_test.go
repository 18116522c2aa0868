package probe_test

import (
	"errors"
	"net/http"
	"net/netip"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"jitsi-meet-azure/functions/reaper/bridgetest"
	"jitsi-meet-azure/functions/reaper/probe"
)

func TestDrainAndShutdown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		bridgetest.Begin()
		bridge, machine, client := alone(t)
		ctx := t.Context()
		for _, on := range []bool{true, true, false, false, true} {
			if err := client.Drain(ctx, machine.Address, on); err != nil || bridge.Draining() != on {
				t.Errorf("drain %v: %v, %v", on, bridge.Draining(), err)
			}
		}
		for range 2 {
			if err := client.Shutdown(ctx, machine.Address); err != nil {
				t.Error(err)
			}
		}
		if _, stopping, forced := bridge.Stopping(); stopping.IsZero() || forced {
			t.Errorf("stopping since %v, forced %v", stopping, forced)
		}
		<-time.After(bridgetest.Interval)
		if report := client.Report(ctx, machine); !report.Finished() {
			t.Errorf("got %+v", report)
		}
		<-time.After(time.Minute)
		if err := client.Shutdown(ctx, machine.Address); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("of a process that is gone: %v", err)
		}
		if err := client.Drain(ctx, netip.Addr{}, true); err == nil {
			t.Error("drained nobody")
		}
	})
}

func TestAnUnconfirmedRequestIsAnErrorAndSentOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		bridgetest.Begin()
		for _, fault := range []bridgetest.Fault{
			{Kind: bridgetest.Reply, Status: http.StatusFound},
			{Kind: bridgetest.Reply, Status: http.StatusForbidden},
			{Kind: bridgetest.Reply, Status: http.StatusNotFound},
			{Kind: bridgetest.Reply, Status: http.StatusTooManyRequests},
			{Kind: bridgetest.Reply, Status: http.StatusServiceUnavailable},
			{Kind: bridgetest.Hang},
			{Kind: bridgetest.Lose},
			{Kind: bridgetest.Reset},
		} {
			network, bridges, machines := shard(1, 0)
			client := probe.New(probe.Options{Transport: network})
			bridges[0].Break("", fault)
			before := time.Now()
			if err := client.Shutdown(t.Context(), machines[0].Address); err == nil {
				t.Errorf("%v: no error", fault)
			}
			if err := client.Drain(t.Context(), machines[0].Address, true); err == nil {
				t.Errorf("%v: no error", fault)
			}
			if calls := network.Calls(); calls["POST /colibri/shutdown"] != 1 || calls["POST /colibri/drain/enable"] != 1 {
				t.Errorf("%v: %v", fault, calls)
			}
			if time.Since(before) > 6*time.Second {
				t.Errorf("%v: took %v", fault, time.Since(before))
			}
		}
	})
}

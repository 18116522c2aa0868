package azure_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/netip"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/functions/reaper/armtest"
	"jitsi-meet-azure/functions/reaper/bridgetest"
	"jitsi-meet-azure/functions/reaper/discover"
	"jitsi-meet-azure/functions/reaper/fleet"
	"jitsi-meet-azure/internal/clock"
	"jitsi-meet-azure/test/e2e/azure"
)

const soon, often = 20 * time.Second, 5 * time.Millisecond

// Over real sockets and with a compressed clock: bridges answer at their addresses, and the resource manager over TLS.
func TestOverSockets(t *testing.T) {
	t.Parallel()
	c, err := clock.Start(time.Date(2026, 6, 10, 8, 0, 0, 0, time.UTC), clock.MaxFactor)
	require.NoError(t, err)
	there := &local{image: "1.0.0", most: 5}
	var booted atomic.Int32
	cloud, err := azure.Start(t.Context(), azure.Options{
		Clock: c, Folder: t.TempDir(), Change: there.change, Deleted: there.deleted,
		Shards: []azure.Shard{{
			Name: "a", Zone: "1", ScaleSetID: setID, BridgeSubnet: netip.MustParsePrefix("10.213.7.0/24"), Autoscale: usual(t),
		}},
		Booted: func(string, *bridgetest.Bridge) { booted.Add(1) },
	})
	require.NoError(t, err)
	defer cloud.Close()
	require.Eventually(t, func() bool { return booted.Load() == 1 }, soon, often)
	health := func() (int, error) {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://127.213.7.4:8080/about/health", nil)
		require.NoError(t, err)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return 0, err
		}
		return response.StatusCode, response.Body.Close()
	}
	code, err := health()
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, code)

	cloud.FailZone("1")
	_, err = health()
	require.ErrorIs(t, err, context.DeadlineExceeded, "a machine without power says nothing")
	cloud.RestoreZone("1")
	require.Eventually(t, func() bool { return booted.Load() == 2 }, soon, often)
	_, err = health()
	require.NoError(t, err)

	url, file := cloud.Endpoint()
	encoded, err := os.ReadFile(file)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(encoded))
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	defer transport.CloseIdleConnections()
	asks, err := discover.New(armtest.Credential(), url, &http.Client{Transport: transport})
	require.NoError(t, err)
	var machines []fleet.Machine
	require.Eventually(t, func() bool {
		machines, err = asks.Fleet(t.Context(), setID)
		return err == nil && len(machines) == 1
	}, soon, often)
	assert.Equal(t, "127.213.7.4", machines[0].Address.String())
	require.NoError(t, asks.Delete(t.Context(), setID, machines[0].Instance))
	// Another takes its place, at another address, and nobody listens at the old one any more.
	require.Eventually(t, func() bool { return booted.Load() == 3 }, soon, often)
	_, err = health()
	require.Error(t, err)
	require.NotErrorIs(t, err, context.DeadlineExceeded)
	assert.Len(t, cloud.Fleet("a"), 2)
	cloud.Close()
}

func TestWhatIsMissing(t *testing.T) {
	t.Parallel()
	_, err := azure.Start(t.Context(), azure.Options{BootTime: -1, Shards: []azure.Shard{{Name: "a"}, {Name: "a", Zone: "1"}}})
	for _, problem := range []string{
		"Change is missing", "Deleted is missing", "Booted is missing", "Folder is missing", "a boot time of -1ns",
		`shard "a" has no name or no zone, or is there twice`, `shard "a": invalid Prefix is no subnet`,
	} {
		require.ErrorContains(t, err, problem)
	}
	there := &local{}
	start := func(change func(*azure.Shard)) error {
		s := azure.Shard{
			Name: "a", Zone: "1", ScaleSetID: setID, BridgeSubnet: netip.MustParsePrefix("10.213.8.0/29"), Autoscale: usual(t),
			Machines: []azure.Machine{{VMID: "1", Instance: "1"}, {VMID: "2", Instance: "2"}, {VMID: "3", Instance: "3"}},
		}
		change(&s)
		_, err := azure.Start(t.Context(), azure.Virtual(azure.Options{
			Change: there.change, Deleted: there.deleted, Booted: func(string, *bridgetest.Bridge) {}, Shards: []azure.Shard{s},
		}))
		return err
	}
	for problem, change := range map[string]func(*azure.Shard){
		"is not the id of a scale set":       func(s *azure.Shard) { s.ScaleSetID = "x" },
		"reading an autoscale setting":       func(s *azure.Shard) { s.Autoscale = []byte("{}") },
		"has no vmId or no instance id":      func(s *azure.Shard) { s.Machines[1].VMID = "" },
		"10.213.8.0/29 of shard a is full":   func(s *azure.Shard) { s.Machines = append(s.Machines, azure.Machine{VMID: "4", Instance: "4"}) },
		"10.213.8.0/30 of shard a is full":   func(s *azure.Shard) { s.BridgeSubnet = netip.MustParsePrefix("10.213.8.0/30") },
		"10.213.8.128/32 of shard a is full": func(s *azure.Shard) { s.BridgeSubnet = netip.MustParsePrefix("10.213.8.128/32") },
	} {
		require.ErrorContains(t, start(change), problem)
	}
}

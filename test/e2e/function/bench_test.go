package function

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/data/aztables"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/functions/reaper/armtest"
	"jitsi-meet-azure/functions/reaper/remember"
	"jitsi-meet-azure/functions/reaper/remember/azuritetest"
)

// A tick of the deployed reaper over two shards with three busy bridges each, as the host sees it, with nothing in the way but
// this machine: with empty tables, and with those that a day leaves behind.
func BenchmarkTick(b *testing.B) {
	for network, minutes := range map[byte]int{139: 0, 140: 24 * 60} {
		b.Run(fmt.Sprintf("after-%d-minutes", minutes), func(b *testing.B) { benchmarkTick(b, network, minutes) })
	}
}

func benchmarkTick(b *testing.B, network byte, minutes int) {
	b.Helper()
	w := newWorld(b, network, "0 0 0 1 1 *", armtest.Settings{})
	for _, shard := range []string{"a", "b"} {
		for i := range 3 {
			bridge, err := w.AddBridge(context.WithoutCancel(b.Context()), shard, time.Duration(i+2)*time.Hour)
			require.NoError(b, err)
			_, err = bridge.StartConference(5)
			require.NoError(b, err)
		}
	}
	h := w.start(b)
	fill(b, h, minutes)
	handler, all := h.current(), []time.Duration{}
	for b.Loop() {
		began := time.Now()
		now := occasion{due: began, last: began}
		status, reply, err := handler.send(b.Context(), http.MethodPost, "/reaper", invocation("reaper", "x", now, began, false))
		require.NoError(b, err)
		require.Equal(b, http.StatusOK, status, "%s", reply)
		all = append(all, time.Since(began))
	}
	slices.Sort(all)
	b.ReportMetric(float64(all[len(all)/2].Microseconds())/1000, "ms-median")
	b.ReportMetric(float64(all[len(all)*95/100].Microseconds())/1000, "ms-p95")
	b.ReportMetric(float64(all[len(all)-1].Microseconds())/1000, "ms-longest")
}

// fill leaves behind what so many ticks do.
func fill(b *testing.B, h *Host, minutes int) {
	b.Helper()
	options := &aztables.ClientOptions{}
	options.Transport = h.azurite.Client()
	store, err := remember.NewTables(h.azurite.Endpoint(azuritetest.Account), azuritetest.Credential{}, options)
	require.NoError(b, err)
	var all sync.WaitGroup
	for hand := range 4 {
		all.Go(func() {
			for minute := hand; minute < minutes; minute += 4 {
				var samples []remember.Sample
				for _, shard := range []string{"a", "b"} {
					for i := range 3 {
						samples = append(samples, remember.Sample{Shard: shard, Machine: fmt.Sprintf("%s-%d", shard, i), Image: "1.0.0", Healthy: true})
					}
				}
				if err := store.Use(b.Context(), time.Now().Add(-time.Duration(minute)*time.Minute), samples); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
}

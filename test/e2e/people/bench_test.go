package people_test

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/test/e2e/people"
	"jitsi-meet-azure/test/procfs"
)

// BenchmarkCrowd measures what people cost this process, which plays them and both shards. The proxy's part is not counted. One
// round is a second of a thousand people who stay in their rooms.
func BenchmarkCrowd(b *testing.B) {
	const rooms, each = 250, 4
	w := build(b, 144, 1, 4)
	before, start := procfs.Processor(os.Getpid()), time.Now()
	crowd, err := people.Run(b.Context(), w.options(gathered(rooms, each), 0))
	require.NoError(b, err)
	w.everybody(crowd, rooms, each, 5*time.Minute)
	joining, took := procfs.Processor(os.Getpid())-before, time.Since(start)
	b.Logf("joined: %+v", crowd.Ledger())
	b.ResetTimer()
	idle := procfs.Processor(os.Getpid())
	for b.Loop() {
		<-time.After(time.Second)
	}
	b.StopTimer()
	idle = procfs.Processor(os.Getpid()) - idle
	b.ReportMetric(rooms*each/joining.Seconds(), "joins/CPU-s")
	b.ReportMetric(rooms*each/took.Seconds(), "joins/s")
	b.ReportMetric(idle.Seconds()/float64(b.N)*100, "%CPU/1000-people")
	b.ReportMetric(float64(procfs.Memory(os.Getpid(), procfs.Resident))/(1<<20), "MiB")
	require.Zero(b, crowd.Ledger().Reconnections)
}

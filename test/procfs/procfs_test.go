package procfs_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"

	"jitsi-meet-azure/test/procfs"
)

func TestOwnProcess(t *testing.T) {
	t.Parallel()
	resident, peak := procfs.Memory(os.Getpid(), procfs.Resident), procfs.Memory(os.Getpid(), procfs.PeakResident)
	assert.Positive(t, resident)
	assert.Positive(t, peak)
	assert.GreaterOrEqual(t, procfs.Processor(os.Getpid()).Nanoseconds(), int64(0))
}

func TestNoProcess(t *testing.T) {
	t.Parallel()
	assert.Zero(t, procfs.Processor(-1))
	assert.Zero(t, procfs.Memory(-1, procfs.Resident))
}

package workspace

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPulumiGetsNoFolderForItsLogs(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	logs := filepath.Join(home, "logs")
	require.NoError(t, os.MkdirAll(logs, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(logs, "pulumi-1.log"), []byte("secret"), 0o600))
	for range 2 {
		require.NoError(t, silence(home))
		require.Error(t, os.MkdirAll(logs, 0o700))
	}
	info, err := os.Stat(logs)
	require.NoError(t, err)
	assert.Zero(t, info.Size())
}

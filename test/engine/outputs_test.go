package engine_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/internal/golden"
	"jitsi-meet-azure/outputs"
)

// What `make outputs` prints follows the published schema, in every environment and phase, and is all that the consumers need.
func TestOutputsFollowTheSchema(t *testing.T) {
	t.Parallel()
	for _, stack := range []string{"dev", "prod"} {
		t.Run(stack, func(t *testing.T) {
			t.Parallel()
			w := deployed(t, stack)
			printed, stderr, err := w.run("stack", "output", "--json")
			require.NoError(t, err, stderr)
			golden.Compare(t, "../../outputs/testdata/"+stack+".json", printed)
			_, err = outputs.Parse([]byte(printed))
			require.NoError(t, err)
			for command, part := range map[string]string{"targets": "turn-a.", "inventory": stack + "-shard-b", "check": ""} {
				operate := exec.CommandContext(t.Context(), "../../.bin/operate", command)
				operate.Stdin = strings.NewReader(printed)
				said, err := operate.CombinedOutput()
				require.NoError(t, err, "%s; if it is not there: make build", said)
				assert.Contains(t, string(said), part)
			}
		})
	}
}

func TestOutputsOfTheImagePhaseFollowTheSchema(t *testing.T) {
	t.Parallel()
	w := newWorkspaceWithoutImage(t, "dev")
	w.set("meet:phase", "image")
	w.up()
	printed, stderr, err := w.run("stack", "output", "--json")
	require.NoError(t, err, stderr)
	read, err := outputs.Parse([]byte(printed))
	require.NoError(t, err)
	assert.Equal(t, "image", read.Phase)
	golden.Compare(t, "../../outputs/testdata/image.json", printed)
}

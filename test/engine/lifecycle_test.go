package engine_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/localcloud/store"
	"jitsi-meet-azure/outputs"
)

func TestSecondUpChangesNothing(t *testing.T) {
	t.Parallel()
	for _, stack := range []string{"dev", "prod"} {
		t.Run(stack, func(t *testing.T) {
			t.Parallel()
			w := deployed(t, stack)
			assert.Empty(t, w.up("--expect-no-changes").steps)
			// The first bridges came after the scale sets were made, by their autoscale settings: a refresh sees their count,
			// and one update says that it is nobody's business here.
			for _, step := range w.up("--refresh").steps {
				assert.True(t, strings.HasPrefix(step, "update azure-native:compute:VirtualMachineScaleSet "), step)
			}
			assert.Empty(t, w.up("--expect-no-changes", "--refresh").steps)
			stdout, stderr, err := w.run("preview", "--expect-no-changes")
			require.NoError(t, err, stdout+stderr)
		})
	}
}

func TestDestroyLeavesNothing(t *testing.T) {
	t.Parallel()
	w := deployed(t, "dev")
	// The image versions are not the stack's: whoever published them takes them away first, here as on Azure.
	w.localcloud("image", "delete", "--gallery", "gal_meet_dev", "--definition", "jitsi-videobridge")
	stdout, stderr, err := w.run("destroy", "--yes", "--skip-preview")
	require.NoError(t, err, stdout+stderr)
	left, err := w.cloud().List("")
	require.NoError(t, err)
	// As on Azure, the deleted vault keeps its name until somebody purges it.
	require.Len(t, left, 1)
	assert.Contains(t, left[0].ID, "/deletedVaults/kv-meet-dev-")
	w.localcloud("purge-vaults")
	left, err = w.cloud().List("")
	require.NoError(t, err)
	assert.Empty(t, left)
}

// Where the environment is protected, addresses that users have put on their allow lists must outlive a mistake.
func TestDestroyOfAProtectedEnvironmentIsRefused(t *testing.T) {
	t.Parallel()
	w := deployed(t, "prod")
	mark := w.mark()
	stdout, stderr, err := w.run("destroy", "--yes")
	require.Error(t, err)
	assert.Contains(t, stdout+stderr, "protected")
	assert.Empty(t, w.happened(store.OpDelete, mark))
}

// Taking a shard out of the configuration would cut every conference on it.
func TestRemovingAShardOfAProtectedEnvironmentIsRefused(t *testing.T) {
	t.Parallel()
	w := deployed(t, "prod")
	mark := w.mark()
	w.configure(func(config map[string]any) {
		config["meet:shards"] = config["meet:shards"].([]any)[:2]
	})
	stdout, stderr, err := w.run("up", "--yes")
	require.Error(t, err)
	assert.Contains(t, stdout+stderr, "protected")
	assert.Empty(t, w.happened(store.OpDelete, mark))
	assert.Empty(t, w.happened(store.OpInstanceDeleted, mark))
}

func TestOutputsOfADeployedStackFollowTheContract(t *testing.T) {
	t.Parallel()
	w := deployed(t, "dev")
	stdout, stderr, err := w.run("stack", "output", "--json", "--show-secrets")
	require.NoError(t, err, stderr)
	read, err := outputs.Decode([]byte(stdout))
	require.NoError(t, err)
	assert.Equal(t, "full", read.Phase)
	assert.Contains(t, read.Kubeconfig, "apiVersion: v1")
	assert.Len(t, read.Shards, 2)
	for name, shard := range read.Shards {
		assert.Contains(t, shard.ScaleSetID, "/virtualMachineScaleSets/"+shard.ScaleSetName, name)
		assert.True(t, strings.HasSuffix(shard.PrefixCIDR, "/29"), "%s: %s", name, shard.PrefixCIDR)
	}
	assert.InDelta(t, 63e9, read.Thresholds.NetworkBytesPerMinute, 1)
}

func TestSecretsAreEncryptedInTheStateAndMaskedInTheDisplay(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, "dev")
	shown := w.up().text
	stdout, stderr, err := w.run("stack", "output", "--json")
	require.NoError(t, err, stderr)
	assert.Contains(t, stdout, `"kubeconfig": "[secret]"`)
	assert.NotContains(t, shown+stdout, "client-key-data")
	files := 0
	require.NoError(t, filepath.WalkDir(filepath.Join(w.root, "dev", "state"), func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		files++
		assert.NotContains(t, string(content), "client-key-data", path)
		assert.NotContains(t, string(content), "PRIVATE KEY", path)
		return err
	}))
	assert.Positive(t, files)
}

// An image definition without a version must be noticed before scale sets refer to it.
func TestFirstDeploymentGoesThroughTheImagePhase(t *testing.T) {
	t.Parallel()
	w := newWorkspaceWithoutImage(t, "dev")
	refused, err := w.tryUp()
	require.Error(t, err)
	assert.Contains(t, refused.text, "pulumi config set meet:phase image")
	assert.Empty(t, ofType(w.happened(store.OpCreate, 0), "VirtualMachineScaleSet"))

	w.set("meet:phase", "image")
	w.up()
	w.set("meet:phase", "full")
	_, err = w.tryUp()
	require.Error(t, err, "still no version")

	w.publishImage("1.0.0")
	w.up()
	assert.Len(t, ofType(w.happened(store.OpCreate, 0), "VirtualMachineScaleSet"), 2)

	w.set("meet:phase", "image")
	mark := w.mark()
	refused, err = w.tryUp()
	require.Error(t, err)
	assert.Contains(t, refused.text, "scale set")
	assert.Empty(t, w.happened(store.OpDelete, mark), "the image phase must never delete what runs")
}

func TestAFailedCreateIsResumedByTheNextUp(t *testing.T) {
	t.Parallel()
	for _, halfWay := range []bool{false, true} {
		w := newWorkspace(t, "dev")
		require.NoError(t, w.cloud().AddFault(store.Fault{
			Op: store.OpCreate, Type: "ManagedCluster", Times: 1, HalfWay: halfWay,
			Error: `Code="InternalServerError" Message="An internal execution error occurred."`,
		}))
		failed, err := w.tryUp()
		require.Error(t, err)
		assert.Contains(t, failed.text, "InternalServerError")
		w.up()
		assert.Empty(t, w.up("--expect-no-changes").steps)
	}
}

func ofType(events []store.Event, last string) []store.Event {
	var found []store.Event
	for _, e := range events {
		if strings.HasSuffix(e.Type, ":"+last) && e.Error == "" {
			found = append(found, e)
		}
	}
	return found
}

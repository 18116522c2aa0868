package kubernetes_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
)

func TestNewObjectsLiveThroughUpdateRefreshAndDeletion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	space := w.create(namespaceToken, "space", namespace(nil))
	set := w.create(statefulSetToken, "prosody", statefulSet("prosody", "OnDelete"))
	if set.id != "shard-a/prosody" {
		t.Errorf("id %q", set.id)
	}
	if d := w.diff(set, statefulSet("prosody", "OnDelete")); d.Changes != plugin.DiffNone {
		t.Errorf("a second run changes %v", d.DetailedDiff)
	}
	refreshed := w.read(set)
	if d := set.outputs.Diff(refreshed.Outputs); d != nil {
		t.Errorf("a refresh changes the outputs: %v", d)
	}
	if d := set.inputs.Diff(refreshed.Inputs); d != nil {
		t.Errorf("a refresh changes the inputs: %v", d)
	}
	w.delete(space)
	if gone := w.read(set); gone.ID != "" {
		t.Errorf("%s outlived its namespace", gone.ID)
	}
	w.delete(set) // deleting what is gone is no error
}

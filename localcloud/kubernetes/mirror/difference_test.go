package mirror_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"jitsi-meet-azure/localcloud/kubernetes/mirror"
)

func TestCompare(t *testing.T) {
	t.Parallel()
	local := m{
		"metadata": m{"name": "web", "uid": "1", "labels": m{"a": "b"}, "creationTimestamp": nil},
		"spec": m{
			"replicas": 2.0, "ports": []any{m{"port": 80.0, "nodePort": 30000.0}}, "strategy": m{"rollingUpdate": m{"partition": 0.0}},
			"volumes": []any{m{"emptyDir": m{}}}, "args": []any{"a"}, "empty": []any{},
		},
		"status": m{"replicas": 1.0},
	}
	actual := m{
		"metadata": m{
			"name": "web", "uid": "2", "generation": int64(4), "managedFields": []any{m{}}, "resourceVersion": "9",
			"annotations": m{"deployment.kubernetes.io/revision": "1"}, "labels": m{"a": "c"},
		},
		"spec": m{
			"replicas": int64(2), "ports": []any{m{"port": int64(80), "nodePort": int64(31000)}}, "strategy": m{},
			"volumes": []any{m{}}, "args": []any{"a", "b"}, "priority": int64(7),
		},
	}
	var told []string
	for _, d := range mirror.Compare("Deployment shard-a/web", local, actual) {
		told = append(told, d.String())
	}
	const prefix = "Deployment shard-a/web: "
	assert.Equal(t, []string{
		prefix + "metadata.labels.a is b here and c on the API server",
		prefix + "spec.args is [a] here and [a b] on the API server",
		prefix + "spec.ports[0].nodePort is 30000 here and 31000 on the API server",
		prefix + "spec.priority is missing here and 7 on the API server",
		prefix + "spec.strategy.rollingUpdate.partition is 0 here and missing on the API server",
		prefix + "spec.volumes[0].emptyDir is map[] here and missing on the API server",
	}, told)
}

// An object does not differ from itself, and two differ both ways.
func TestCompareIsSymmetric(t *testing.T) {
	t.Parallel()
	objects := []m{
		nil,
		{},
		{"spec": m{"a": []any{1, m{"b": nil}}, "c": m{}}},
		{"spec": m{"a": []any{1, 2}, "c": m{"d": "e"}}},
		{"metadata": m{"annotations": m{"x": 1}}},
		{"metadata": m{}},
		{"spec": nil},
		{"spec": []any{}},
	}
	for _, a := range objects {
		assert.Empty(t, mirror.Compare("x", a, a))
		for _, b := range objects {
			assert.Len(t, mirror.Compare("x", b, a), len(mirror.Compare("x", a, b)), "%v, %v", a, b)
		}
	}
}

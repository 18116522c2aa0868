package proxy_test

import (
	"net/netip"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// registered is one of the resources that the deployment program registers.
type registered struct {
	Name   string         `json:"name"`
	Type   string         `json:"type"`
	Inputs map[string]any `json:"inputs"`
}

// deployed are the objects of one type that the dev environment has.
func deployed[T any](t *testing.T, kind string) map[string]T {
	t.Helper()
	text, err := os.ReadFile("../../../stack/testdata/dev.golden.yaml")
	require.NoError(t, err)
	var all []registered
	require.NoError(t, yaml.Unmarshal(text, &all))
	found := map[string]T{}
	for _, r := range all {
		if r.Type != kind {
			continue
		}
		inputs, err := yaml.Marshal(r.Inputs)
		require.NoError(t, err)
		var object T
		require.NoError(t, yaml.Unmarshal(inputs, &object))
		found[r.Name] = object
	}
	return found
}

func frontDoorFiles(t *testing.T) *corev1.ConfigMap {
	t.Helper()
	found := deployed[corev1.ConfigMap](t, "kubernetes:core/v1:ConfigMap")["front-door-config"]
	require.Contains(t, found.Data, "haproxy.cfg")
	return &found
}

func frontDoorPod(t *testing.T) corev1.PodTemplateSpec {
	t.Helper()
	return deployed[appsv1.StatefulSet](t, "kubernetes:apps/v1:StatefulSet")["front-door-proxies"].Spec.Template
}

// lookUp knows all names of the front door but those of the proxies from the fourth on.
func lookUp(host string) (netip.Addr, bool) {
	address, known := map[string]string{
		"web.shard-a.svc.cluster.local": "127.245.0.1", "jicofo.shard-a.svc.cluster.local": "127.245.0.2",
		"web.shard-b.svc.cluster.local": "127.245.0.3", "haproxy-0.front-door.svc.cluster.local": "127.245.0.10",
		"haproxy-1.front-door.svc.cluster.local": "127.245.0.11", "haproxy-2.front-door.svc.cluster.local": "127.245.0.12",
	}[host]
	if !known {
		return netip.Addr{}, false
	}
	return netip.MustParseAddr(address), true
}

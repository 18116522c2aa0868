package scheduling_test

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"jitsi-meet-azure/localcloud/kubernetes/scheduling"
)

func pools(t *testing.T) []scheduling.Pool {
	t.Helper()
	taint, err := scheduling.ParseTaint("meet.jitsi/shard=true:NoSchedule")
	if err != nil {
		t.Fatal(err)
	}
	system, err := scheduling.ParseTaint("CriticalAddonsOnly=true:NoSchedule")
	if err != nil {
		t.Fatal(err)
	}
	zone := func(z string) map[string]string {
		return map[string]string{"topology.kubernetes.io/zone": z, "nodes": "7"}
	}
	return []scheduling.Pool{
		{Name: "zone1", Nodes: 2, Labels: zone("westeurope-1"), Taints: []corev1.Taint{taint}},
		{Name: "system", Nodes: 1, Labels: zone("westeurope-1"), Taints: []corev1.Taint{system}},
		{Name: "system", Nodes: 1, Labels: zone("westeurope-2"), Taints: []corev1.Taint{system}},
	}
}

func TestUnplaced(t *testing.T) {
	t.Parallel()
	const shard = `tolerations: [{key: meet.jitsi/shard, operator: Exists}]`
	const addon = `tolerations: [{key: CriticalAddonsOnly, value: "true", effect: NoSchedule}]`
	affinity := func(expression string) string {
		return "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [" + expression + "]}]}}}"
	}
	apart := func(key string) string {
		return "affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: " + key + ", labelSelector: {matchLabels: {app: x}}}]}}"
	}
	for name, test := range map[string]struct {
		pod    string
		copies int
		want   string
	}{
		"tolerant":     {shard, 1, ""},
		"by zone":      {shard + "\n" + affinity(`{key: topology.kubernetes.io/zone, operator: In, values: [westeurope-1]}`), 1, ""},
		"by selector":  {shard + "\nnodeSelector: {topology.kubernetes.io/zone: westeurope-1}", 1, ""},
		"everywhere":   {`tolerations: [{operator: Exists}]`, 1, ""},
		"by number":    {shard + "\n" + affinity(`{key: nodes, operator: Gt, values: ["6"]}, {key: nodes, operator: Lt, values: ["8"]}`), 1, ""},
		"by presence":  {shard + "\n" + affinity(`{key: nodes, operator: Exists}, {key: x, operator: DoesNotExist}, {key: x, operator: NotIn, values: [y]}`), 1, ""},
		"not tolerant": {"", 1, "0/4 nodes are available: 2 node(s) had untolerated taint {CriticalAddonsOnly: true}, 2 node(s) had untolerated taint {meet.jitsi/shard: true}"},
		"wrong zone": {
			shard + "\n" + affinity(`{key: topology.kubernetes.io/zone, operator: In, values: [westeurope-3]}`), 1,
			"0/4 nodes are available: 4 node(s) didn't match Pod's node affinity/selector",
		},
		"zone without pool": {
			shard + "\nnodeSelector: {topology.kubernetes.io/zone: westeurope-2}", 1,
			"0/4 nodes are available: 1 node(s) had untolerated taint {CriticalAddonsOnly: true}, 3 node(s) didn't match Pod's node affinity/selector",
		},
		"an empty term": {
			shard + "\naffinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{}]}}}", 1,
			"0/4 nodes are available: 4 node(s) didn't match Pod's node affinity/selector",
		},
		"two zones for two":  {addon + "\n" + apart("topology.kubernetes.io/zone"), 2, ""},
		"two zones for more": {addon + "\n" + apart("topology.kubernetes.io/zone"), 3, "0/4 nodes are available: 2 node(s) didn't match pod anti-affinity rules (3 copies, 2 different topology.kubernetes.io/zone)"},
		"a node for each":    {shard + "\n" + apart("kubernetes.io/hostname"), 3, "0/4 nodes are available: 2 node(s) didn't match pod anti-affinity rules (3 copies, 2 different kubernetes.io/hostname)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec := &corev1.PodSpec{}
			if err := yaml.UnmarshalStrict([]byte(test.pod), spec); err != nil {
				t.Fatal(err)
			}
			if got := scheduling.Unplaced(spec, map[string]string{"app": "x"}, test.copies, pools(t)); got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
	if got := scheduling.Unplaced(&corev1.PodSpec{}, nil, 1, nil); got != "0/0 nodes are available: the cluster has no node pool" {
		t.Errorf("without pools: %q", got)
	}
}

func TestTaintsNeedAnEffect(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "a", "a=b", "=b:NoSchedule"} {
		if taint, err := scheduling.ParseTaint(text); err == nil {
			t.Errorf("%q is %v", text, taint)
		}
	}
}

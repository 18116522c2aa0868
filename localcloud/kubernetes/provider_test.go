package kubernetes_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"

	"jitsi-meet-azure/localcloud/kubernetes"
	"jitsi-meet-azure/localcloud/rpcprovider"
	"jitsi-meet-azure/localcloud/store"
)

func TestNewObjectsLiveThroughRefreshAndDeletion(t *testing.T) {
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
	if got := w.logged(kubernetes.OpPodsRemoved); !slices.Equal(got, []string{"shard-a/prosody-0"}) {
		t.Errorf("removed pods: %q", got)
	}
	w.delete(set) // deleting what is gone is no error
}

// Every kind that a shard uses survives a refresh without a difference, secrets and quantities included.
func TestRefreshesChangeNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(namespaceToken, "space", namespace(nil))
	w.create(deploymentToken, "web", workload("web"))
	role := m{"apiVersion": "rbac.authorization.k8s.io/v1", "metadata": metadata("r"), "rules": []any{
		m{"apiGroups": []any{""}, "resources": []any{"pods"}, "verbs": []any{"get"}},
	}}
	for token, inputs := range map[string]m{
		secretToken:    {"metadata": metadata("passwords"), "stringData": m{"jvb": "geheim"}, "data": m{"a": "Yg=="}},
		configMapToken: {"metadata": metadata("settings"), "data": m{"prosody.cfg.lua": "x = 1\n"}},
		serviceToken:   service("web"),
		autoscalerToken: {"metadata": metadata("web"), "spec": m{
			"minReplicas": 2.0, "maxReplicas": 4.0,
			"scaleTargetRef": m{"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
		}},
		daemonSetToken: workload("agent"),
		"kubernetes:policy/v1:PodDisruptionBudget": {"metadata": metadata("web"), "spec": m{
			"minAvailable": "50%", "selector": m{"matchLabels": m{"app": "web"}},
		}},
		"kubernetes:networking.k8s.io/v1:NetworkPolicy": {"metadata": metadata("web"), "spec": m{
			"podSelector": m{}, "ingress": []any{m{"ports": []any{m{"port": 80.0}}}},
		}},
		"kubernetes:rbac.authorization.k8s.io/v1:Role":        role,
		"kubernetes:core/v1:ServiceAccount":                   {"metadata": metadata("web")},
		"kubernetes:scheduling.k8s.io/v1:PriorityClass":       {"metadata": m{"name": "shard"}, "value": 1000.0},
		"kubernetes:core/v1:PersistentVolumeClaim":            {"metadata": metadata("data"), "spec": m{"accessModes": []any{"ReadWriteOnce"}, "resources": m{"requests": m{"storage": "1024Mi"}}}},
		"kubernetes:rbac.authorization.k8s.io/v1:ClusterRole": {"metadata": m{"name": "meet:reader"}, "rules": role["rules"]},
	} {
		object := w.create(token, "x-"+token, inputs)
		read := w.read(object)
		if d := object.inputs.Diff(read.Inputs); d != nil {
			t.Errorf("%s: a refresh changes the inputs: %v", token, d)
		}
		if d := object.outputs.Diff(read.Outputs); d != nil {
			t.Errorf("%s: a refresh changes the outputs: %v", token, d)
		}
		if d := w.diff(object, inputs); d.Changes != plugin.DiffNone {
			t.Errorf("%s: a second run changes %v", token, d.DetailedDiff)
		}
	}
	problems, err := kubernetes.NewOperator(rpcprovider.Config{Store: w.cloud}, host).Audit()
	if err != nil || len(problems) > 0 {
		t.Errorf("audit: %q %v", problems, err)
	}
}

func TestNamesAreMadeAndKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made, _ := w.check(configMapToken, "settings", m{"data": m{"a": "b"}})
	metadata := rpcprovider.Plain(made)["metadata"].(m)
	name, _ := metadata["name"].(string)
	if len(name) != len("settings-12345678") || !strings.HasPrefix(name, "settings-") {
		t.Errorf("name %q", name)
	}
	if metadata["namespace"] != "default" || metadata["annotations"].(m)["pulumi.com/autonamed"] != "true" {
		t.Errorf("metadata %v", metadata)
	}
	again, err := w.provider.Check(context.Background(), plugin.CheckRequest{
		URN: urnOf(configMapToken, "settings"), Name: "settings", Type: configMapToken, RandomSeed: []byte("another"),
		Olds: made, News: resource.NewPropertyMapFromMap(m{"data": m{"a": "c"}}),
	})
	if err != nil || !again.Properties["metadata"].DeepEquals(made["metadata"]) {
		t.Errorf("second run: %v %v", again.Properties["metadata"], err)
	}
}

func TestMistakesAreFoundBeforeAnythingIsMade(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	broken := workload("web")
	container(templateOf(broken))["imagee"] = "x"
	_, reasons := w.check(deploymentToken, "web", broken)
	want := []string{`strict decoding error: unknown field "spec.template.spec.containers[0].imagee"`}
	if !slices.Equal(reasons, want) {
		t.Errorf("got %q, want %q", reasons, want)
	}
	unmatched := workload("web")
	specOf(unmatched)["selector"] = m{"matchLabels": m{"app": "webb"}}
	_, reasons = w.check(deploymentToken, "web", unmatched)
	want = []string{"Deployment.apps \"web\" is invalid: spec.template.metadata.labels: Invalid value: {\"app\":\"web\"}: " +
		"`selector` does not match template `labels`"}
	if !slices.Equal(reasons, want) {
		t.Errorf("got %q, want %q", reasons, want)
	}
	_, reasons = w.check(configMapToken, "c", m{"metadata": metadata("c"), "status": m{}})
	if !slices.Equal(reasons, []string{"status is set by the cluster only"}) {
		t.Errorf("status: %q", reasons)
	}
}

// What a preview does not know yet is not held against an object, but everything else is.
func TestUnknownValuesPassTheCheck(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	unknown := resource.MakeComputed(resource.NewStringProperty(""))
	web := resource.NewPropertyMapFromMap(workload("web"))
	template := web["spec"].ObjectValue()["template"].ObjectValue()
	template["metadata"].ObjectValue()["labels"] = resource.NewObjectProperty(resource.PropertyMap{"app": unknown})
	first := template["spec"].ObjectValue()["containers"].ArrayValue()[0].ObjectValue()
	first["image"] = resource.MakeSecret(unknown)
	first["args"] = resource.NewArrayProperty([]resource.PropertyValue{unknown, resource.NewStringProperty("-v")})
	for name, want := range map[string]int{"name": 0, "nam": 1} {
		inputs := web.Copy()
		inputs["metadata"] = resource.NewObjectProperty(resource.PropertyMap{
			resource.PropertyKey(name): unknown, "namespace": resource.NewStringProperty("shard-a"),
		})
		resp, err := w.provider.Check(context.Background(), plugin.CheckRequest{
			URN: urnOf(deploymentToken, "web"), Name: "web", Type: deploymentToken, News: inputs, RandomSeed: []byte("x"),
		})
		if err != nil || len(resp.Failures) != want {
			t.Errorf("%s: %v %v", name, resp.Failures, err)
		}
	}
}

// A certificate that is renewed is unknown in the preview, as a whole or with its key, and so is what becomes of it.
func TestAnUnknownCertificatePassesTheCheck(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	unknown := resource.MakeSecret(resource.MakeComputed(resource.NewStringProperty("")))
	for name, given := range map[string]resource.PropertyValue{
		"all of it": unknown,
		"its parts": resource.NewObjectProperty(resource.PropertyMap{"tls.crt": unknown, "tls.key": unknown}),
		"one part": resource.NewObjectProperty(resource.PropertyMap{
			"tls.crt": unknown, "tls.key": resource.NewStringProperty("key"),
		}),
	} {
		inputs := resource.NewPropertyMapFromMap(m{"metadata": metadata("tls"), "type": "kubernetes.io/tls"})
		inputs["stringData"] = given
		resp, err := w.provider.Check(context.Background(), plugin.CheckRequest{
			URN: urnOf(secretToken, "tls"), Name: "tls", Type: secretToken, News: inputs, RandomSeed: []byte("x"),
		})
		if err != nil || len(resp.Failures) != 0 {
			t.Errorf("%s: %v %v", name, resp.Failures, err)
		}
	}
}

func TestTheClusterRefusesWhatDoesNotFitIt(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		prepare func(*world)
		token   string
		inputs  m
		want    string
	}{
		"no namespace": {
			token: configMapToken, inputs: m{"metadata": metadata("c")}, want: `namespaces "shard-a" not found`,
		},
		"exists already": {
			prepare: func(w *world) { w.create(namespaceToken, "space", namespace(nil)) },
			token:   namespaceToken, inputs: namespace(nil), want: `namespaces "shard-a" already exists`,
		},
		"built in": {
			token: namespaceToken, inputs: m{"metadata": m{"name": "kube-system"}}, want: `namespaces "kube-system" already exists`,
		},
		"insecure pod": {
			prepare: func(w *world) {
				w.create(namespaceToken, "space", namespace(m{"pod-security.kubernetes.io/enforce": "restricted"}))
			},
			token:  "kubernetes:core/v1:Pod",
			inputs: m{"metadata": metadata("p"), "spec": m{"containers": []any{m{"name": "x", "image": "x"}}}},
			want: `pods "p" is forbidden: pods "p" is forbidden: violates PodSecurity "restricted:latest": ` +
				`allowPrivilegeEscalation != false (container "x" must set`,
		},
		"taken node port": {
			prepare: func(w *world) {
				w.create(namespaceToken, "space", namespace(nil))
				w.create(serviceToken, "one", nodePort("one", 30080))
			},
			token: serviceToken, inputs: nodePort("two", 30080),
			want: `Service "two" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated to shard-a/one`,
		},
		"foreign address": {
			prepare: func(w *world) { w.create(namespaceToken, "space", namespace(nil)) },
			token:   serviceToken,
			inputs:  m{"metadata": metadata("s"), "spec": m{"clusterIP": "10.99.0.1", "ports": []any{m{"port": 80.0}}}},
			want:    "failed to allocate IP 10.99.0.1: the provided network does not match the service range 10.30.0.0/24",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if test.prepare != nil {
				test.prepare(w)
			}
			_, err := w.tryCreate(test.token, "new", test.inputs)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
			if len(pendingReasons(err)) > 0 {
				t.Error("a refused object was kept")
			}
		})
	}
}

func nodePort(name string, port float64) m {
	return m{"metadata": metadata(name), "spec": m{
		"type": "NodePort", "ports": []any{m{"port": 80.0, "nodePort": port}},
	}}
}

func TestSecretsStaySecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(namespaceToken, "space", namespace(nil))
	secret := w.create(secretToken, "passwords", m{"metadata": metadata("passwords"), "stringData": m{"jvb": "geheim"}})
	if !secret.outputs["data"].IsSecret() {
		t.Error("the data of a Secret is not secret")
	}
	web := resource.NewPropertyMapFromMap(workload("web"))
	first := web["spec"].ObjectValue()["template"].ObjectValue()["spec"].ObjectValue()["containers"].ArrayValue()[0].ObjectValue()
	first["args"] = resource.NewArrayProperty([]resource.PropertyValue{
		resource.MakeSecret(resource.NewStringProperty("geheim")), resource.NewStringProperty("plain"),
	})
	resp, err := w.provider.Create(context.Background(), plugin.CreateRequest{
		URN: urnOf(deploymentToken, "web"), Name: "web", Type: deploymentToken, Properties: withType(web, "apps/v1", "Deployment"),
	})
	if err != nil {
		t.Fatal(err, pendingReasons(err))
	}
	for _, path := range []string{
		"spec.template.spec.containers[0].args[0]", "__inputs.spec.template.spec.containers[0].args[0]",
	} {
		parsed, err := resource.ParsePropertyPath(path)
		if err != nil {
			t.Fatal(err)
		}
		value, found := parsed.Get(resource.NewObjectProperty(resp.Properties))
		if !found || !value.IsSecret() {
			t.Errorf("%s is not secret: %v", path, value)
		}
	}
}

func withType(inputs resource.PropertyMap, version, kind string) resource.PropertyMap {
	typed := inputs.Copy()
	maps.Copy(typed, resource.PropertyMap{
		"apiVersion": resource.NewStringProperty(version), "kind": resource.NewStringProperty(kind),
	})
	return typed
}

func TestPreviewsTouchNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	inputs, _ := w.check(namespaceToken, "space", namespace(nil))
	created, err := w.provider.Create(context.Background(), plugin.CreateRequest{
		URN: urnOf(namespaceToken, "space"), Type: namespaceToken, Name: "space", Properties: inputs, Preview: true,
	})
	if err != nil || created.ID != "" {
		t.Errorf("%v %v", created, err)
	}
	if _, known := created.Properties["status"]; known {
		t.Error("a preview tells the status")
	}
	space := w.create(namespaceToken, "space", namespace(nil))
	changed, _ := w.check(namespaceToken, "space", namespace(m{"a": "b"}))
	planned, err := w.provider.Update(context.Background(), plugin.UpdateRequest{
		URN: space.urn, Type: namespaceToken, Name: "space", ID: space.id,
		OldInputs: space.inputs, OldOutputs: space.outputs, NewInputs: changed, Preview: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	labels := rpcprovider.Plain(planned.Properties)["metadata"].(m)["labels"].(m)
	if labels["a"] != "b" || labels["kubernetes.io/metadata.name"] != "shard-a" {
		t.Errorf("planned labels %v", labels)
	}
	if d := w.read(space).Outputs.Diff(space.outputs); d != nil {
		t.Errorf("a preview changed %v", d)
	}
}

func TestFaultsStrike(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, fault := range []store.Fault{
		{Op: store.OpCreate, Type: "Namespace", Times: 1, Error: "etcdserver: request timed out"},
		{Op: store.OpCreate, Type: "ConfigMap", Times: 1, Error: "no leader", HalfWay: true},
	} {
		if err := w.cloud.AddFault(fault); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.tryCreate(namespaceToken, "space", namespace(nil)); err == nil ||
		!strings.Contains(err.Error(), "etcdserver: request timed out") {
		t.Errorf("got %v", err)
	}
	w.create(namespaceToken, "space", namespace(nil))
	settings := m{"metadata": metadata("settings")}
	_, err := w.tryCreate(configMapToken, "settings", settings)
	if reasons := pendingReasons(err); len(reasons) != 1 || !strings.Contains(reasons[0], "no leader") {
		t.Errorf("half-made: %v", err)
	}
	if _, err := w.tryCreate(configMapToken, "settings", settings); err == nil || !strings.Contains(err.Error(), "already exists") {
		t.Errorf("the half-made object is gone: %v", err)
	}
}

func TestFunctionsAndUnknownTypesAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := w.provider.Invoke(context.Background(), plugin.InvokeRequest{Tok: "kubernetes:yaml:decode"}); err == nil {
		t.Error("a function was served")
	}
	_, err := w.provider.Check(context.Background(), plugin.CheckRequest{Type: "kubernetes:helm.sh/v3:Release"})
	if err == nil || !strings.Contains(err.Error(), `serves no Kubernetes type "kubernetes:helm.sh/v3:Release"`) {
		t.Errorf("got %v", err)
	}
}

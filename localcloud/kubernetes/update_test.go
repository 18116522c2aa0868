package kubernetes_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"

	"jitsi-meet-azure/localcloud/kubernetes"
	"jitsi-meet-azure/localcloud/rpcprovider"
)

func operator(w *world) *kubernetes.Operator {
	return kubernetes.NewOperator(rpcprovider.Config{Store: w.cloud}, host)
}

func replicasOf(outputs resource.PropertyMap) float64 {
	return outputs["spec"].ObjectValue()["replicas"].NumberValue()
}

func TestNoStrategyButOnDeleteKeepsPodsRunning(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		token     string
		inputs    func() m
		restarted []string
		pending   []string
	}{
		"stateful set": {
			token: statefulSetToken, inputs: func() m { return statefulSet("prosody", "RollingUpdate") },
			restarted: []string{"shard-a/prosody-0"},
		},
		"stateful set, on delete": {
			token: statefulSetToken, inputs: func() m { return statefulSet("prosody", "OnDelete") },
			pending: []string{"shard-a/prosody-0"},
		},
		"deployment": {
			token: deploymentToken, inputs: func() m { return workload("web") }, restarted: []string{"shard-a/web-*"},
		},
		"daemon set": {
			token: daemonSetToken, inputs: func() m { return workload("agent") }, restarted: []string{"shard-a/agent-*"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.create(namespaceToken, "space", namespace(nil))
			object := w.create(test.token, "x", test.inputs())
			relabelled := test.inputs()
			relabelled["metadata"].(m)["labels"] = m{"tier": "signalling"}
			object = w.update(object, relabelled)
			if got := w.logged(kubernetes.OpPodsRestarted); len(got) > 0 {
				t.Errorf("a label of the workload restarts %q", got)
			}
			changed := test.inputs()
			container(templateOf(changed))["image"] = "docker.io/jitsi/x:stable-10000"
			w.update(object, changed)
			if got := w.logged(kubernetes.OpPodsRestarted); !slices.Equal(got, test.restarted) {
				t.Errorf("restarted %q, want %q", got, test.restarted)
			}
			if got := w.logged(kubernetes.OpTemplatePending); !slices.Equal(got, test.pending) {
				t.Errorf("pending %q, want %q", got, test.pending)
			}
		})
	}
}

func TestAPendingTemplateWaitsForTheOperator(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(namespaceToken, "space", namespace(nil))
	set := w.create(statefulSetToken, "prosody", statefulSet("prosody", "OnDelete"))
	changed := statefulSet("prosody", "OnDelete")
	container(templateOf(changed))["image"] = "docker.io/jitsi/prosody:stable-10000"
	set = w.update(set, changed)
	status := func() (current, update string) {
		values := rpcprovider.Plain(w.read(set).Outputs)["status"].(m)
		return values["currentRevision"].(string), values["updateRevision"].(string)
	}
	if current, update := status(); current == update {
		t.Error("the pods run the new template without having been restarted")
	}
	if err := operator(w).Roll("shard-a", "prosody"); err != nil {
		t.Fatal(err)
	}
	if current, update := status(); current != update {
		t.Error("the pods still run the old template")
	}
	if got := w.logged(kubernetes.OpPodsRestarted); !slices.Equal(got, []string{"shard-a/prosody-0"}) {
		t.Errorf("restarted %q", got)
	}
}

func TestTheAutoscalersReplicasAreNotWrittenBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(namespaceToken, "space", namespace(nil))
	web := w.create(deploymentToken, "web", workload("web"))
	w.create(autoscalerToken, "web", m{"metadata": metadata("web"), "spec": m{
		"minReplicas": 2.0, "maxReplicas": 6.0,
		"scaleTargetRef": m{"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
	}})
	if got := replicasOf(w.read(web).Outputs); got != 2 {
		t.Errorf("the autoscaler's minimum is 2, there are %v", got)
	}
	if err := operator(w).Scale("Deployment", "shard-a", "web", 5); err != nil {
		t.Fatal(err)
	}
	if _, given := w.read(web).Inputs["spec"].ObjectValue()["replicas"]; given {
		t.Error("a refresh makes replicas an input")
	}
	relabelled := workload("web")
	relabelled["metadata"].(m)["labels"] = m{"tier": "web"}
	web = w.update(web, relabelled)
	if got := replicasOf(web.outputs); got != 5 {
		t.Errorf("an update leaves %v of 5 replicas", got)
	}
	if got := w.logged(kubernetes.OpPodsRemoved); len(got) > 0 {
		t.Errorf("removed %q", got)
	}
	fixed := workload("web")
	specOf(fixed)["replicas"] = 3.0
	web = w.update(web, fixed)
	if got := w.logged(kubernetes.OpPodsRemoved); !slices.Equal(got, []string{"shard-a/web-*, shard-a/web-*"}) {
		t.Errorf("a written number of 3 removes %q", got)
	}
	if err := operator(w).Scale("Deployment", "shard-a", "web", 4); err != nil {
		t.Fatal(err)
	}
	if web = w.update(web, workload("web")); replicasOf(web.outputs) != 4 {
		t.Errorf("no longer written, the autoscaler's 4 become %v", replicasOf(web.outputs))
	}
}

func TestWhatOthersSetSurvivesAnUpdate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	space := w.create(namespaceToken, "space", namespace(m{"owner": "a", "tier": "x"}))
	before := rpcprovider.Plain(space.outputs)["metadata"].(m)
	space = w.update(space, namespace(m{"owner": "b"}))
	after := rpcprovider.Plain(space.outputs)["metadata"].(m)
	labels := after["labels"].(m)
	if labels["owner"] != "b" || labels["tier"] != nil || labels["kubernetes.io/metadata.name"] != "shard-a" {
		t.Errorf("labels %v", labels)
	}
	if before["uid"] != after["uid"] || before["resourceVersion"] == after["resourceVersion"] {
		t.Errorf("identity before %v, after %v", before, after)
	}
}

func TestServicesKeepTheirAddressAndPorts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(namespaceToken, "space", namespace(nil))
	w.create(deploymentToken, "web", workload("web"))
	inputs := service("web")
	specOf(inputs)["type"] = "NodePort"
	web := w.create(serviceToken, "web", inputs)
	before := rpcprovider.Plain(web.outputs)["spec"].(m)
	more := service("web")
	specOf(more)["type"] = "NodePort"
	specOf(more)["ports"] = append(specOf(more)["ports"].([]any), m{"name": "https", "port": 443.0})
	web = w.update(web, more)
	after := rpcprovider.Plain(web.outputs)["spec"].(m)
	if before["clusterIP"] != after["clusterIP"] || before["clusterIP"] != "10.30.0.20" {
		t.Errorf("address %v became %v", before["clusterIP"], after["clusterIP"])
	}
	first := func(spec m) any { return spec["ports"].([]any)[0].(m)["nodePort"] }
	if first(before) != first(after) || first(before) != 30000.0 {
		t.Errorf("port %v became %v", first(before), first(after))
	}
}

func TestReplacements(t *testing.T) {
	t.Parallel()
	named := func(name string) m { return m{"metadata": metadata(name), "data": m{"a": "b"}} }
	for name, test := range map[string]struct {
		token        string
		config       m
		olds, news   m
		replacing    []string
		deletesFirst bool
		inPlace      []string
	}{
		"renamed":        {token: configMapToken, olds: named("a"), news: named("b"), replacing: []string{"metadata.name"}},
		"config map":     {token: configMapToken, olds: named("a"), news: m{"metadata": metadata("a"), "data": m{"a": "c"}}, replacing: []string{"data.a"}, deletesFirst: true},
		"mutable map":    {token: configMapToken, config: m{"enableConfigMapMutable": "true"}, olds: named("a"), news: m{"metadata": metadata("a"), "data": m{"a": "c"}}, inPlace: []string{"data.a"}},
		"autonamed map":  {token: configMapToken, olds: m{"data": m{"a": "b"}}, news: m{"data": m{"a": "c"}}, replacing: []string{"data.a"}},
		"mutable secret": {token: secretToken, config: m{"enableSecretMutable": true}, olds: m{"metadata": metadata("a"), "stringData": m{"a": "b"}}, news: m{"metadata": metadata("a"), "stringData": m{"a": "c"}}, inPlace: []string{"stringData.a"}},
		"secret":         {token: secretToken, olds: m{"metadata": metadata("a"), "stringData": m{"a": "b"}}, news: m{"metadata": metadata("a"), "stringData": m{"a": "c"}}, replacing: []string{"stringData.a"}, deletesFirst: true},
		"service name of a stateful set": {
			token: statefulSetToken, olds: statefulSet("p", "OnDelete"), news: func() m {
				set := statefulSet("p", "OnDelete")
				specOf(set)["serviceName"] = "q"
				return set
			}(), replacing: []string{"spec.serviceName"}, deletesFirst: true,
		},
		"template of a stateful set": {
			token: statefulSetToken, olds: statefulSet("p", "OnDelete"), news: func() m {
				set := statefulSet("p", "OnDelete")
				container(templateOf(set))["image"] = "x"
				return set
			}(), inPlace: []string{"spec.template.spec.containers[0].image"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			config := m{"kubeconfig": kubeconfig(t, host)}
			for key, value := range test.config {
				config[key] = value
			}
			w.configure(config)
			w.create(namespaceToken, "space", namespace(nil))
			diff := w.diff(w.create(test.token, "x", test.olds), test.news)
			var replacing, inPlace []string
			for path, change := range diff.DetailedDiff {
				if change.Kind.IsReplace() {
					replacing = append(replacing, path)
				} else {
					inPlace = append(inPlace, path)
				}
			}
			if !slices.Equal(replacing, test.replacing) || !slices.Equal(inPlace, test.inPlace) {
				t.Errorf("replaced by %q, changed in place %q", replacing, inPlace)
			}
			if diff.DeleteBeforeReplace != test.deletesFirst || diff.Changes != plugin.DiffSome {
				t.Errorf("deletes first: %t, %v", diff.DeleteBeforeReplace, diff.Changes)
			}
		})
	}
}

func TestTheServerRefusesWhatTheProviderLetsPass(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(namespaceToken, "space", namespace(nil))
	agent := w.create(daemonSetToken, "agent", workload("agent"))
	other := workload("other")
	other["metadata"] = metadata("agent")
	_, err := w.tryUpdate(agent, other)
	want := `DaemonSet.apps "agent" is invalid: spec.selector: Invalid value: {"matchLabels":{"app":"other"}}: field is immutable`
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	recreated := workload("web")
	specOf(recreated)["strategy"] = m{"type": "Recreate"}
	web := w.create(deploymentToken, "web", workload("web"))
	if _, err = w.tryUpdate(web, recreated); err == nil || !strings.Contains(err.Error(), "may not be specified when strategy `type` is 'Recreate'") {
		t.Errorf("the default rolling update left behind is not noticed: %v", err)
	}
}

func TestDriftShowsInTheInputs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(namespaceToken, "space", namespace(nil))
	set := w.create(statefulSetToken, "prosody", statefulSet("prosody", "OnDelete"))
	if err := operator(w).Scale("StatefulSet", "shard-a", "prosody", 0); err != nil {
		t.Fatal(err)
	}
	set.inputs = w.read(set).Inputs
	diff := w.diff(set, statefulSet("prosody", "OnDelete"))
	if len(diff.DetailedDiff) != 1 || diff.DetailedDiff["spec.replicas"].Kind != plugin.DiffUpdate {
		t.Errorf("drift shows as %v", diff.DetailedDiff)
	}
	if err := operator(w).Delete("StatefulSet", "shard-a", "prosody"); err != nil {
		t.Fatal(err)
	}
	if gone := w.read(set); gone.ID != "" {
		t.Errorf("a deleted object is read as %s", gone.ID)
	}
	if _, err := w.tryUpdate(set, statefulSet("prosody", "OnDelete")); err == nil || !strings.Contains(err.Error(), `statefulsets.apps "prosody" not found`) {
		t.Errorf("updating it: %v", err)
	}
}

func TestImportsReadEverything(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	space := w.create(namespaceToken, "space", namespace(m{"a": "b"}))
	space.inputs, space.outputs = nil, nil
	inputs := rpcprovider.Plain(w.read(space).Inputs)
	if inputs["status"] != nil || inputs["metadata"].(m)["uid"] != nil || inputs["metadata"].(m)["labels"].(m)["a"] != "b" {
		t.Errorf("inputs %v", inputs)
	}
}

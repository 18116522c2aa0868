package kubernetes_test

import (
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"jitsi-meet-azure/localcloud/kubernetes"
	"jitsi-meet-azure/localcloud/rpcprovider"
	"jitsi-meet-azure/localcloud/store"
)

// balancer is Prosody's internal Service.
func balancer(changes m) m {
	annotations := m{
		"service.beta.kubernetes.io/azure-load-balancer-internal":         "true",
		"service.beta.kubernetes.io/azure-load-balancer-internal-subnet":  "snet-lb",
		"service.beta.kubernetes.io/azure-load-balancer-ipv4":             "10.10.1.10",
		"service.beta.kubernetes.io/azure-load-balancer-tcp-idle-timeout": "30",
	}
	for key, value := range changes {
		annotations["service.beta.kubernetes.io/"+key] = value
	}
	object := service("prosody")
	object["metadata"].(m)["annotations"] = annotations
	specOf(object)["type"], specOf(object)["externalTrafficPolicy"] = "LoadBalancer", "Local"
	return object
}

func addressOf(made made) any {
	status, _ := rpcprovider.Plain(made.outputs)["status"].(m)
	balancer, _ := status["loadBalancer"].(m)
	ingress, _ := balancer["ingress"].([]any)
	if len(ingress) == 0 {
		return nil
	}
	return ingress[0].(m)["ip"]
}

func TestALoadBalancerGetsTheAddressThatItAsksFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.grant(networkID + "/subnets/snet-lb")
	w.grant(addressID)
	w.grant(group)
	w.create(namespaceToken, "space", namespace(nil))
	w.create(statefulSetToken, "prosody", statefulSet("prosody", "OnDelete"))
	inside := w.create(serviceToken, "prosody", balancer(nil))
	if got := addressOf(inside); got != "10.10.1.10" {
		t.Errorf("internal address %v", got)
	}
	spec := rpcprovider.Plain(inside.outputs)["spec"].(m)
	if spec["healthCheckNodePort"] == nil || spec["healthCheckNodePort"] == spec["ports"].([]any)[0].(m)["nodePort"] {
		t.Errorf("ports of the nodes: %v", spec)
	}
	outside := service("haproxy")
	specOf(outside)["type"], specOf(outside)["selector"] = "LoadBalancer", m{"app": "prosody"}
	outside["metadata"].(m)["annotations"] = m{
		"service.beta.kubernetes.io/azure-pip-name":                     "pip",
		"service.beta.kubernetes.io/azure-load-balancer-resource-group": "rg",
	}
	if got := addressOf(w.create(serviceToken, "haproxy", outside)); got != "20.1.2.3" {
		t.Errorf("public address %v", got)
	}
}

func TestAServiceStaysPendingUntilAzureAgrees(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		grant   string
		changes m
		want    string
	}{
		"no role":         {"", nil, "LinkedAuthorizationFailed"},
		"role elsewhere":  {networkID + "/subnets/snet-nodes", nil, "LinkedAuthorizationFailed"},
		"no subnet":       {group, m{"azure-load-balancer-internal-subnet": "snet-x"}, `has no subnet "snet-x"`},
		"wrong address":   {group, m{"azure-load-balancer-ipv4": "10.10.2.10"}, "PrivateIPAddressNotInSubnet"},
		"unknown address": {group, m{"azure-load-balancer-internal": "false", "azure-pip-name": "pipp"}, `"pipp" was not found`},
		"idle time-out":   {group, m{"azure-load-balancer-tcp-idle-timeout": "40"}, "between 4 and 30"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if test.grant != "" {
				w.grant(test.grant)
			}
			w.create(namespaceToken, "space", namespace(nil))
			w.create(statefulSetToken, "prosody", statefulSet("prosody", "OnDelete"))
			_, err := w.tryCreate(serviceToken, "prosody", balancer(test.changes))
			reasons := pendingReasons(err)
			if len(reasons) != 1 {
				t.Fatalf("got %v", err)
			}
			for _, want := range []string{
				test.want, "'prosody' timed out waiting to be Ready", "Service was not allocated an IP address",
			} {
				if !strings.Contains(reasons[0], want) {
					t.Errorf("got %s\nwant %s", reasons[0], want)
				}
			}
		})
	}
}

// The controller tries again: what was missing and is made later ends the wait, and an update takes a pending Service up.
func TestAPendingServiceIsResumed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(namespaceToken, "space", namespace(nil))
	w.create(statefulSetToken, "prosody", statefulSet("prosody", "OnDelete"))
	pending, err := w.tryCreate(serviceToken, "prosody", balancer(nil))
	if err == nil {
		t.Fatal("no role, and yet an address")
	}
	pending.id, pending.outputs = "shard-a/prosody", pending.inputs
	w.grant(group)
	if got := addressOf(w.update(pending, balancer(nil))); got != "10.10.1.10" {
		t.Errorf("address %v", got)
	}
	patient := kubernetes.NewWithPatience(rpcprovider.Config{Store: w.cloud}, kubernetes.Patience{
		Pods: 10 * time.Second, Address: 10 * time.Second,
	})
	w.provider = patient
	w.configure(m{"kubeconfig": kubeconfig(t, host)})
	later := balancer(m{"azure-load-balancer-internal-subnet": "snet-new", "azure-load-balancer-ipv4": "10.10.3.10"})
	later["metadata"].(m)["name"] = "later"
	go func() {
		for !slices.Contains(w.logged(store.OpCreate), "shard-a/later") {
			runtime.Gosched() // until the Service exists and waits
		}
		w.azure("network:Subnet", networkID+"/subnets/snet-new", m{"addressPrefix": "10.10.3.0/27"})
	}()
	if got := addressOf(w.create(serviceToken, "later", later)); got != "10.10.3.10" {
		t.Errorf("address %v", got)
	}
}

// As in Azure, Services share an internal address; a port of it belongs to one of them.
func TestAPortOfAnAddressIsGivenOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.grant(group)
	w.create(namespaceToken, "space", namespace(nil))
	w.create(statefulSetToken, "prosody", statefulSet("prosody", "OnDelete"))
	first := w.create(serviceToken, "prosody", balancer(nil))
	second := balancer(nil)
	second["metadata"].(m)["name"] = "second"
	_, err := w.tryCreate(serviceToken, "second", second)
	if reasons := pendingReasons(err); len(reasons) != 1 || !strings.Contains(reasons[0], "existing loadBalancing rule of service shard-a/prosody") {
		t.Errorf("got %v", err)
	}
	third := balancer(nil)
	third["metadata"].(m)["name"] = "third"
	specOf(third)["ports"] = []any{m{"name": "http", "port": 8888}}
	if got := addressOf(w.create(serviceToken, "third", third)); got != "10.10.1.10" {
		t.Errorf("another port of the address gives %v", got)
	}
	w.delete(first)
	resumed := made{token: serviceToken, urn: urnOf(serviceToken, "second"), id: "shard-a/second"}
	resumed.inputs, _ = w.check(serviceToken, "second", second)
	resumed.outputs = w.read(resumed).Outputs
	if got := addressOf(resumed); got != "10.10.1.10" {
		t.Errorf("after the first is gone the refresh shows %v", got)
	}
}

func TestPodsThatCannotRun(t *testing.T) {
	t.Parallel()
	optional := func(v bool) m { return m{"name": "s", "optional": v} }
	for name, test := range map[string]struct {
		level  string
		change func(template m)
		want   string
	}{
		"fine":      {level: "restricted", change: func(m) {}},
		"no secret": {change: func(p m) { container(p)["envFrom"] = []any{m{"secretRef": m{"name": "s"}}} }, want: `secret "s" not found`},
		"optional":  {change: func(p m) { container(p)["envFrom"] = []any{m{"secretRef": optional(true)}} }},
		"no key": {change: func(p m) {
			container(p)["env"] = []any{m{"name": "A", "valueFrom": m{"configMapKeyRef": m{"name": "settings", "key": "b"}}}}
		}, want: `references non-existent key "b" in ConfigMap "settings"`},
		"key": {change: func(p m) {
			container(p)["env"] = []any{m{"name": "A", "valueFrom": m{"configMapKeyRef": m{"name": "settings", "key": "a"}}}}
		}},
		"no item": {change: func(p m) {
			p["spec"].(m)["volumes"] = []any{m{"name": "v", "configMap": m{"name": "settings", "items": []any{m{"key": "c", "path": "c"}}}}}
		}, want: `references non-existent key "c" in ConfigMap "settings"`},
		"no account":   {change: func(p m) { p["spec"].(m)["serviceAccountName"] = "prosody" }, want: `serviceaccount "prosody" not found`},
		"no class":     {change: func(p m) { p["spec"].(m)["priorityClassName"] = "shard" }, want: "no PriorityClass with name shard was found"},
		"system class": {change: func(p m) { p["spec"].(m)["priorityClassName"] = "system-cluster-critical" }},
		"no claim": {change: func(p m) {
			p["spec"].(m)["volumes"] = []any{m{"name": "v", "persistentVolumeClaim": m{"claimName": "data"}}}
		}, want: `persistentvolumeclaim "data" not found`},
		"zone without pool": {
			change: func(p m) { p["spec"].(m)["nodeSelector"] = m{"topology.kubernetes.io/zone": "westeurope-2"} },
			want:   "0/6 nodes are available: 1 node(s) had untolerated taint {CriticalAddonsOnly: true}, 5 node(s) didn't match Pod's node affinity/selector",
		},
		"no toleration": {
			change: func(p m) { delete(p["spec"].(m), "tolerations") },
			want:   "untolerated taint {meet.jitsi/shard: true}",
		},
		"insecure": {
			level: "restricted", change: func(p m) { delete(container(p), "securityContext") },
			want: `violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "web" must set`,
		},
		"insecure but allowed": {level: "baseline", change: func(p m) { delete(container(p), "securityContext") }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			level := test.level
			if level == "" {
				level = "privileged"
			}
			w.create(namespaceToken, "space", namespace(m{"pod-security.kubernetes.io/enforce": level}))
			w.create(configMapToken, "settings", m{"metadata": metadata("settings"), "data": m{"a": "b"}})
			web := workload("web")
			test.change(templateOf(web))
			_, err := w.tryCreate(deploymentToken, "web", web)
			reasons := pendingReasons(err)
			switch {
			case test.want == "" && err != nil:
				t.Errorf("got %v %q", err, reasons)
			case test.want != "" && (len(reasons) != 1 || !strings.Contains(reasons[0], test.want)):
				t.Errorf("got  %v %q\nwant %s", err, reasons, test.want)
			}
		})
	}
}

func TestServicesWaitForPods(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(namespaceToken, "space", namespace(nil))
	_, err := w.tryCreate(serviceToken, "web", service("web"))
	if reasons := pendingReasons(err); len(reasons) != 1 || !strings.Contains(reasons[0], "Service does not target any Pods") {
		t.Errorf("got %v", err)
	}
	headless := service("headless")
	specOf(headless)["clusterIP"] = "None"
	w.create(serviceToken, "headless", headless)
	unwatched := service("unwatched")
	unwatched["metadata"].(m)["annotations"] = m{"pulumi.com/skipAwait": "true"}
	w.create(serviceToken, "unwatched", unwatched)
	problems, err := operator(w).Audit()
	if err != nil || len(problems) == 0 {
		t.Fatalf("audit: %q %v", problems, err)
	}
	w.create(deploymentToken, "web", workload("web"))
	refreshed := made{token: serviceToken, urn: urnOf(serviceToken, "web"), id: "shard-a/web"}
	if got := w.read(refreshed); got.ID != "shard-a/web" {
		t.Errorf("the Service with pods now: %v", got)
	}
}

func TestTheAuditFindsWhatNoCreateReports(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(namespaceToken, "space", namespace(nil))
	w.create(autoscalerToken, "web", m{"metadata": metadata("web"), "spec": m{
		"maxReplicas": 3.0, "scaleTargetRef": m{"apiVersion": "apps/v1", "kind": "Deployment", "name": "webb"},
	}})
	w.create("kubernetes:policy/v1:PodDisruptionBudget", "web", m{"metadata": metadata("web"), "spec": m{
		"maxUnavailable": 1.0, "selector": m{"matchLabels": m{"app": "webb"}},
	}})
	got, err := operator(w).Audit()
	want := []string{
		`HorizontalPodAutoscaler shard-a/web: the target Deployment "webb" does not exist`,
		`PodDisruptionBudget shard-a/web: the selector matches no pods`,
	}
	slices.Sort(got)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q %v", got, err)
	}
}

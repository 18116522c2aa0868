package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"jitsi-meet-azure/haproxy/config"
)

// start is the tests' time.
var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// cluster is a kubectl that talks to a small cluster of its own.
type cluster struct {
	now     time.Time
	shards  map[string]*fakeShard
	proxies map[string]*fakeProxy
	// wantedProxies is what the StatefulSet asks for.
	wantedProxies int
	// drained is the ConfigMap; nil is none.
	drained map[string]string
	// did are the calls that changed something, in order.
	did []string
	// fail lets a call fail that contains its key.
	fail map[string]error
	// looked is called before every look at a shard's statistics.
	looked func(shard string)
	// paused is called at every pause.
	paused func()
	// madeFrom is the template that new pods are made from; empty is the newest.
	madeFrom string
}

type fakeShard struct {
	pods     map[string]*fakePod
	revision string
	stats    string
	// conferences is Jicofo's list of them.
	conferences string
	// relays are the TURN relays; nil is a shard that has none.
	relays []*fakePod
	// secret and mounted are the certificate in the Secret and in the pod.
	secret, mounted string
}

type fakePod struct {
	uid      int
	revision string
	created  time.Time
	ready    bool
}

const empty = `{"conferences":0,"participants":0,"bridge_selector":{"operational_bridge_count":2}}`

func newCluster(shards ...string) *cluster {
	c := &cluster{
		now: start, shards: map[string]*fakeShard{}, proxies: map[string]*fakeProxy{}, wantedProxies: 2, fail: map[string]error{},
		looked: func(string) {}, paused: func() {},
	}
	for _, name := range shards {
		c.shards[name] = &fakeShard{
			pods: map[string]*fakePod{
				"prosody": {uid: 1, revision: "old", created: start.Add(-time.Hour), ready: true},
				"jicofo":  {uid: 2, revision: "old", created: start.Add(-time.Hour), ready: true},
			},
			relays:   []*fakePod{{uid: 3, revision: "new", created: start.Add(-time.Hour), ready: true}},
			revision: "new", stats: empty, conferences: "[]", secret: "certificate", mounted: "certificate",
		}
	}
	for index := range c.wantedProxies {
		c.proxies[fmt.Sprintf("haproxy-%d", index)] = newFakeProxy(shards)
	}
	return c
}

// operator returns one whose pauses move the cluster's clock.
func (c *cluster) operator(out *strings.Builder) *operator {
	return &operator{
		kubectl: c, out: out, now: func() time.Time { return c.now }, late: lateAnswers,
		pause: func(ctx context.Context) error {
			c.paused()
			for _, proxy := range c.proxies {
				if !proxy.stale {
					proxy.mounted = maps.Clone(c.drained)
				}
			}
			c.now = c.now.Add(10 * time.Second)
			if c.now.Sub(start) > time.Hour {
				return context.DeadlineExceeded
			}
			return ctx.Err()
		},
	}
}

func (c *cluster) run(_ context.Context, input string, arguments ...string) (string, error) {
	line := strings.Join(arguments, " ") + " " + strings.TrimSpace(input)
	for _, part := range slices.Sorted(maps.Keys(c.fail)) {
		if strings.Contains(line, part) {
			return "", c.fail[part]
		}
	}
	namespace := ""
	var rest []string
	for index, argument := range arguments {
		if value, found := strings.CutPrefix(argument, "--namespace="); found {
			namespace = value
			continue
		}
		if argument == "--" {
			return c.execute(namespace, rest[1], input, arguments[index+1:])
		}
		if !strings.HasPrefix(argument, "--") || strings.HasPrefix(argument, "--selector=") || strings.HasPrefix(argument, "--patch=") {
			rest = append(rest, argument)
		}
	}
	switch rest[0] {
	case "get":
		return c.get(namespace, rest[1:])
	case "create":
		return "", c.create(input)
	case "patch":
		return "", c.patch(strings.TrimPrefix(rest[3], "--patch="))
	case "delete":
		if namespace == "front-door" {
			return "", c.deleteRelay(rest[2])
		}
		return "", c.deletePod(strings.TrimPrefix(namespace, "shard-"), rest[2])
	}
	return "", fmt.Errorf("the fake cluster does not know %q", line)
}

func (c *cluster) get(namespace string, what []string) (string, error) {
	shard := c.shards[strings.TrimPrefix(namespace, "shard-")]
	switch {
	case what[0] == "namespaces":
		list := corev1.NamespaceList{}
		for name := range c.shards {
			list.Items = append(list.Items, corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{shardLabel: name}}})
		}
		return encode(list)
	case what[0] == "configmap" && c.drained == nil:
		return "", nil
	case what[0] == "configmap":
		return encode(corev1.ConfigMap{Data: c.drained})
	case namespace == "front-door" && strings.Contains(what[len(what)-1], "=turn-"):
		return c.getRelays(what)
	case what[0] == "statefulset" && namespace == "front-door":
		wanted := int32(c.wantedProxies)
		return encode(appsv1.StatefulSet{Spec: appsv1.StatefulSetSpec{Replicas: &wanted}})
	case what[0] == "statefulset":
		return encode(appsv1.StatefulSet{Status: appsv1.StatefulSetStatus{UpdateRevision: shard.revision}})
	case what[0] == "pods" && namespace == "front-door":
		list := corev1.PodList{}
		for name, proxy := range c.proxies {
			list.Items = append(list.Items, pod(name, "", fakePod{ready: proxy.ready}))
		}
		return encode(list)
	case what[0] == "pods":
		_, service, _ := strings.Cut(what[1], "=app.kubernetes.io/name=")
		list := corev1.PodList{}
		if p := shard.pods[service]; p != nil {
			list.Items = append(list.Items, pod(service+"-0", p.revision, *p))
		}
		return encode(list)
	case what[0] == "secret":
		return encode(corev1.Secret{Data: map[string][]byte{"auth.meet.jitsi.crt": []byte(shard.secret)}})
	}
	return "", fmt.Errorf("the fake cluster has no %q", what)
}

func pod(name, revision string, p fakePod) corev1.Pod {
	status := corev1.ConditionFalse
	if p.ready {
		status = corev1.ConditionTrue
	}
	return corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Name: name, CreationTimestamp: metav1.Time{Time: p.created},
			Labels: map[string]string{appsv1.ControllerRevisionHashLabelKey: revision},
		},
		Status: corev1.PodStatus{Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: status}}},
	}
}

func encode(object any) (string, error) {
	text, err := json.Marshal(object)
	return string(text), err
}

func (c *cluster) create(manifest string) error {
	var given corev1.ConfigMap
	if err := json.Unmarshal([]byte(manifest), &given); err != nil {
		return err
	}
	if given.Name != config.DrainedConfigMap || given.Namespace != "front-door" {
		return fmt.Errorf("unexpected object %s", manifest)
	}
	c.did = append(c.did, "create configmap")
	c.drained = given.Data
	return nil
}

func (c *cluster) patch(patch string) error {
	var change struct {
		Data map[string]*string `json:"data"`
	}
	if err := json.Unmarshal([]byte(patch), &change); err != nil {
		return err
	}
	for shard, since := range change.Data {
		if since == nil {
			delete(c.drained, shard)
			c.did = append(c.did, "forget "+shard)
			continue
		}
		c.drained[shard] = *since
		c.did = append(c.did, "remember "+shard)
	}
	return nil
}

// deletePod deletes a pod, and Kubernetes makes the next one from the new template.
func (c *cluster) deletePod(shard, name string) error {
	service := strings.TrimSuffix(name, "-0")
	c.now = c.now.Add(time.Second)
	revision := c.madeFrom
	if revision == "" {
		revision = c.shards[shard].revision
	}
	c.shards[shard].pods[service] = &fakePod{uid: 100, revision: revision, created: c.now, ready: true}
	c.did = append(c.did, "delete "+shard+"/"+service)
	return nil
}

func (c *cluster) execute(namespace, pod, input string, program []string) (string, error) {
	if namespace == "front-door" {
		if strings.Contains(program[2], strconv.Itoa(config.DefaultPorts().Pin)) {
			return c.pin(pod, input)
		}
		return c.runtime(c.proxies[pod], pod, strings.TrimSpace(input))
	}
	name := strings.TrimPrefix(namespace, "shard-")
	shard := c.shards[name]
	switch program[0] {
	case "curl":
		c.looked(name)
		if shard.pods["jicofo"] == nil || !shard.pods["jicofo"].ready {
			return "", errors.New("connection refused")
		}
		if strings.HasSuffix(program[len(program)-1], "/debug/conferences") {
			return shard.conferences, nil
		}
		return shard.stats, nil
	case "cat":
		mounted := shard.mounted
		shard.mounted = shard.secret // Kubernetes catches up
		return mounted, nil
	case "/bin/sh":
		c.did = append(c.did, "reload "+name)
		return "", nil
	}
	return "", fmt.Errorf("the fake pod does not know %q", program)
}

// run gives a command to a fresh operator and returns what it printed.
func (c *cluster) command(t *testing.T, arguments ...string) (string, error) {
	t.Helper()
	var out strings.Builder
	err := c.operator(&out).do(t.Context(), arguments)
	return out.String(), err
}

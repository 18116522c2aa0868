package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"jitsi-meet-azure/haproxy/config"
	"jitsi-meet-azure/internal/naming"
	"jitsi-meet-azure/signalling/names"
)

func frontDoor() string { return naming.Names{}.FrontDoorNamespace() }

func shardNamespace(shard string) string { return naming.Names{}.ShardNamespace(shard) }

// proxies are the names of the proxies that are ready. The error says which ones are missing.
func (o *operator) proxies(ctx context.Context) ([]string, error) {
	set, err := get[appsv1.StatefulSet](ctx, o.kubectl, in(frontDoor(), "statefulset", config.StatefulSetName)...)
	if err != nil {
		return nil, err
	}
	pods, err := get[corev1.PodList](ctx, o.kubectl, in(frontDoor(), "pods", "--selector="+names.NameLabel+"="+config.StatefulSetName)...)
	if err != nil {
		return nil, err
	}
	wanted := 1
	if set.Spec.Replicas != nil {
		wanted = int(*set.Spec.Replicas)
	}
	var ready []string
	for _, pod := range pods.Items {
		if isReady(&pod) {
			ready = append(ready, pod.Name)
		}
	}
	slices.Sort(ready)
	if len(ready) != wanted {
		return ready, fmt.Errorf("%d of %d proxies are ready (%s)", len(ready), wanted, strings.Join(ready, ", "))
	}
	return ready, nil
}

// toPort hands its input to a listener of the proxy's on loopback. It takes whichever tool the image has.
func toPort(port int) string {
	return fmt.Sprintf("if command -v socat >/dev/null; then exec socat -t 30 - TCP:127.0.0.1:%[1]d; fi; "+
		"if command -v nc >/dev/null; then exec nc 127.0.0.1 %[1]d; fi; "+
		"exec bash -c 'exec 3<>/dev/tcp/127.0.0.1/%[1]d; cat >&3; cat <&3'", port)
}

// tell hands text to a listener of one proxy's and returns what it answers.
func (o *operator) tell(ctx context.Context, proxy string, port int, text string) (string, error) {
	answer, err := execute(ctx, o.kubectl, frontDoor(), proxy, config.StatefulSetName, text, "/bin/sh", "-c", toPort(port))
	if err != nil {
		return "", fmt.Errorf("proxy %s: %w", proxy, err)
	}
	return answer, nil
}

// runtime gives a command to a proxy's runtime interface.
func (o *operator) runtime(ctx context.Context, proxy, line string) (string, error) {
	answer, err := o.tell(ctx, proxy, config.DefaultPorts().Admin, line+"\n")
	return strings.TrimSpace(answer), err
}

// drainedConfigMap gives the arguments of a command about the ConfigMap of drained shards.
func drainedConfigMap(verb string, flags ...string) []string {
	return append(in(frontDoor(), verb, "configmap", config.DrainedConfigMap), flags...)
}

// drained are the shards that the ConfigMap has as drained, and since when.
func (o *operator) drained(ctx context.Context) (map[string]time.Time, error) {
	text, err := o.kubectl.run(ctx, "", drainedConfigMap("get", "--output=json", "--ignore-not-found")...)
	if err != nil {
		return nil, err
	}
	drained := map[string]time.Time{}
	if strings.TrimSpace(text) == "" {
		return drained, nil
	}
	var stored corev1.ConfigMap
	if err := json.Unmarshal([]byte(text), &stored); err != nil {
		return nil, fmt.Errorf("reading ConfigMap %s: %w", config.DrainedConfigMap, err)
	}
	for shard, since := range stored.Data {
		// A time that cannot be read was written by hand; the zero time stands for "long ago".
		drained[shard], _ = time.Parse(time.RFC3339, since)
	}
	return drained, nil
}

// remember writes into the ConfigMap whether a shard is drained: for proxies that start from now on, and for running ones
// until they are told otherwise.
func (o *operator) remember(ctx context.Context, shard string, drained bool) error {
	var since any
	if drained {
		since = o.now().UTC().Format(time.RFC3339)
	}
	change, err := json.Marshal(map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap",
		"metadata": map[string]string{"name": config.DrainedConfigMap, "namespace": frontDoor()},
		"data":     map[string]any{shard: since},
	})
	if err != nil {
		return fmt.Errorf("writing ConfigMap %s: %w", config.DrainedConfigMap, err)
	}
	existing, err := o.kubectl.run(ctx, "", drainedConfigMap("get", "--output=name", "--ignore-not-found")...)
	switch {
	case err != nil:
		return err
	case strings.TrimSpace(existing) != "":
		_, err = o.kubectl.run(ctx, "", drainedConfigMap("patch", "--type=merge", "--patch="+string(change))...)
	case drained:
		_, err = o.kubectl.run(ctx, string(change), "create", "--filename=-")
	}
	return err
}

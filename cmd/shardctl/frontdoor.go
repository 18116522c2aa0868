package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
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

// toRuntime hands its input to the proxy's runtime interface. It takes whichever tool the image has.
func toRuntime() string {
	address := fmt.Sprintf("127.0.0.1 %d", config.DefaultPorts().Admin)
	host, port, _ := strings.Cut(address, " ")
	return "if command -v socat >/dev/null; then exec socat - TCP:" + host + ":" + port + "; fi; " +
		"if command -v nc >/dev/null; then exec nc " + address + "; fi; " +
		"exec bash -c 'exec 3<>/dev/tcp/" + host + "/" + port + "; cat >&3; cat <&3'"
}

func (o *operator) runtime(ctx context.Context, proxy, line string) (string, error) {
	answer, err := execute(ctx, o.kubectl, frontDoor(), proxy, config.StatefulSetName, line+"\n", "/bin/sh", "-c", toRuntime())
	if err != nil {
		return "", fmt.Errorf("proxy %s: %w", proxy, err)
	}
	return strings.TrimSpace(answer), nil
}

// serving is how one proxy sees one shard.
type serving struct {
	// up says that the shard passes the proxy's health check and is not in maintenance.
	up bool
	// weight is 0 while the shard is drained.
	weight int
}

func (s serving) String() string {
	switch {
	case !s.up:
		return "down"
	case s.weight == 0:
		return "drained"
	default:
		return "serving"
	}
}

// view is how one proxy sees all shards.
func (o *operator) view(ctx context.Context, proxy string) (map[string]serving, error) {
	text, err := o.runtime(ctx, proxy, "show servers state "+config.BackendName)
	if err != nil {
		return nil, err
	}
	view, err := parseServers(text)
	if err != nil {
		return nil, fmt.Errorf("proxy %s: %w", proxy, err)
	}
	return view, nil
}

// HAProxy's codes in "show servers state". Source: HAProxy 2.6 management guide.
const (
	operationalRunning = 2
	adminMaintenance   = 0x01 | 0x02 | 0x04 | 0x20
)

func parseServers(text string) (map[string]serving, error) {
	var columns []string
	view := map[string]serving{}
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		switch {
		case len(fields) > 1 && fields[0] == "#":
			columns = fields[1:]
			continue
		case columns == nil || len(fields) < len(columns):
			continue
		}
		row := map[string]string{}
		for index, column := range columns {
			row[column] = fields[index]
		}
		state, err := parseServer(row)
		if err != nil {
			return nil, err
		}
		view[row["srv_name"]] = state
	}
	if columns == nil {
		return nil, fmt.Errorf("the proxy does not list its servers but says %q", text)
	}
	return view, nil
}

func parseServer(row map[string]string) (serving, error) {
	operational, err := strconv.Atoi(row["srv_op_state"])
	admin, err2 := strconv.Atoi(row["srv_admin_state"])
	weight, err3 := strconv.Atoi(row["srv_uweight"])
	if err := errors.Join(err, err2, err3); err != nil {
		return serving{}, fmt.Errorf("reading the proxy's servers: %w", err)
	}
	return serving{up: operational == operationalRunning && admin&adminMaintenance == 0, weight: weight}, nil
}

// drainedConfigMap gives the arguments of a command about the ConfigMap of drained shards.
func drainedConfigMap(verb string, flags ...string) []string {
	return append(in(frontDoor(), verb, "configmap", config.DrainedConfigMap), flags...)
}

// drained are the shards that new proxies start with drained, and since when.
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

// remember writes into the ConfigMap whether a shard is drained, for proxies that start from now on.
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

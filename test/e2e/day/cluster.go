package day

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"jitsi-meet-azure/haproxy/config"
	"jitsi-meet-azure/internal/naming"
	"jitsi-meet-azure/signalling/names"
)

// checkPlaces judges where the scheduler has put the pods that were deployed.
func (w *World) checkPlaces(ctx context.Context) error {
	// A deployment does not wait for Prosody, Jicofo and the relays, which it never restarts.
	if err := w.wait(ctx, 2*time.Minute, "every pod to be ready", func() (string, error) { return w.unready(ctx) }); err != nil {
		return err
	}
	zones, err := w.zones(ctx)
	if err != nil {
		return err
	}
	var wrong []string
	placed := 0
	for _, shard := range w.shardNames() {
		pods, err := w.podsIn(ctx, naming.Names{}.ShardNamespace(shard), "")
		if err != nil {
			return err
		}
		want := w.nodeZone(strconv.Itoa(w.outputs.Shards[shard].Zone))
		for _, p := range pods {
			placed++
			if zones[p.Spec.NodeName] != want {
				wrong = append(wrong, fmt.Sprintf("%s/%s is in zone %q", p.Namespace, p.Name, zones[p.Spec.NodeName]))
			}
		}
	}
	w.judge("every pod of a shard runs in the shard's zone", len(wrong) == 0 && placed > 0,
		fmt.Sprintf("%d pods; elsewhere: %s", placed, list(wrong)))
	proxies, err := w.proxies(ctx)
	if err != nil {
		return err
	}
	where := map[string]string{}
	for _, p := range proxies {
		where[zones[p.Spec.NodeName]] += " " + p.Name
	}
	w.judge("every proxy runs in a zone of its own", len(where) == len(proxies) && len(proxies) == w.settings.FrontDoor.Replicas,
		fmt.Sprint(where))
	return w.checkObjects(ctx)
}

// unready names a pod that is not ready.
func (w *World) unready(ctx context.Context) (string, error) {
	pods, err := w.podsIn(ctx, metav1.NamespaceAll, names.NameLabel)
	if err != nil {
		return "", err
	}
	for _, p := range pods {
		if !isReady(&p) {
			return p.Namespace + "/" + p.Name + " is not", nil
		}
	}
	return "", nil
}

// checkObjects judges that the cluster has taken the objects as the program writes them.
func (w *World) checkObjects(ctx context.Context) error {
	differences, err := w.deployment.Audit(ctx)
	if err != nil {
		return err
	}
	var told []string
	for _, d := range differences {
		told = append(told, fmt.Sprint(d))
	}
	w.judge("the cluster has every object as the local cloud has it", len(told) == 0, list(told[:min(len(told), 5)]))
	return nil
}

// zones are those of the nodes.
func (w *World) zones(ctx context.Context) (map[string]string, error) {
	nodes, err := w.client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("listing the nodes: %w", err)
	}
	zones := map[string]string{}
	for _, node := range nodes.Items {
		zones[node.Name] = node.Labels[corev1.LabelTopologyZone]
	}
	return zones, nil
}

func (w *World) podsIn(ctx context.Context, namespace, selector string) ([]corev1.Pod, error) {
	pods, err := w.client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		return nil, fmt.Errorf("listing the pods of %s: %w", namespace, err)
	}
	return pods.Items, nil
}

// proxies are the front door's pods.
func (w *World) proxies(ctx context.Context) ([]corev1.Pod, error) {
	return w.podsIn(ctx, naming.Names{}.FrontDoorNamespace(), names.NameLabel+"="+config.StatefulSetName)
}

// checkScaling judges that the cluster's own autoscaler followed the load.
func (w *World) checkScaling() {
	least := w.settings.Jitsi.WebReplicas.Minimum
	var most []string
	grown := 0
	for _, shard := range w.shardNames() {
		highest := 0
		for _, seen := range w.seen.looks {
			highest = max(highest, seen.webs[shard])
		}
		if highest > least {
			grown++
		}
		most = append(most, fmt.Sprintf("shard %s had up to %d", shard, highest))
	}
	w.judge("web servers were added at the peak", grown > 0, fmt.Sprintf("at least %d; %s", least, strings.Join(most, ", ")))
}

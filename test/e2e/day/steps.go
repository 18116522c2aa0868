package day

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"jitsi-meet-azure/haproxy/config"
	"jitsi-meet-azure/internal/naming"
	"jitsi-meet-azure/signalling/names"
)

// publishImage is what the nightly build does.
func publishImage(ctx context.Context, w *World) error {
	return w.deployment.PublishImage(ctx, nextVersion)
}

// failZone takes away everything that runs in the zone: nodes with their pods, and bridges.
func failZone(ctx context.Context, w *World) error {
	if err := w.proxiesReady(ctx); err != nil {
		return err
	}
	w.happened(&w.lost)
	w.pods.FailZone(w.nodeZone(lostZone))
	w.cloud.FailZone(lostZone)
	return w.plane.FailZone(ctx, lostZone)
}

func restoreZone(ctx context.Context, w *World) error {
	w.happened(&w.back)
	if err := w.plane.RestoreZone(ctx, lostZone); err != nil {
		return err
	}
	w.pods.RestoreZone(w.nodeZone(lostZone))
	w.cloud.RestoreZone(lostZone)
	return nil
}

// happened notes that something happens now.
func (w *World) happened(when *time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	*when = w.clk.Now()
}

// crashProxy kills a proxy's process: its users connect anew through another one.
func crashProxy(ctx context.Context, w *World) error {
	if err := w.proxiesReady(ctx); err != nil {
		return err
	}
	name := config.StatefulSetName + "-1"
	_, process, runs := w.pods.Running(naming.Names{}.FrontDoorNamespace(), name)
	if !runs {
		return fmt.Errorf("proxy %s does not run", name)
	}
	process.Kill()
	return nil
}

// crashReaper kills the reaper in the middle of a tick.
func crashReaper(ctx context.Context, w *World) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return w.reaper.CrashInTick(ctx)
}

// proxiesReady waits until all proxies take users: one failure at a time is what the front door promises to bear, and after the last one
// it takes the real time that it takes.
func (w *World) proxiesReady(ctx context.Context) error {
	return w.wait(ctx, 2*time.Minute, "all proxies to be ready", func() (string, error) {
		pods, err := w.proxies(ctx)
		if err != nil {
			return "", err
		}
		ready := 0
		for _, p := range pods {
			if _, _, runs := w.pods.Running(p.Namespace, p.Name); runs && isReady(&p) {
				ready++
			}
		}
		if ready < w.settings.FrontDoor.Replicas {
			return fmt.Sprintf("%d of %d are", ready, w.settings.FrontDoor.Replicas), nil
		}
		return "", nil
	})
}

func isReady(p *corev1.Pod) bool {
	return p.DeletionTimestamp == nil && slices.ContainsFunc(p.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
	})
}

// upgradeNode does what AKS does for an upgrade of a node with a proxy on it, and tries the same with one on which a shard serves,
// which its disruption budget must refuse.
func upgradeNode(ctx context.Context, w *World) error {
	shard := w.shardNames()[1]
	serving, err := w.nodeOf(ctx, naming.Names{}.ShardNamespace(shard), names.SingletonPod(names.Prosody))
	if err != nil {
		return err
	}
	_, err = w.kubectl(ctx, "drain", serving, "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=10s")
	refused := err != nil && strings.Contains(err.Error(), "disruption budget")
	said := "it was drained"
	if err != nil {
		said = strings.Join(strings.Fields(err.Error()), " ")
	}
	w.judge("a node under a shard that serves cannot be drained", refused, said[:min(len(said), 300)])
	if _, err := w.kubectl(ctx, "uncordon", serving); err != nil {
		return err
	}
	if err := w.proxiesReady(ctx); err != nil {
		return err
	}
	node, err := w.nodeOf(ctx, naming.Names{}.FrontDoorNamespace(), config.StatefulSetName+"-0")
	if err != nil {
		return err
	}
	began := time.Now()
	_, err = w.kubectl(ctx, "drain", node, "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=240s")
	w.judge("a node with a proxy is drained", err == nil, fmt.Sprintf("%s in %s of real time", node, time.Since(began).Round(time.Second)))
	_, uncordon := w.kubectl(ctx, "uncordon", node)
	return errors.Join(err, uncordon)
}

// upgradeImageTag deploys a new version of Jitsi and rolls one shard after the other, as docs/operations.md says.
func upgradeImageTag(ctx context.Context, w *World) error {
	before, err := w.singletons(ctx)
	if err != nil {
		return err
	}
	if err := w.deployment.Set("jitsi.imageTag", nextTag); err != nil {
		return err
	}
	if err := w.deployment.Up(ctx); err != nil {
		return err
	}
	after, err := w.singletons(ctx)
	if err != nil {
		return err
	}
	w.judge("a deployment restarts no Prosody and no Jicofo", slices.Equal(before, after), strings.Join(after, ", "))
	for _, shard := range w.shardNames() {
		if err := w.shardctl(ctx, "roll", shard); err != nil {
			return err
		}
		w.say("shard %s runs %s", shard, nextTag)
	}
	return w.allRun(ctx, nextTag)
}

// nextTag is a later version of Jitsi's images. Nothing is pulled here.
const nextTag = "stable-11248"

// singletons are the uids of all Prosodys and Jicofos.
func (w *World) singletons(ctx context.Context) ([]string, error) {
	var uids []string
	for _, shard := range w.shardNames() {
		for _, service := range names.Singletons() {
			p, err := w.pod(ctx, naming.Names{}.ShardNamespace(shard), names.SingletonPod(service))
			if err != nil {
				return nil, err
			}
			uids = append(uids, shard+"/"+service+" "+string(p.UID))
		}
	}
	return uids, nil
}

// allRun judges that every pod of every shard runs a version.
func (w *World) allRun(ctx context.Context, tag string) error {
	var others []string
	running := map[string]int{}
	for _, shard := range w.shardNames() {
		pods, err := w.podsIn(ctx, naming.Names{}.ShardNamespace(shard),
			names.NameLabel+" in ("+strings.Join([]string{names.Web, names.Prosody, names.Jicofo}, ",")+")")
		if err != nil {
			return err
		}
		for _, p := range pods {
			running[shard+"/"+p.Labels[names.NameLabel]]++
			if image := p.Spec.Containers[0].Image; p.DeletionTimestamp == nil && !strings.HasSuffix(image, ":"+tag) {
				others = append(others, p.Namespace+"/"+p.Name+" runs "+image)
			}
		}
	}
	w.judge("every shard was rolled onto the new image tag", len(others) == 0 && len(running) == 3*len(w.shardNames()),
		fmt.Sprintf("pods: %v; others: %s", running, list(others)))
	return nil
}

func (w *World) pod(ctx context.Context, namespace, name string) (*corev1.Pod, error) {
	p, err := w.client.CoreV1().Pods(namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("reading pod %s/%s: %w", namespace, name, err)
	}
	return p, nil
}

func (w *World) nodeOf(ctx context.Context, namespace, name string) (string, error) {
	p, err := w.pod(ctx, namespace, name)
	if err != nil {
		return "", err
	}
	if p.Spec.NodeName == "" {
		return "", fmt.Errorf("pod %s/%s is on no node", namespace, name)
	}
	return p.Spec.NodeName, nil
}

// renewCertificate does what whoever renews the certificate does, and waits until every proxy shows the new one.
func renewCertificate(ctx context.Context, w *World) error {
	certificate, key, serial, err := newCertificate(w.domain)
	if err != nil {
		return err
	}
	patch := fmt.Sprintf(`{"data":{"tls.crt":%q,"tls.key":%q}}`, encode(certificate), encode(key))
	_, err = w.client.CoreV1().Secrets(naming.Names{}.FrontDoorNamespace()).Patch(ctx, w.certificateSecret(),
		types.MergePatchType, []byte(patch), metav1.PatchOptions{})
	if err != nil {
		return fmt.Errorf("renewing the certificate: %w", err)
	}
	connections := w.crowd.Ledger().Reconnections
	err = w.wait(ctx, time.Minute, "every proxy to show the renewed certificate", func() (string, error) {
		return w.showsAll(ctx, serial)
	})
	w.judge("a renewed certificate is shown by every proxy without a restart", err == nil, fmt.Sprintf("serial %s: %v", serial, err))
	w.judge("nobody was disconnected by the renewal", w.crowd.Ledger().Reconnections == connections,
		fmt.Sprintf("%d reconnections before, %d after", connections, w.crowd.Ledger().Reconnections))
	return nil
}

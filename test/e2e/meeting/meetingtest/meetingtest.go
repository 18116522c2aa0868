// Package meetingtest runs the pods of a shard for tests, from their deployed templates and without Kubernetes.
package meetingtest

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"jitsi-meet-azure/signalling/names"
	"jitsi-meet-azure/test/e2e/meeting"
	"jitsi-meet-azure/test/e2e/pod"
)

// deployed are the pods of the environment dev, read once: the file has ten thousand lines.
var deployed = sync.OnceValues(func() ([]*corev1.Pod, error) {
	root, err := moduleRoot()
	if err != nil {
		return nil, err
	}
	graph, err := os.ReadFile(filepath.Join(root, "stack", "testdata", "dev.golden.yaml"))
	if err != nil {
		return nil, fmt.Errorf("the deployed pods: %w", err)
	}
	var resources []struct {
		Inputs json.RawMessage `json:"inputs"`
	}
	if err := yaml.Unmarshal(graph, &resources); err != nil {
		return nil, fmt.Errorf("the deployed pods: %w", err)
	}
	var pods []*corev1.Pod
	for _, resource := range resources {
		var workload struct {
			Kind     string            `json:"kind"`
			Metadata metav1.ObjectMeta `json:"metadata"`
			Spec     struct {
				Template corev1.PodTemplateSpec `json:"template"`
			} `json:"spec"`
		}
		// Most resources are of other kinds, and some have other types where a workload has these.
		if json.Unmarshal(resource.Inputs, &workload) != nil || workload.Kind != "Deployment" && workload.Kind != "StatefulSet" {
			continue
		}
		p := &corev1.Pod{ObjectMeta: workload.Spec.Template.ObjectMeta, Spec: workload.Spec.Template.Spec}
		p.Name, p.Namespace = names.SingletonPod(workload.Metadata.Name), workload.Metadata.Namespace
		pods = append(pods, p)
	}
	return pods, nil
})

// Pod is the pod of a service of the environment dev, as the deployed template has it.
func Pod(tb testing.TB, shard, service string) *corev1.Pod {
	tb.Helper()
	pods, err := deployed()
	require.NoError(tb, err)
	for _, p := range pods {
		if p.Labels[names.NameLabel] == service && p.Labels["meet.jitsi/shard"] == shard {
			return p.DeepCopy()
		}
	}
	require.Fail(tb, "not deployed", "shard %s has no %s", shard, service)
	return nil
}

// moduleRoot is the folder with go.mod: tests run in their package's.
func moduleRoot() (string, error) {
	folder, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("the folder of the module: %w", err)
	}
	for ; folder != filepath.Dir(folder); folder = filepath.Dir(folder) {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return folder, nil
		}
	}
	return "", errors.New("no folder above the test has a go.mod")
}

// Address is one on loopback that nobody else has: of the seven million in 127.128.0.0/9, by chance.
func Address(tb testing.TB) netip.Addr {
	tb.Helper()
	var bytes [4]byte
	_, err := rand.Read(bytes[1:])
	require.NoError(tb, err)
	bytes[0], bytes[1], bytes[3] = 127, bytes[1]|0x80, max(1, bytes[3])
	return netip.AddrFrom4(bytes)
}

// Run starts a pod of a shard at an address. It is killed with the test.
func Run(tb testing.TB, s *meeting.Shard, p *corev1.Pod, address netip.Addr) pod.Process {
	tb.Helper()
	process, err := s.Image(p).Run(tb.Context(), pod.Sandbox{Pod: p, Address: address, Folder: tb.TempDir()})
	require.NoError(tb, err)
	tb.Cleanup(process.Kill)
	return process
}

// Pods are the pods of a shard that runs.
type Pods struct {
	Web, Prosody, Jicofo                      pod.Process
	WebAddress, ProsodyAddress, JicofoAddress netip.Addr
}

// Start runs one of each of a shard's services.
func Start(tb testing.TB, s *meeting.Shard, shard string) *Pods {
	tb.Helper()
	p := &Pods{WebAddress: Address(tb), ProsodyAddress: Address(tb), JicofoAddress: Address(tb)}
	p.Prosody = Run(tb, s, Pod(tb, shard, names.Prosody), p.ProsodyAddress)
	p.Jicofo = Run(tb, s, Pod(tb, shard, names.Jicofo), p.JicofoAddress)
	p.Web = Run(tb, s, Pod(tb, shard, names.Web), p.WebAddress)
	return p
}

// Kill ends all of them at once, as the loss of their zone does.
func (p *Pods) Kill() {
	p.Prosody.Kill()
	p.Jicofo.Kill()
	p.Web.Kill()
}

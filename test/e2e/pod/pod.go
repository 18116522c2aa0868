// Package pod is what the system test's node agent and its stand-ins for container images agree on.
package pod

import (
	"context"
	"io"
	"net/netip"

	corev1 "k8s.io/api/core/v1"
)

// Sandbox is what the containers of one pod find around them.
type Sandbox struct {
	// Pod is the pod as it was when it was started; not to be changed.
	Pod *corev1.Pod
	// Address is the pod's own, as package loopback plays it. All containers of the pod share it.
	Address netip.Addr
	// Folder is a folder of the pod's own on this machine.
	Folder string
	// Mounts are, for each container and each path inside it, the folder on this machine with what is mounted there. The node
	// agent keeps the files current while the pod runs, as a kubelet does.
	Mounts map[string]map[string]string
	// Nameserver is the cluster's DNS, which answers with addresses as package loopback plays them.
	Nameserver netip.AddrPort
}

// Image stands for what the containers of a pod run. One Image runs all containers of its pod.
type Image interface {
	// Run starts them and returns at once. It is called again where the pod is to be restarted. The context ends with the
	// system test, not with the pod.
	Run(ctx context.Context, sandbox Sandbox) (Process, error)
}

// Process is a pod's running containers.
type Process interface {
	// Exec runs a command as if inside a container and returns its exit code; an error is for a command that could not be run.
	Exec(ctx context.Context, container string, command []string, input io.Reader, output, problems io.Writer) (code int, err error)
	// Stop asks all containers to end, as SIGTERM does. Hooks have run before.
	Stop()
	// Kill ends them at once.
	Kill()
	// Done is closed when they have ended.
	Done() <-chan struct{}
}

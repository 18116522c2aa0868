// Package proxy stands for the image of the front door: it runs the real HAProxy with the text and the programs that are deployed,
// by the command that is deployed. Only what a pod has to itself and a machine has not is replaced: see place.
package proxy

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"

	"jitsi-meet-azure/haproxy/config"
	"jitsi-meet-azure/test/e2e/pod"
)

const (
	configurationFile = "haproxy.cfg"
	// lookUpTimeout bounds one question to the cluster's DNS, which is on this machine.
	lookUpTimeout = 5 * time.Second
)

// Image runs HAProxy. Its zero value looks for it as the tests of the front door do.
type Image struct {
	// Binary is the path of HAProxy.
	Binary string
	// Forget replaces how long after its last request a room is remembered; zero leaves it as it is deployed. HAProxy's time is
	// the real one, and a day that is played faster would be over before any room is forgotten.
	Forget time.Duration
}

// Run starts the proxy.
func (i Image) Run(ctx context.Context, sandbox pod.Sandbox) (pod.Process, error) {
	binary, err := i.find()
	if err != nil {
		return nil, err
	}
	if len(sandbox.Pod.Spec.Containers) != 1 {
		return nil, fmt.Errorf("a proxy has one container, not %d", len(sandbox.Pod.Spec.Containers))
	}
	container := &sandbox.Pod.Spec.Containers[0]
	where, err := i.settle(ctx, sandbox, container)
	if err != nil {
		return nil, err
	}
	variables, err := environment(sandbox.Pod, container)
	if err != nil {
		return nil, err
	}
	variables = append(variables, "PATH="+filepath.Dir(binary)+":"+os.Getenv("PATH"))
	return start(sandbox, where, container, variables)
}

func (i Image) find() (string, error) {
	if i.Binary != "" {
		return i.Binary, nil
	}
	for _, candidate := range []string{"haproxy", "/usr/sbin/haproxy"} {
		if path, err := exec.LookPath(candidate); err == nil {
			return path, nil
		}
	}
	return "", errors.New("haproxy is not installed: run `make deps`")
}

// settle writes the container's programs and configuration into the sandbox, put into the pod's place. As in the container, later
// changes of these files change nothing while the proxy runs. All other mounts are used where they are, and so follow changes.
func (i Image) settle(ctx context.Context, sandbox pod.Sandbox, container *corev1.Container) (place, error) {
	connections, err := connections()
	if err != nil {
		return place{}, err
	}
	where := place{
		connections: connections, address: sandbox.Address, nameserver: sandbox.Nameserver,
		folders: maps.Clone(sandbox.Mounts[container.Name]), lookUp: resolver(ctx, sandbox.Nameserver), forget: i.Forget,
	}
	inside, err := where.home(container.Command)
	if err != nil {
		return place{}, err
	}
	deployed := where.folders[inside]
	where.folders[inside] = filepath.Join(sandbox.Folder, "home")
	if err := os.RemoveAll(where.folders[inside]); err != nil {
		return place{}, fmt.Errorf("the files of the last start: %w", err)
	}
	if err := os.MkdirAll(where.folders[inside], 0o750); err != nil {
		return place{}, fmt.Errorf("the folder of the proxy: %w", err)
	}
	entries, err := os.ReadDir(deployed)
	if err != nil {
		return place{}, fmt.Errorf("the files of the proxy: %w", err)
	}
	for _, entry := range entries {
		if err := where.copyFile(filepath.Join(deployed, entry.Name()), filepath.Join(where.folders[inside], entry.Name())); err != nil {
			return place{}, err
		}
	}
	return where, nil
}

// connections is how many connections HAProxy may promise: each takes two open files, and some are for itself.
func connections() (int, error) {
	const own, least = 500, 2*reserve + 1000
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil {
		return 0, fmt.Errorf("how many files may be open: %w", err)
	}
	most := (min(files.Max, 1<<30) - min(files.Max, own)) / 2
	if most < least {
		return 0, fmt.Errorf("at most %d files may be open, and a proxy needs %d: raise the limit (`ulimit -Hn`)", files.Max, 2*least+own)
	}
	return int(most), nil
}

// copyFile copies a file and puts it into the pod's place. What is no file, as the folders by which volumes are kept whole, is left
// out.
func (p place) copyFile(from, to string) error {
	text, err := os.ReadFile(from)
	if errors.Is(err, syscall.EISDIR) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("a file of the proxy: %w", err)
	}
	made := p.adapt(string(text))
	if filepath.Base(from) == configurationFile {
		made = p.adaptConfiguration(string(text))
	}
	if err := os.WriteFile(to, []byte(made), 0o600); err != nil {
		return fmt.Errorf("a file of the proxy: %w", err)
	}
	return nil
}

// resolver asks the cluster's DNS.
func resolver(ctx context.Context, nameserver netip.AddrPort) func(string) (netip.Addr, bool) {
	asker := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, nameserver.String())
	}}
	return func(host string) (netip.Addr, bool) {
		ctx, cancel := context.WithTimeout(ctx, lookUpTimeout)
		defer cancel()
		found, err := asker.LookupNetIP(ctx, "ip4", host+".")
		if err != nil || len(found) == 0 {
			return netip.Addr{}, false
		}
		return found[0].Unmap(), true
	}
}

// environment is the container's, of which only what stands in the pod itself is played.
func environment(p *corev1.Pod, container *corev1.Container) ([]string, error) {
	var variables []string
	for _, variable := range container.Env {
		value := variable.Value
		if from := variable.ValueFrom; from != nil {
			if from.FieldRef == nil {
				return nil, fmt.Errorf("the variable %s comes from where a proxy has none from", variable.Name)
			}
			var known bool
			value, known = map[string]string{
				"metadata.name": p.Name, "metadata.namespace": p.Namespace, "status.podIP": p.Status.PodIP,
			}[from.FieldRef.FieldPath]
			if !known {
				return nil, fmt.Errorf("the variable %s is the pod's %s, which is not played", variable.Name, from.FieldRef.FieldPath)
			}
		}
		variables = append(variables, variable.Name+"="+value)
	}
	return variables, nil
}

// IsProxy says whether a pod is one of the front door's.
func IsProxy(p *corev1.Pod) bool {
	return p.Labels["app.kubernetes.io/name"] == config.StatefulSetName
}

// Package controlplane runs a real Kubernetes control plane on the loopback address: etcd, the API server, the controllers, the
// scheduler, and kwok, which keeps nodes alive that nobody has. Nothing runs the pods: that is package kubelet's.
//
// It is what AKS gives the deployed program: its admission plugins, storage classes, drivers and the metrics API.
package controlplane

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// Options are what a control plane needs to know. All are required.
type Options struct {
	// Binaries is the folder with the programs: `make control-plane` fills .bin/kubernetes.
	Binaries string
	// Folder takes data, logs, certificates and the kubeconfig. What an earlier control plane left there must be removed before.
	Folder string
	// Services and Pods are the cluster's networks. Each node gets a /24 of Pods.
	Services, Pods netip.Prefix
	// KubeletPort is where the kubelets of all nodes listen, on 127.0.0.1: the API server goes there for exec and logs.
	KubeletPort uint16
}

// ControlPlane is a running one.
type ControlPlane struct {
	options Options
	// context is that of the processes.
	context   context.Context
	cancel    context.CancelCauseFunc
	access    *rest.Config
	client    kubernetes.Interface
	processes []*process
	metrics   metrics
}

const (
	startTimeout = 3 * time.Minute
	pollInterval = 100 * time.Millisecond
)

var (
	errClosed    = errors.New("the control plane was closed")
	errEndedWell = errors.New("exit status 0")
)

// Start starts a control plane that lives until Close or the end of the context, and returns within 3 minutes, when the API server
// is ready, has what AKS installs, and the default service accounts are there.
func Start(ctx context.Context, o Options) (*ControlPlane, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	var err error
	if o.Folder, err = filepath.Abs(o.Folder); err != nil {
		return nil, fmt.Errorf("the control plane's folder: %w", err)
	}
	if o.Binaries, err = filepath.Abs(o.Binaries); err != nil {
		return nil, fmt.Errorf("the control plane's programs: %w", err)
	}
	c := &ControlPlane{options: o}
	c.context, c.cancel = context.WithCancelCause(ctx)
	if err := c.start(); err != nil {
		_ = c.Close()
		return nil, fmt.Errorf("starting the control plane: %w", err)
	}
	return c, nil
}

func (o Options) validate() error {
	var problems []error
	if o.Folder == "" {
		problems = append(problems, errors.New("the control plane needs a folder"))
	}
	for name, prefix := range map[string]netip.Prefix{"services": o.Services, "pods": o.Pods} {
		if !prefix.IsValid() || !prefix.Addr().Is4() || prefix.Masked() != prefix {
			problems = append(problems, fmt.Errorf("the network of %s is %s; it must be an IPv4 prefix", name, prefix))
		}
	}
	if o.Pods.IsValid() && o.Pods.Bits() > nodeBits {
		problems = append(problems, fmt.Errorf("the network of pods is %s; a node needs a /%d of it", o.Pods, nodeBits))
	}
	if o.KubeletPort == 0 {
		problems = append(problems, errors.New("the control plane needs the port of the kubelets"))
	}
	for _, p := range o.programs(ports{}).all() {
		if _, err := os.Stat(filepath.Join(o.Binaries, p.name)); err != nil {
			problems = append(problems, fmt.Errorf("%s is missing: run `make control-plane`: %w", p.name, err))
		}
	}
	return errors.Join(problems...)
}

func (p programs) all() []program { return append([]program{p.etcd, p.server}, p.others...) }

func (c *ControlPlane) start() error {
	if err := os.MkdirAll(c.options.Folder, 0o700); err != nil {
		return fmt.Errorf("its folder: %w", err)
	}
	free, err := freePorts(c.context)
	if err != nil {
		return err
	}
	if c.access, err = c.options.write(free.server); err != nil {
		return err
	}
	if c.client, err = kubernetes.NewForConfig(c.access); err != nil {
		return fmt.Errorf("a client: %w", err)
	}
	ctx, cancel := context.WithTimeout(c.context, startTimeout)
	defer cancel()
	all := c.options.programs(free)
	if err := c.launch(all.etcd, all.server); err != nil {
		return err
	}
	if err := c.await(ctx, "the API server to be ready", c.ready); err != nil {
		return err
	}
	if err := c.launch(all.others...); err != nil {
		return err
	}
	if err := c.install(ctx); err != nil {
		return err
	}
	return c.await(ctx, "the default service accounts", c.accounts)
}

func (c *ControlPlane) launch(all ...program) error {
	for _, p := range all {
		running, err := launch(c.context, c.options, p, c.cancel)
		if err != nil {
			return err
		}
		c.processes = append(c.processes, running)
	}
	return nil
}

func (c *ControlPlane) ready(ctx context.Context) (bool, error) {
	_, err := c.client.Discovery().RESTClient().Get().AbsPath("/readyz").DoRaw(ctx)
	return err == nil, nil
}

// accounts looks for the accounts that pods without one run as: a pod cannot be created before.
func (c *ControlPlane) accounts(ctx context.Context) (bool, error) {
	for _, namespace := range []string{metav1.NamespaceDefault, metav1.NamespaceSystem, metav1.NamespacePublic, corev1.NamespaceNodeLease} {
		_, err := c.client.CoreV1().ServiceAccounts(namespace).Get(ctx, "default", metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return false, nil
		}
		if err != nil {
			return false, fmt.Errorf("the service account of %s: %w", namespace, err)
		}
	}
	return true, nil
}

// await asks until the answer is yes.
func (c *ControlPlane) await(ctx context.Context, what string, done wait.ConditionWithContextFunc) error {
	err := wait.PollUntilContextCancel(ctx, pollInterval, true, done)
	if ended := c.Err(); err != nil && ended != nil {
		err = ended
	}
	if err != nil {
		return fmt.Errorf("waiting for %s: %w", what, err)
	}
	return nil
}

// Kubeconfig is the path of a kubeconfig with which everything is allowed.
func (c *ControlPlane) Kubeconfig() string { return c.options.Kubeconfig() }

// REST is how clients of this process reach the API server: with every right, and limited to 300 requests a second. It is a copy.
func (c *ControlPlane) REST() *rest.Config { return rest.CopyConfig(c.access) }

// Done is closed when the control plane has ended or is ending: by Close, with its context, or because one of its programs ended.
func (c *ControlPlane) Done() <-chan struct{} { return c.context.Done() }

// Err says which program ended by itself, with the end of its log; nil where none did.
func (c *ControlPlane) Err() error {
	cause := context.Cause(c.context)
	if cause == nil || errors.Is(cause, errClosed) || errors.Is(cause, context.Canceled) || errors.Is(cause, context.DeadlineExceeded) {
		return nil
	}
	return cause
}

// Close ends all programs at once and returns when they are gone. Its error is [ControlPlane.Err]'s.
func (c *ControlPlane) Close() error {
	c.cancel(errClosed)
	for _, p := range c.processes {
		<-p.ended
	}
	c.metrics.wait()
	return c.Err()
}

// Process is the id of the process of one of the programs, such as kube-apiserver; 0 where there is none.
func (c *ControlPlane) Process(name string) int {
	for _, p := range c.processes {
		if p.name == name {
			return p.pid
		}
	}
	return 0
}

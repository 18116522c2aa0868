package kubernetes

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"jitsi-meet-azure/localcloud/kubernetes/mirror"
	"jitsi-meet-azure/localcloud/kubernetes/object"
)

// mirror gives the mirror; nil where the provider has none.
func (p *Provider) mirror() (*mirror.Mirror, error) {
	if p.server == nil {
		return nil, nil //nolint:nilnil // most providers have none
	}
	m, err := p.server()
	if err != nil {
		return nil, unreachable(err)
	}
	return m, nil
}

// mirrored applies an object's inputs to the API server, and takes over into the object what the API server chose. It is the
// last word before the object is stored, inside the transaction: what is refused leaves no trace.
func (op *operation) mirrored(ctx context.Context, o object.Object, inputs resource.PropertyMap) error {
	m, err := op.p.mirror()
	if m == nil || err != nil {
		return err
	}
	plain, _ := known(inputs)
	applied, err := m.Apply(ctx, op.patch(plain, o.GetNamespace(), o.GetName()))
	if err != nil {
		return fmt.Errorf("the API server refuses it: %w", err)
	}
	service, ok := o.(*corev1.Service)
	if !ok {
		return nil
	}
	var api corev1.Service
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(applied.Object, &api); err != nil {
		return fmt.Errorf("read the Service that was applied: %w", err)
	}
	adoptAllocations(&service.Spec, &api.Spec)
	return nil
}

// patch is the inputs as an API server stores them, under the name that the object has.
func (op *operation) patch(plain map[string]any, namespace, name string) mirror.Patch {
	return mirror.Patch{
		Kind: op.kind, Namespace: namespace, Name: name,
		Fields: writable(op.kind.Kind, plain), Manager: fieldManager(resource.URN(op.urn)),
	}
}

// adoptAllocations takes the addresses and ports that a real API server gave a Service: there its pods find it.
func adoptAllocations(local, api *corev1.ServiceSpec) {
	local.ClusterIP, local.ClusterIPs = api.ClusterIP, api.ClusterIPs
	local.HealthCheckNodePort = api.HealthCheckNodePort
	for i := range local.Ports {
		if len(local.Ports) == len(api.Ports) && local.Ports[i].Port == api.Ports[i].Port {
			local.Ports[i].NodePort = api.Ports[i].NodePort
		}
	}
}

// previewed asks the API server whether it would take the inputs. Id is empty for a new object. What is not known yet cannot
// be asked about, here as in the real provider.
func (op *operation) previewed(ctx context.Context, id string, inputs resource.PropertyMap) error {
	m, err := op.p.mirror()
	if m == nil || err != nil {
		return err
	}
	plain, unknown := known(inputs)
	if len(unknown) > 0 {
		return nil
	}
	namespace, name := splitID(id)
	if id == "" {
		namespace, _ = textAt(inputs, "metadata", "namespace")
		name, _ = textAt(inputs, "metadata", "name")
	}
	if name == "" {
		return nil // the API server chooses it
	}
	return m.Preview(ctx, op.patch(plain, namespace, name), id == "")
}

// unmirrored deletes the object on the API server and waits until it is gone.
func (op *operation) unmirrored(ctx context.Context, namespace, name string) error {
	m, err := op.p.mirror()
	if m == nil || err != nil {
		return err
	}
	return m.Delete(ctx, op.kind, namespace, name)
}

// complete waits until the object is ready, in the local cloud and then on the API server. Reason is why it is not; timeout
// is the resource's own in seconds, 0 for the provider's.
func (op *operation) complete(ctx context.Context, l live, timeout float64) (final live, reason string, err error) {
	final, w, err := op.await(ctx, l)
	if err == nil {
		reason = op.unfinished(final, w)
	}
	if err == nil && reason == "" {
		reason, err = op.completeMirrored(ctx, final.object, timeout)
	}
	if err != nil && ctx.Err() != nil {
		// The engine was told to stop. What was made must be kept in the state all the same.
		return final, fmt.Sprintf("the wait for '%s' was canceled", l.object.GetName()), nil //nolint:nilerr // see above
	}
	return final, reason, err
}

// completeMirrored does and waits for what completes an object on the API server.
func (op *operation) completeMirrored(ctx context.Context, o object.Object, timeout float64) (reason string, err error) {
	m, err := op.p.mirror()
	if m == nil || err != nil {
		return "", err
	}
	if service, ok := o.(*corev1.Service); ok && service.Spec.Type == corev1.ServiceTypeLoadBalancer {
		if err := m.SetAddress(ctx, service.Namespace, service.Name, service.Status.LoadBalancer); err != nil {
			return "", err
		}
	}
	if o.GetAnnotations()[skipAwaitAnnotation] == "true" {
		return "", nil
	}
	limit := mirror.ReadyTimeout
	if timeout > 0 {
		limit = time.Duration(timeout * float64(time.Second))
	}
	reasons, err := m.Await(ctx, op.kind, o.GetNamespace(), o.GetName(), limit)
	if err != nil || len(reasons) == 0 {
		return "", err
	}
	lines := append([]string{fmt.Sprintf("'%s' timed out waiting to be Ready on the API server", o.GetName())}, reasons...)
	return strings.Join(lines, "\n\t* "), nil
}

// AuditMirror compares every object of the cluster with what the API server made of it. After a deployment it finds nothing,
// unless the local cloud fills something in otherwise than the API server does.
func (o *Operator) AuditMirror(ctx context.Context, m *mirror.Mirror) ([]mirror.Difference, error) {
	c, err := o.cluster(o.cfg.Store)
	if err != nil {
		return nil, err
	}
	all, err := c.list(o.cfg.Store, "")
	if err != nil {
		return nil, err
	}
	var found []mirror.Difference
	for _, l := range all {
		name := l.kind.Kind + " " + l.name()
		local, err := object.Plain(l.object)
		if err != nil {
			return nil, err
		}
		api, exists, err := m.Get(ctx, l.kind, l.object.GetNamespace(), l.object.GetName())
		if err != nil {
			return nil, fmt.Errorf("audit %s: %w", name, err)
		}
		if !exists {
			found = append(found, mirror.Difference{Object: name, Path: "metadata.name", Local: l.object.GetName()})
			continue
		}
		found = append(found, mirror.Compare(name, local, api.Object)...)
	}
	return found, nil
}

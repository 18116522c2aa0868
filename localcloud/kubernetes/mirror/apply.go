package mirror

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"jitsi-meet-azure/localcloud/kubernetes/object"
)

// patchForceAnnotation makes the real provider take fields over that somebody else has set.
const patchForceAnnotation = "pulumi.com/patchForce"

// Patch is what a program wants of one object.
type Patch struct {
	Kind object.Kind
	// Namespace is empty for objects of the whole cluster.
	Namespace, Name string
	// Fields are the fields that the program sets, and no others: an API server takes fields away that the manager set
	// before and leaves out now, and leaves those alone that it never set, such as replicas that an autoscaler owns.
	Fields map[string]any
	// Manager owns the fields. The real provider makes one name for each resource and keeps it.
	Manager string
}

// Apply makes the object what the program wants and gives it as it is then. The errors are the API server's; a field that
// somebody else owns is one, unless the object has the annotation pulumi.com/patchForce, as in the real provider.
//
// Fields are validated strictly, where the real provider asks for warnings: an unknown field would silently do nothing.
func (m *Mirror) Apply(ctx context.Context, p Patch) (*unstructured.Unstructured, error) {
	return m.patch(ctx, p, p.forced(), nil)
}

// Preview says whether Apply would be refused, without changing anything. A new object takes all its fields over, and its
// namespace may be made by the same run. What is to be replaced under its own name exists still, so that fields that
// cannot change are tried under another name.
func (m *Mirror) Preview(ctx context.Context, p Patch, isNew bool) error {
	dry := []string{metav1.DryRunAll}
	_, err := m.patch(ctx, p, isNew || p.forced(), dry)
	if isNew && apierrors.IsInvalid(err) && strings.Contains(err.Error(), apivalidation.FieldImmutableErrorMsg) {
		p.Name += "-preview"
		_, err = m.patch(ctx, p, true, dry)
	}
	if isNew && lacksNamespace(err) {
		return nil
	}
	return err
}

func (p Patch) forced() bool {
	object := unstructured.Unstructured{Object: p.Fields}
	return object.GetAnnotations()[patchForceAnnotation] == "true"
}

// lacksNamespace tells the answer about an object whose namespace is not there from all others.
func lacksNamespace(err error) bool {
	status := apierrors.APIStatus(nil)
	if !apierrors.IsNotFound(err) || !errors.As(err, &status) {
		return false
	}
	details := status.Status().Details
	return details != nil && details.Kind == "namespaces"
}

func (m *Mirror) patch(ctx context.Context, p Patch, force bool, dryRun []string) (*unstructured.Unstructured, error) {
	body, err := p.body()
	if err != nil {
		return nil, err
	}
	applied, err := m.resource(p.Kind, p.Namespace).Patch(ctx, p.Name, types.ApplyPatchType, body, metav1.PatchOptions{
		FieldManager: p.Manager, Force: &force, DryRun: dryRun, FieldValidation: metav1.FieldValidationStrict,
	})
	if apierrors.IsConflict(err) {
		return nil, fmt.Errorf("somebody else has set fields that the field manager %q applies: %w", p.Manager, err)
	}
	return applied, err //nolint:wrapcheck // the API server's own words say which object it is about
}

// body is the object in JSON, under the name that it has in the cluster.
func (p Patch) body() ([]byte, error) {
	fields := make(map[string]any, len(p.Fields))
	for key, value := range p.Fields {
		fields[key] = value
	}
	metadata := map[string]any{}
	given, _ := fields["metadata"].(map[string]any)
	for key, value := range given {
		metadata[key] = value
	}
	delete(metadata, "generateName") // chosen already
	metadata["name"] = p.Name
	fields["metadata"] = metadata
	body, err := json.Marshal(fields)
	if err != nil {
		return nil, fmt.Errorf("encode %s %s: %w", p.Kind.Kind, p.Name, err)
	}
	return body, nil
}

// Get reads an object; found is false where there is none.
func (m *Mirror) Get(
	ctx context.Context, kind object.Kind, namespace, name string,
) (o *unstructured.Unstructured, found bool, err error) {
	o, err = m.resource(kind, namespace).Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("read %s %s: %w", kind.Kind, name, err)
	}
	return o, true, nil
}

// SetAddress does what Azure's cloud controller does when a load balancer is made: it writes the address into the
// Service's status.
func (m *Mirror) SetAddress(ctx context.Context, namespace, name string, status corev1.LoadBalancerStatus) error {
	body, err := json.Marshal(map[string]any{"status": map[string]any{"loadBalancer": status}})
	if err != nil {
		return fmt.Errorf("encode the address of Service %s: %w", name, err)
	}
	services, _ := object.ByGroupKind("", "Service")
	_, err = m.resource(services, namespace).Patch(ctx, name, types.MergePatchType, body, metav1.PatchOptions{
		FieldManager: "cloud-controller-manager",
	}, "status")
	if err != nil {
		return fmt.Errorf("the address of Service %s: %w", name, err)
	}
	return nil
}

// deletionTimeout is how long the real provider waits for an object to be gone.
func deletionTimeout(kind object.Kind) time.Duration {
	switch kind.Kind {
	case "Deployment", "StatefulSet":
		return 10 * time.Minute
	default:
		return 5 * time.Minute
	}
}

// Delete removes an object and what it owns first, and returns when it is gone. One that is gone already is no error.
func (m *Mirror) Delete(ctx context.Context, kind object.Kind, namespace, name string) error {
	before, found, err := m.Get(ctx, kind, namespace, name)
	if err != nil || !found {
		return err
	}
	foreground := metav1.DeletePropagationForeground
	err = m.resource(kind, namespace).Delete(ctx, name, metav1.DeleteOptions{PropagationPolicy: &foreground})
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("delete %s %s: %w", kind.Kind, name, err)
	}
	timeout := deletionTimeout(kind)
	gone, err := m.poll(ctx, timeout, func(ctx context.Context) (bool, error) {
		now, found, err := m.Get(ctx, kind, namespace, name)
		return err == nil && (!found || now.GetUID() != before.GetUID()), err
	})
	if err == nil && !gone {
		err = fmt.Errorf("%s %s still exists %s after it was deleted", kind.Kind, name, timeout)
	}
	return err
}

// poll looks again and again until done, and says whether it was done in time.
func (m *Mirror) poll(ctx context.Context, timeout time.Duration, look func(context.Context) (bool, error)) (bool, error) {
	end := time.NewTimer(timeout)
	defer end.Stop()
	tick := time.NewTicker(m.interval)
	defer tick.Stop()
	for {
		done, err := look(ctx)
		if done || err != nil {
			return done, err
		}
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-end.C:
			return false, nil
		case <-tick.C:
		}
	}
}

package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"jitsi-meet-azure/localcloud/kubernetes/defaults"
	"jitsi-meet-azure/localcloud/kubernetes/object"
	"jitsi-meet-azure/localcloud/kubernetes/validate"
	"jitsi-meet-azure/localcloud/rpcprovider"
	"jitsi-meet-azure/localcloud/store"
)

// Create makes an object and waits until it is ready. An object that exists already is refused: two resources of a
// program that apply the same object would undo each other's changes.
func (p *Provider) Create(ctx context.Context, req plugin.CreateRequest) (plugin.CreateResponse, error) {
	op, err := p.operation(store.OpCreate, req.Type, req.URN, req.Name)
	if err != nil {
		return plugin.CreateResponse{}, err
	}
	if req.Preview {
		if err := op.previewed(ctx, "", req.Properties); err != nil {
			return plugin.CreateResponse{}, fmt.Errorf("preview of resource %q failed: %w", req.URN, err)
		}
		// Without the status and what else only the cluster knows: the engine takes what is missing as unknown.
		return plugin.CreateResponse{Properties: req.Properties}, nil
	}
	made, err := op.create(ctx, req.Properties)
	if err != nil {
		return plugin.CreateResponse{}, op.failed("", fmt.Errorf(
			"resource %q was not successfully created by the Kubernetes API server: %w", req.URN, err))
	}
	id := made.name()
	final, reason, err := op.complete(ctx, made, req.Timeout)
	if err != nil {
		return plugin.CreateResponse{}, op.failed(made.id, err)
	}
	answer, err := outputs(final, req.URN, req.Properties)
	if err != nil {
		return plugin.CreateResponse{}, op.failed(made.id, err)
	}
	if reason != "" {
		reason = fmt.Sprintf("resource %q was successfully created, but the Kubernetes API server reported that it "+
			"failed to fully initialize or become live: %s", req.URN, reason)
		if err := op.note(made.id, reason); err != nil {
			return plugin.CreateResponse{}, err
		}
		return plugin.CreateResponse{}, rpcprovider.InitFailed(id, req.Properties, answer, reason)
	}
	return plugin.CreateResponse{ID: resource.ID(id), Properties: answer}, nil
}

// create writes the new object.
func (op *operation) create(ctx context.Context, inputs resource.PropertyMap) (live, error) {
	decoded, err := op.decode(inputs)
	if err != nil {
		return live{}, err
	}
	now := op.p.cfg.Clock()
	made := live{kind: op.kind, created: now, object: decoded}
	err = op.change(func(tx *store.Tx, c *cluster) error {
		if decoded.GetName() == "" {
			decoded.SetName(decoded.GetGenerateName() + uuid.NewString()[:5])
		}
		made.id = c.objectID(op.kind, decoded.GetNamespace(), decoded.GetName())
		if err := op.admit(tx, c, decoded); err != nil {
			return err
		}
		op.stamp(decoded, now)
		if err := op.mirrored(ctx, decoded, inputs); err != nil {
			return err
		}
		tx.Log(made.event(store.OpCreate, op.urn, now))
		if err := put(tx, made); err != nil {
			return err
		}
		return c.clamp(tx, decoded, now)
	})
	return made, err
}

// admit refuses what the cluster refuses, and gives a Service what the cluster chooses.
func (op *operation) admit(tx *store.Tx, c *cluster, o object.Object) error {
	_, exists, err := c.get(tx, op.kind, o.GetNamespace(), o.GetName())
	if err != nil {
		return err
	}
	if exists {
		return apierrors.NewAlreadyExists(op.kind.GroupResource(), o.GetName())
	}
	if err := c.admit(tx, op.kind, o); err != nil {
		return err
	}
	if service, ok := o.(*corev1.Service); ok {
		return invalidService(service, c.allocate(tx, service, nil))
	}
	return nil
}

// stamp sets what a server sets on every new object. Some kinds count no generations.
func (op *operation) stamp(o object.Object, now time.Time) {
	o.SetUID(types.UID(uuid.NewString()))
	o.SetCreationTimestamp(metav1.NewTime(now.Truncate(timePrecision)))
	o.SetResourceVersion("1")
	if specOf(o) != nil && op.kind.Kind != "Namespace" && op.kind.Kind != "Service" {
		o.SetGeneration(1)
	}
}

// decode turns inputs into a complete, valid object.
func (op *operation) decode(inputs resource.PropertyMap) (object.Object, error) {
	plain, unknown := known(inputs)
	if len(unknown) > 0 {
		return nil, fmt.Errorf("the value of %s is not known", unknown[0])
	}
	decoded, err := object.Decode(op.kind, plain)
	if err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	defaults.Apply(decoded)
	named := decoded
	if decoded.GetName() == "" {
		copied, ok := decoded.DeepCopyObject().(object.Object)
		if !ok {
			return nil, errors.New("the object cannot be copied")
		}
		copied.SetName(decoded.GetGenerateName() + "xxxxx")
		named = copied
	}
	return decoded, validate.Invalid(op.kind, named.GetName(), validate.Object(op.kind, named))
}

func invalidService(s *corev1.Service, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %q is invalid: %w", "Service", s.Name, err)
}

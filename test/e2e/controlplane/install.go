package controlplane

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/dynamic"
	metricsv1beta1 "k8s.io/metrics/pkg/apis/metrics/v1beta1"
)

//go:embed aks.yaml
var aks []byte

// install makes the objects that every cluster of AKS has, and serves the metrics API.
func (c *ControlPlane) install(ctx context.Context) error {
	port, err := c.metrics.serve(c.context, c.client)
	if err != nil {
		return fmt.Errorf("the metrics API: %w", err)
	}
	objects, err := decode(aks)
	if err != nil {
		return err
	}
	client, err := dynamic.NewForConfig(c.access)
	if err != nil {
		return fmt.Errorf("a client: %w", err)
	}
	for _, object := range append(objects, metricsObjects(port)...) {
		resource, _ := meta.UnsafeGuessKindToResource(object.GroupVersionKind())
		_, err := client.Resource(resource).Namespace(object.GetNamespace()).Create(ctx, object, metav1.CreateOptions{})
		if err != nil {
			return fmt.Errorf("installing %s %s: %w", object.GetKind(), object.GetName(), err)
		}
	}
	return c.await(ctx, "the API server to serve what AKS installs", c.serves)
}

// decode reads the documents of a file.
func decode(text []byte) ([]*unstructured.Unstructured, error) {
	const buffer = 4096
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), buffer)
	var objects []*unstructured.Unstructured
	for {
		object := &unstructured.Unstructured{}
		err := decoder.Decode(object)
		if errors.Is(err, io.EOF) {
			return objects, nil
		}
		if err != nil {
			return nil, fmt.Errorf("what AKS installs: %w", err)
		}
		if len(object.Object) > 0 {
			objects = append(objects, object)
		}
	}
}

// serves says whether the API server has taken the added APIs up.
func (c *ControlPlane) serves(context.Context) (bool, error) {
	for _, version := range []string{"secrets-store.csi.x-k8s.io/v1", metricsv1beta1.SchemeGroupVersion.String()} {
		_, err := c.client.Discovery().ServerResourcesForGroupVersion(version)
		switch {
		case err == nil:
		case apierrors.IsNotFound(err), apierrors.IsServiceUnavailable(err), meta.IsNoMatchError(err):
			return false, nil
		default:
			return false, fmt.Errorf("asking for %s: %w", version, err)
		}
	}
	return true, nil
}

// metricsObjects have the API server ask this process for the metrics API. A name is the only way to a place outside the cluster
// that it takes for one of its Services; the connection does not leave the machine, so that nobody need be identified.
func metricsObjects(port uint16) []*unstructured.Unstructured {
	const name, namespace = "metrics-server", metav1.NamespaceSystem
	group := metricsv1beta1.SchemeGroupVersion
	return []*unstructured.Unstructured{
		{Object: map[string]any{
			"apiVersion": "v1", "kind": "Service",
			"metadata": map[string]any{"name": name, "namespace": namespace},
			"spec":     map[string]any{"type": "ExternalName", "externalName": "localhost"},
		}},
		{Object: map[string]any{
			"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService",
			"metadata": map[string]any{"name": group.Version + "." + group.Group},
			"spec": map[string]any{
				"group": group.Group, "version": group.Version, "groupPriorityMinimum": int64(100), "versionPriority": int64(100),
				"service":               map[string]any{"name": name, "namespace": namespace, "port": int64(port)},
				"insecureSkipTLSVerify": true,
			},
		}},
	}
}

package kubernetes_test

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"jitsi-meet-azure/localcloud/kubernetes"
	"jitsi-meet-azure/localcloud/kubernetes/mirror"
	"jitsi-meet-azure/localcloud/kubernetes/mirror/mirrortest"
	"jitsi-meet-azure/localcloud/kubernetes/object"
	"jitsi-meet-azure/localcloud/rpcprovider"
	"jitsi-meet-azure/localcloud/store"
)

const (
	realNamespace = "/api/v1/namespaces/shard-a"
	realSet       = "/apis/apps/v1/namespaces/shard-a/statefulsets/prosody"
	realService   = "/api/v1/namespaces/shard-a/services/prosody"
)

// mirroredWorld is a world whose provider has an API server on which pods run at once.
func mirroredWorld(t *testing.T) (*world, *mirror.Mirror, *mirrortest.Server) {
	t.Helper()
	w, server := newWorld(t), mirrortest.New(t)
	w.grant(group)
	api, err := mirror.New(server.Config())
	require.NoError(t, err)
	w.provider.Mirrored(func() (*mirror.Mirror, error) { return api, nil })
	server.Put(realSet, m{"status": running(1)})
	server.Put("/apis/discovery.k8s.io/v1/namespaces/shard-a/endpointslices/x", m{
		"metadata": m{"labels": m{"kubernetes.io/service-name": "prosody"}}, "endpoints": []any{m{}},
	})
	return w, api, server
}

// running is the status of a StatefulSet whose pods run, as its controller sees it.
func running(generation int) m {
	return m{
		"observedGeneration": generation, "replicas": 1, "readyReplicas": 1, "currentReplicas": 1,
		"currentRevision": "1", "updateRevision": "1",
	}
}

func TestObjectsAreAppliedToARealServerToo(t *testing.T) {
	t.Parallel()
	w, _, server := mirroredWorld(t)
	// What the server chooses is what the local cloud then says.
	server.Put(realService, m{"spec": m{"clusterIP": "10.30.0.99", "clusterIPs": []any{"10.30.0.99"}, "healthCheckNodePort": 31111}})
	w.create(namespaceToken, "space", namespace(nil))
	set := w.create(statefulSetToken, "prosody", statefulSet("prosody", "OnDelete"))
	w.create("kubernetes:core/v1:Secret", "keys", m{"metadata": m{"name": "keys", "namespace": "shard-a"}, "stringData": m{"a": "b"}})
	service := w.create(serviceToken, "prosody", balancer(nil))

	assert.Equal(t, m{"a": "Yg=="}, server.Object("/api/v1/namespaces/shard-a/secrets/keys")["data"])
	assert.NotContains(t, server.Object("/api/v1/namespaces/shard-a/secrets/keys"), "stringData")
	assert.Equal(t, "10.30.0.99", rpcprovider.Plain(service.outputs)["spec"].(m)["clusterIP"])
	assert.InDelta(t, 31111, rpcprovider.Plain(service.outputs)["spec"].(m)["healthCheckNodePort"], 0)
	address := server.Object(realService)["status"].(m)["loadBalancer"].(m)["ingress"].([]any)[0].(m)["ip"]
	assert.Equal(t, "10.10.1.10", address)
	sent := server.Requests(http.MethodPatch)
	assert.Equal(t, rpcprovider.Plain(set.outputs)["__fieldManager"], sent[1].Query.Get("fieldManager"))
	assert.NotContains(t, sent[1].Body, "status")

	changed := statefulSet("prosody", "OnDelete")
	specOf(changed)["template"].(m)["spec"].(m)["terminationGracePeriodSeconds"] = 99
	server.Put(realSet, m{"status": running(2)})
	w.update(set, changed)
	template := server.Object(realSet)["spec"].(m)["template"].(m)
	assert.InDelta(t, 99, template["spec"].(m)["terminationGracePeriodSeconds"], 0)

	w.delete(service)
	assert.Nil(t, server.Object(realService))
}

// What the API server refuses is an error in its words, and leaves no trace in the local cloud.
func TestWhatTheRealServerRefusesIsNotDone(t *testing.T) {
	t.Parallel()
	w, _, server := mirroredWorld(t)
	space := w.create(namespaceToken, "space", namespace(nil))
	set := w.create(statefulSetToken, "prosody", statefulSet("prosody", "OnDelete"))
	server.Refuse(func(r mirrortest.Request) *apierrors.StatusError {
		if r.Method == http.MethodGet {
			return nil
		}
		return apierrors.NewBadRequest("the real reason")
	})
	_, err := w.tryCreate(serviceToken, "prosody", balancer(nil))
	require.ErrorContains(t, err, "was not successfully created by the Kubernetes API server: the API server refuses it: the real reason")
	_, err = w.tryUpdate(set, statefulSet("prosody", "RollingUpdate"))
	require.ErrorContains(t, err, "the real reason")
	_, err = w.provider.Delete(t.Context(), plugin.DeleteRequest{
		URN: space.urn, Name: "space", Type: tokens.Type(namespaceToken), ID: space.id, Inputs: space.inputs, Outputs: space.outputs,
	})
	require.ErrorContains(t, err, "the real reason")

	server.Refuse(nil)
	assert.NotContains(t, w.logged(store.OpCreate), "shard-a/prosody-bridges")
	assert.Equal(t, "OnDelete", rpcprovider.Plain(w.read(set).Outputs)["spec"].(m)["updateStrategy"].(m)["type"])
	assert.NotEmpty(t, w.read(space).ID)
	w.create(serviceToken, "prosody", balancer(nil)) // had it been kept, it would exist already
}

func TestAnObjectIsReadyWhenTheRealOneIs(t *testing.T) {
	t.Parallel()
	w, _, server := mirroredWorld(t)
	w.create(namespaceToken, "space", namespace(nil))
	server.Put(realSet, m{"status": m{"observedGeneration": 1, "readyReplicas": 0, "currentReplicas": 1}})
	checked, reasons := w.check(statefulSetToken, "prosody", statefulSet("prosody", "OnDelete"))
	require.Empty(t, reasons)
	request := plugin.CreateRequest{
		URN: urnOf(statefulSetToken, "prosody"), Name: "prosody", Type: tokens.Type(statefulSetToken), Properties: checked, Timeout: 0.01,
	}
	_, err := w.provider.Create(t.Context(), request)
	told := strings.Join(pendingReasons(err), "\n")
	assert.Contains(t, told, "'prosody' timed out waiting to be Ready on the API server")
	assert.Contains(t, told, "0 out of 1 replicas succeeded readiness checks")

	w.delete(made{token: statefulSetToken, urn: request.URN, id: "shard-a/prosody"})
	server.Put(realSet, m{"status": m{"observedGeneration": 1}})
	ctx, cancel := context.WithCancel(t.Context())
	looks := len(server.Requests(http.MethodGet))
	go func() {
		for len(server.Requests(http.MethodGet)) == looks {
			runtime.Gosched() // until it is made and waits
		}
		cancel()
	}()
	request.Timeout = 60
	_, err = w.provider.Create(ctx, request)
	assert.Contains(t, strings.Join(pendingReasons(err), "\n"), "the wait for 'prosody' was canceled", "it is kept in the state")

	skipped := statefulSet("later", "OnDelete")
	skipped["metadata"].(m)["annotations"] = m{"pulumi.com/skipAwait": "true"}
	w.create(statefulSetToken, "later", skipped)
}

func TestPreviewsAskTheRealServer(t *testing.T) {
	t.Parallel()
	w, _, server := mirroredWorld(t)
	preview := func(inputs m) error {
		checked, reasons := w.check(statefulSetToken, "prosody", inputs)
		require.Empty(t, reasons)
		_, err := w.provider.Create(t.Context(), plugin.CreateRequest{
			URN: urnOf(statefulSetToken, "prosody"), Name: "prosody", Type: tokens.Type(statefulSetToken), Properties: checked, Preview: true,
		})
		return err
	}
	require.NoError(t, preview(statefulSet("prosody", "OnDelete")))
	require.Len(t, server.Requests(http.MethodPatch), 1)
	assert.Equal(t, "All", server.Requests(http.MethodPatch)[0].Query.Get("dryRun"))
	assert.NotContains(t, server.Object(realSet), "spec")

	unknown := statefulSet("prosody", "OnDelete")
	specOf(unknown)["serviceName"] = resource.MakeComputed(resource.NewStringProperty(""))
	require.NoError(t, preview(unknown))
	assert.Len(t, server.Requests(http.MethodPatch), 1, "what is not known yet cannot be asked about")

	w.create(namespaceToken, "space", namespace(nil))
	set := w.create(statefulSetToken, "prosody", statefulSet("prosody", "OnDelete"))
	server.Refuse(func(mirrortest.Request) *apierrors.StatusError { return apierrors.NewBadRequest("the real reason") })
	require.ErrorContains(t, preview(statefulSet("prosody", "OnDelete")), "the real reason")
	_, err := w.provider.Update(t.Context(), plugin.UpdateRequest{
		URN: set.urn, Name: "prosody", Type: tokens.Type(statefulSetToken), ID: set.id,
		OldInputs: set.inputs, OldOutputs: set.outputs, NewInputs: set.inputs, Preview: true,
	})
	require.ErrorContains(t, err, "the real reason")
	last := server.Requests(http.MethodPatch)
	assert.Equal(t, []string{"All", "false"}, []string{last[len(last)-1].Query.Get("dryRun"), last[len(last)-1].Query.Get("force")})
}

func TestAMirrorThatCannotBeOpenedIsAnUnreachableCluster(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.provider.Mirrored(func() (*mirror.Mirror, error) { return nil, errors.New("no kubeconfig") })
	_, err := w.tryCreate(namespaceToken, "space", namespace(nil))
	require.ErrorContains(t, err, "configured Kubernetes cluster is unreachable: no kubeconfig")
}

func TestAuditMirror(t *testing.T) {
	t.Parallel()
	w, api, server := mirroredWorld(t)
	operator := kubernetes.NewOperator(rpcprovider.Config{Store: w.cloud}, host)
	w.create(namespaceToken, "space", namespace(nil))
	// The stand-in knows no defaults: all of the local cloud's differ.
	found, err := operator.AuditMirror(t.Context(), api)
	require.NoError(t, err)
	require.Len(t, found, 2)
	assert.Equal(t, "Namespace shard-a: spec.finalizers is [kubernetes] here and missing on the API server", found[1].String())
	server.Put(realNamespace, m{
		"metadata": m{"labels": m{"kubernetes.io/metadata.name": "shard-a"}}, "spec": m{"finalizers": []any{"kubernetes"}},
	})
	found, err = operator.AuditMirror(t.Context(), api)
	require.NoError(t, err)
	assert.Empty(t, found)
	namespaces, err := object.ByToken(namespaceToken)
	require.NoError(t, err)
	require.NoError(t, api.Delete(t.Context(), namespaces, "", "shard-a"))
	found, err = operator.AuditMirror(t.Context(), api)
	require.NoError(t, err)
	require.Len(t, found, 1)
	assert.Equal(t, "metadata.name", found[0].Path)
}

package mirror_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"

	"jitsi-meet-azure/localcloud/kubernetes/mirror"
	"jitsi-meet-azure/localcloud/kubernetes/mirror/mirrortest"
	"jitsi-meet-azure/localcloud/kubernetes/object"
)

type m = map[string]any

// paths of objects on the API server.
const (
	web     = "/apis/apps/v1/namespaces/shard-a/deployments/web"
	jicofo  = "/apis/apps/v1/namespaces/shard-a/statefulsets/jicofo"
	prosody = "/api/v1/namespaces/shard-a/services/prosody"
	space   = "/api/v1/namespaces/shard-a"
)

func kindOf(t *testing.T, token string) object.Kind {
	t.Helper()
	kind, err := object.ByToken("kubernetes:" + token)
	require.NoError(t, err)
	return kind
}

func newMirror(t *testing.T) (*mirror.Mirror, *mirrortest.Server) {
	t.Helper()
	server := mirrortest.New(t)
	made, err := mirror.New(server.Config())
	require.NoError(t, err)
	return made, server
}

func deployment(t *testing.T) mirror.Patch {
	t.Helper()
	return mirror.Patch{
		Kind: kindOf(t, "apps/v1:Deployment"), Namespace: "shard-a", Name: "web", Manager: "pulumi-kubernetes-1a2b",
		Fields: m{
			"apiVersion": "apps/v1", "kind": "Deployment", "metadata": m{"name": "web", "namespace": "shard-a"},
			"spec": m{"template": m{"spec": m{"containers": []any{m{"name": "web", "image": "web:1"}}}}},
		},
	}
}

func TestApply(t *testing.T) {
	t.Parallel()
	api, server := newMirror(t)
	applied, err := api.Apply(t.Context(), deployment(t))
	require.NoError(t, err)
	assert.Equal(t, "web", applied.GetName())
	require.Len(t, server.Requests(http.MethodPatch), 1)
	sent := server.Requests(http.MethodPatch)[0]
	assert.Equal(t, web, sent.Path)
	assert.Equal(t, "pulumi-kubernetes-1a2b", sent.Query.Get("fieldManager"))
	assert.Equal(t, "false", sent.Query.Get("force"), "fields of others are not taken away")
	assert.Equal(t, "Strict", sent.Query.Get("fieldValidation"))
	assert.False(t, sent.Query.Has("dryRun"))
	assert.Equal(t, deployment(t).Fields, sent.Body, "the program's fields and no others: no replicas, no status")

	forced := deployment(t)
	forced.Fields["metadata"] = m{"generateName": "w", "annotations": m{"pulumi.com/patchForce": "true"}}
	_, err = api.Apply(t.Context(), forced)
	require.NoError(t, err)
	sent = server.Requests(http.MethodPatch)[1]
	assert.Equal(t, "true", sent.Query.Get("force"))
	assert.Equal(t, m{"name": "web", "annotations": m{"pulumi.com/patchForce": "true"}}, sent.Body["metadata"])
}

func TestWhatTheServerRefusesIsAnError(t *testing.T) {
	t.Parallel()
	api, server := newMirror(t)
	server.Refuse(func(mirrortest.Request) *apierrors.StatusError {
		return apierrors.NewBadRequest("unknown field \"spec.replica\"")
	})
	_, err := api.Apply(t.Context(), deployment(t))
	require.EqualError(t, err, `unknown field "spec.replica"`)
	server.Refuse(func(mirrortest.Request) *apierrors.StatusError {
		return apierrors.NewApplyConflict(nil, "conflict with \"kubectl\": .spec.replicas")
	})
	_, err = api.Apply(t.Context(), deployment(t))
	require.ErrorContains(t, err, `the field manager "pulumi-kubernetes-1a2b" applies: conflict with "kubectl": .spec.replicas`)
	require.ErrorContains(t, api.SetAddress(t.Context(), "shard-a", "prosody", corev1.LoadBalancerStatus{}), "Service prosody")
	_, _, err = api.Get(t.Context(), kindOf(t, "apps/v1:Deployment"), "shard-a", "web")
	require.ErrorContains(t, err, "read Deployment web")
	require.ErrorContains(t, api.Delete(t.Context(), kindOf(t, "apps/v1:Deployment"), "shard-a", "web"), "read Deployment web")
}

func TestPreview(t *testing.T) {
	t.Parallel()
	deployments := schema.GroupResource{Group: "apps", Resource: "deployments"}
	immutable := &apierrors.StatusError{ErrStatus: apierrors.NewInvalid(schema.GroupKind{Kind: "Deployment"}, "web", nil).ErrStatus}
	immutable.ErrStatus.Message += "spec.selector: field is immutable"
	cases := map[string]struct {
		refusal *apierrors.StatusError
		isNew   bool
		want    string
		// forces are the forced requests.
		forces []string
	}{
		"a new object":              {nil, true, "", []string{"true"}},
		"a changed object":          {nil, false, "", []string{"false"}},
		"a namespace to come":       {apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, "shard-a"), true, "", []string{"true"}},
		"a namespace that is gone":  {apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, "shard-a"), false, "not found", []string{"false"}},
		"no such kind":              {apierrors.NewNotFound(deployments, "web"), true, "not found", []string{"true"}},
		"refused":                   {apierrors.NewBadRequest("bad"), true, "bad", []string{"true"}},
		"replaced by the same name": {immutable, true, "", []string{"true", "true"}},
		"cannot be changed":         {immutable, false, "field is immutable", []string{"false"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api, server := newMirror(t)
			server.Refuse(func(r mirrortest.Request) *apierrors.StatusError {
				if r.Path != web {
					return nil // under the other name
				}
				return c.refusal
			})
			err := api.Preview(t.Context(), deployment(t), c.isNew)
			if c.want == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, c.want)
			}
			var forces []string
			for _, r := range server.Requests(http.MethodPatch) {
				assert.Equal(t, "All", r.Query.Get("dryRun"))
				forces = append(forces, r.Query.Get("force"))
			}
			assert.Equal(t, c.forces, forces)
			assert.Nil(t, server.Object(web))
		})
	}
}

func TestDelete(t *testing.T) {
	t.Parallel()
	api, server := newMirror(t)
	namespaces := kindOf(t, "core/v1:Namespace")
	require.NoError(t, api.Delete(t.Context(), namespaces, "", "shard-a"), "gone already")
	_, err := api.Apply(t.Context(), mirror.Patch{Kind: namespaces, Name: "shard-a", Fields: m{}})
	require.NoError(t, err)
	server.Linger(true)
	done := make(chan error, 1)
	go func() { done <- api.Delete(t.Context(), namespaces, "", "shard-a") }()
	require.Eventually(t, func() bool { return len(server.Requests(http.MethodDelete)) == 1 }, 10*time.Second, time.Millisecond)
	assert.Equal(t, m{"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Foreground"},
		server.Requests(http.MethodDelete)[0].Body)
	select {
	case err := <-done:
		require.Fail(t, "the namespace is there still", "%v", err)
	case <-time.After(300 * time.Millisecond):
	}
	server.Linger(false)
	require.NoError(t, <-done)
	assert.Nil(t, server.Object(space))

	_, err = api.Apply(t.Context(), mirror.Patch{Kind: namespaces, Name: "shard-a", Fields: m{}})
	require.NoError(t, err)
	server.Linger(true)
	stopped, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, api.Delete(stopped, namespaces, "", "shard-a"), context.DeadlineExceeded)
}

func TestAddress(t *testing.T) {
	t.Parallel()
	api, server := newMirror(t)
	server.Put(prosody, m{"metadata": m{"name": "prosody"}})
	mode := corev1.LoadBalancerIPModeVIP
	require.NoError(t, api.SetAddress(t.Context(), "shard-a", "prosody", corev1.LoadBalancerStatus{
		Ingress: []corev1.LoadBalancerIngress{{IP: "10.40.1.10", IPMode: &mode}},
	}))
	assert.Equal(t, prosody+"/status", server.Requests(http.MethodPatch)[0].Path)
	assert.Equal(t, m{"loadBalancer": m{"ingress": []any{m{"ip": "10.40.1.10", "ipMode": "VIP"}}}}, server.Object(prosody)["status"])
}

// A local cloud's objects must not reach a cluster that somebody uses.
func TestOnlyServersOnThisMachineAreMirroredTo(t *testing.T) {
	t.Parallel()
	for host, allowed := range map[string]bool{
		"https://127.0.0.1:6443": true, "https://[::1]:6443": true, "https://localhost:6443": false, "https://127.245.0.1:443": true,
		"https://aks-meet-prod.hcp.westeurope.azmk8s.io:443": false, "https://10.0.0.1:443": false, "https://127.0.0.1.example.org": false,
		"": false, "://": false,
	} {
		_, err := mirror.New(&rest.Config{Host: host})
		assert.Equal(t, allowed, err == nil, "%s: %v", host, err)
	}
	for what, config := range map[string]*rest.Config{
		"a proxy":         {Host: "https://127.0.0.1:6443", Proxy: http.ProxyFromEnvironment},
		"another name":    {Host: "https://127.0.0.1:6443", TLSClientConfig: rest.TLSClientConfig{ServerName: "aks-meet-prod"}},
		"any certificate": {Host: "https://127.0.0.1:6443", TLSClientConfig: rest.TLSClientConfig{Insecure: true}},
	} {
		_, err := mirror.New(config)
		require.ErrorContains(t, err, "loopback addresses only", what)
	}
	file := filepath.Join(t.TempDir(), "kubeconfig")
	require.NoError(t, os.WriteFile(file, []byte(`{"apiVersion":"v1","kind":"Config","current-context":"c",
		"clusters":[{"name":"c","cluster":{"server":"https://203.0.113.7:443"}}],"contexts":[{"name":"c","context":{"cluster":"c"}}]}`), 0o600))
	_, err := mirror.Open(file)
	require.ErrorContains(t, err, "loopback addresses only")
	_, err = mirror.Open(file + ".missing")
	require.ErrorIs(t, err, os.ErrNotExist)
}

// The bubble's time runs ahead at once, so that the whole patience of the real provider passes.
func TestPatienceIsThatOfTheRealProvider(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		done, err := mirror.Poll(t.Context(), mirror.ReadyTimeout, func(context.Context) (bool, error) { return false, nil })
		require.NoError(t, err)
		assert.False(t, done)
		assert.Equal(t, 10*time.Minute, time.Since(began))
		failed := errors.New("failed")
		_, err = mirror.Poll(t.Context(), time.Hour, func(context.Context) (bool, error) { return false, failed })
		require.ErrorIs(t, err, failed)
	})
	for kind, want := range map[string]time.Duration{
		"apps/v1:StatefulSet": 10 * time.Minute, "apps/v1:Deployment": 10 * time.Minute, "core/v1:Namespace": 5 * time.Minute,
	} {
		assert.Equal(t, want, mirror.DeletionTimeout(kindOf(t, kind)), kind)
	}
}

package mirror_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// brief is a time-out for objects that are not ready when they are looked at first.
const brief = time.Millisecond

func conditions(pairs ...string) []any {
	var all []any
	for i := 0; i < len(pairs); i += 3 {
		all = append(all, m{"type": pairs[i], "status": pairs[i+1], "reason": pairs[i+2], "message": "because " + pairs[i]})
	}
	return all
}

func TestReadiness(t *testing.T) {
	t.Parallel()
	rolled := conditions("Progressing", "True", "NewReplicaSetAvailable", "Available", "True", "MinimumReplicasAvailable")
	set := func(generation int64, strategy string, status m) m {
		return m{
			"metadata": m{"name": "jicofo", "namespace": "shard-a", "generation": generation},
			"spec":     m{"replicas": 1, "updateStrategy": m{"type": strategy}}, "status": status,
		}
	}
	cases := map[string]struct {
		token, path string
		object      m
		want        []string
	}{
		"a Deployment rolled out": {"apps/v1:Deployment", web, m{
			"metadata": m{"generation": 2}, "status": m{"observedGeneration": 2, "conditions": rolled},
		}, nil},
		"a Deployment not seen": {"apps/v1:Deployment", web, m{
			"metadata": m{"generation": 3}, "status": m{"observedGeneration": 2, "conditions": rolled},
		}, []string{"not seen by its controller yet"}},
		"a Deployment rolling": {"apps/v1:Deployment", web, m{
			"metadata": m{"generation": 2}, "spec": m{"replicas": 3},
			"status": m{
				"observedGeneration": 2, "updatedReplicas": 2, "availableReplicas": 1,
				"conditions": conditions("Progressing", "True", "ReplicaSetUpdated", "Available", "False", "", "ReplicaFailure", "True", ""),
			},
		}, []string{"2 out of 3 replicas are updated, 1 available: because Progressing", "because Available", "because ReplicaFailure"}},
		"a new set with its pods": {"apps/v1:StatefulSet", jicofo, set(1, "OnDelete", m{
			"observedGeneration": 1, "replicas": 1, "readyReplicas": 1, "currentReplicas": 1, "currentRevision": "a", "updateRevision": "a",
		}), nil},
		"a new set without": {"apps/v1:StatefulSet", jicofo, set(1, "OnDelete", m{
			"observedGeneration": 1, "replicas": 1, "currentReplicas": 1, "currentRevision": "a", "updateRevision": "a",
		}), []string{"0 out of 1 replicas succeeded readiness checks, 1 of the present revision"}},
		"a held set with a new template": {"apps/v1:StatefulSet", jicofo, set(2, "OnDelete", m{
			"observedGeneration": 2, "replicas": 1, "readyReplicas": 1, "currentRevision": "a", "updateRevision": "b",
		}), nil},
		"a rolling set with a new template": {"apps/v1:StatefulSet", jicofo, set(2, "RollingUpdate", m{
			"observedGeneration": 2, "replicas": 1, "readyReplicas": 1, "currentRevision": "a", "updateRevision": "b",
		}), []string{"1 out of 1 replicas succeeded readiness checks, 0 of the present", `failed to advance from revision "a" to revision "b"`}},
		"a set not seen": {"apps/v1:StatefulSet", jicofo, set(2, "OnDelete", m{
			"observedGeneration": 1, "replicas": 1, "readyReplicas": 1,
		}), []string{"not seen by its controller yet"}},
		"a headless Service":   {"core/v1:Service", prosody, m{"spec": m{"clusterIP": "None"}}, nil},
		"a name for elsewhere": {"core/v1:Service", prosody, m{"spec": m{"type": "ExternalName"}}, nil},
		"a Service without endpoints": {"core/v1:Service", prosody, m{
			"spec": m{"clusterIP": "10.245.0.7"}, "status": m{},
		}, []string{"Service does not target any Pods"}},
		"a load balancer without an address": {"core/v1:Service", prosody, m{
			"spec": m{"clusterIP": "None", "type": "LoadBalancer"}, "status": m{},
		}, []string{"Service was not allocated an IP address"}},
		"a load balancer": {"core/v1:Service", prosody, m{
			"spec": m{"clusterIP": "None", "type": "LoadBalancer"}, "status": m{"loadBalancer": m{"ingress": []any{m{"ip": "10.40.1.10"}}}},
		}, nil},
		"what nobody waits for": {"core/v1:Namespace", space, m{}, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api, server := newMirror(t)
			c.object["apiVersion"], c.object["kind"] = "v1", "x"
			server.Put(c.path, c.object)
			at := strings.Split(c.path, "/")
			reasons, err := api.Await(t.Context(), kindOf(t, c.token), "shard-a", at[len(at)-1], brief)
			require.NoError(t, err)
			require.Len(t, reasons, len(c.want), reasons)
			for i, want := range c.want {
				assert.Contains(t, reasons[i], want)
			}
		})
	}
}

// A Service is ready when it has endpoints, and whoever waits is told.
func TestAwaitingEndpoints(t *testing.T) {
	t.Parallel()
	api, server := newMirror(t)
	server.Put(prosody, m{"metadata": m{"name": "prosody", "namespace": "shard-a"}, "spec": m{"clusterIP": "10.245.0.7"}})
	slice := func(service, name string, endpoints ...any) {
		server.Put("/apis/discovery.k8s.io/v1/namespaces/shard-a/endpointslices/"+name, m{
			"metadata": m{"name": name, "labels": m{"kubernetes.io/service-name": service}}, "endpoints": endpoints,
		})
	}
	slice("jicofo", "of-another", m{"addresses": []any{"10.244.0.4"}})
	slice("prosody", "empty")
	services := kindOf(t, "core/v1:Service")
	reasons, err := api.Await(t.Context(), services, "shard-a", "prosody", brief)
	require.NoError(t, err)
	require.Len(t, reasons, 1)
	done := make(chan []string, 1)
	go func() {
		reasons, err := api.Await(t.Context(), services, "shard-a", "prosody", time.Minute)
		assert.NoError(t, err)
		done <- reasons
	}()
	slice("prosody", "full", m{"addresses": []any{"10.244.0.5"}, "conditions": m{"ready": false}})
	assert.Empty(t, <-done)

	_, err = api.Await(t.Context(), services, "shard-a", "gone", time.Minute)
	require.ErrorContains(t, err, "Service shard-a/gone was deleted while it was waited for")
}

// The reasons say what the pods wait for.
func TestReasonsOfPods(t *testing.T) {
	t.Parallel()
	api, server := newMirror(t)
	server.Put(jicofo, m{
		"metadata": m{"name": "jicofo", "namespace": "shard-a", "generation": 1},
		"spec":     m{"replicas": 1, "selector": m{"matchLabels": m{"app": "jicofo"}}},
	})
	pod := func(name, label string, status m) {
		server.Put("/api/v1/namespaces/shard-a/pods/"+name, m{"metadata": m{"name": name, "labels": m{"app": label}}, "status": status})
	}
	pod("jicofo-0", "jicofo", m{"conditions": []any{m{"type": "PodScheduled", "status": "False", "message": "0/9 nodes are available"}}})
	pod("jicofo-1", "jicofo", m{"containerStatuses": []any{m{"name": "jicofo", "state": m{"waiting": m{"reason": "CreateContainerConfigError"}}}}})
	pod("jicofo-2", "jicofo", m{})
	pod("jicofo-3", "jicofo", m{"conditions": []any{m{"type": "Ready", "status": "True"}}})
	pod("web-0", "web", m{})
	for name, about := range map[string]string{"a": "jicofo", "b": "jicofo-1", "c": "jicofo-3"} {
		server.Put("/api/v1/namespaces/shard-a/events/"+name, m{
			"metadata": m{"name": name}, "message": "told of " + about, "involvedObject": m{"kind": "X", "name": about},
		})
	}
	reasons, err := api.Await(t.Context(), kindOf(t, "apps/v1:StatefulSet"), "shard-a", "jicofo", brief)
	require.NoError(t, err)
	assert.Equal(t, []string{
		"not seen by its controller yet",
		"X jicofo: told of jicofo",
		"Pod jicofo-0 is not PodScheduled: 0/9 nodes are available",
		"Pod jicofo-1: container jicofo waits: CreateContainerConfigError ",
		"X jicofo-1: told of jicofo-1",
		"Pod jicofo-2 is not ready",
	}, reasons)
}

package proxy_test

import (
	"encoding/base64"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"jitsi-meet-azure/test/e2e/kubelet"
)

// The deployed text and programs, in the deployed pod, behind the deployed Services' names.
func TestTheDeployedFrontDoorRuns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for index := range proxies {
		require.Eventually(t, func() bool { return says(index, "/live") }, patience, 50*time.Millisecond, "%s is not alive", proxyName(index))
		assert.False(t, w.ready(t, index))
	}
	renewed := w.certificate(t)
	_, err := w.client.CoreV1().Secrets(namespace).Update(t.Context(), renewed, metav1.UpdateOptions{})
	require.NoError(t, err)
	for index := range proxies {
		require.Eventually(t, func() bool { return w.ready(t, index) }, patience, 100*time.Millisecond,
			"%s does not become ready:\n%s", proxyName(index), logOf(w, index))
	}
	roomsStay(t, w)
	shardsDrain(t, w)
	certificatesFollow(t, w, renewed)
	proxiesLeave(t, w)
	w.kubelet.Close()
	assert.Empty(t, w.left(t), "processes outlive the kubelet")
}

// logOf is what a proxy has printed, when it is printed.
func logOf(w *world, index int) lazy {
	return func() string {
		_, process, _ := w.kubelet.Running(namespace, proxyName(index))
		logger, is := process.(kubelet.Logger)
		if !is {
			return "it does not run"
		}
		logs, err := logger.Logs("haproxy")
		if err != nil {
			return err.Error()
		}
		defer logs.Close()
		text, _ := io.ReadAll(logs)
		return string(text)
	}
}

type lazy func() string

func (l lazy) String() string { return l() }

// All proxies bring a room to the same shard, and tell each other so.
func roomsStay(t *testing.T, w *world) {
	t.Helper()
	shards := map[string]int{}
	for _, room := range strings.Fields("red orange yellow green blue indigo violet black white grey") {
		shard := w.shardOf(t, room)
		shards[shard]++
		for range 6 {
			require.Equal(t, shard, w.shardOf(t, room), "room %s", room)
		}
	}
	assert.Len(t, shards, 2)
	for index := range proxies {
		require.Eventually(t, func() bool { return strings.Count(w.tell(t, index, "show table shards"), "server_key=") == 10 },
			patience, 100*time.Millisecond, "%s does not know all rooms", proxyName(index))
	}
}

// The operators' ConfigMap appears in the running proxies, and they obey it.
func shardsDrain(t *testing.T, w *world) {
	t.Helper()
	drained := &corev1.ConfigMap{ObjectMeta: named(namespace, "haproxy-drained"), Data: map[string]string{"a": "2026-01-01T00:00:00Z"}}
	_, err := w.client.CoreV1().ConfigMaps(namespace).Create(t.Context(), drained, metav1.CreateOptions{})
	require.NoError(t, err)
	for index := range proxies {
		for shard, want := range map[string]string{"a": "0", "b": "100"} {
			require.Eventually(t, func() bool {
				weight, _, _ := strings.Cut(w.tell(t, index, "get weight shards/"+shard), " ")
				return weight == want
			}, patience, 100*time.Millisecond, "shard %s does not come to weigh %s at %s", shard, want, proxyName(index))
		}
	}
}

func certificatesFollow(t *testing.T, w *world, renewed *corev1.Secret) {
	t.Helper()
	want := strings.ReplaceAll(string(renewed.Data["tls.crt"]), "\n", "")
	for again := range 3 * proxies { // the balancer chooses the proxy
		require.Eventually(t, func() bool {
			connection, err := w.connect(t.Context())
			if err != nil {
				return false
			}
			defer connection.Close()
			return strings.Contains(want, base64.StdEncoding.EncodeToString(connection.ConnectionState().PeerCertificates[0].Raw))
		}, patience, 100*time.Millisecond, "at connection %d there is the old certificate", again)
	}
}

// A proxy runs its stop script and ends; its users' connections end with it, and the others go on.
func proxiesLeave(t *testing.T, w *world) {
	t.Helper()
	pods := w.client.CoreV1().Pods(namespace)
	p, err := pods.Get(t.Context(), proxyName(2), metav1.GetOptions{})
	require.NoError(t, err)
	grace := int64(60)
	p.DeletionTimestamp, p.DeletionGracePeriodSeconds = &metav1.Time{Time: time.Now().Add(time.Minute)}, &grace
	began := time.Now()
	_, err = pods.Update(t.Context(), p, metav1.UpdateOptions{})
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		_, err := pods.Get(t.Context(), proxyName(2), metav1.GetOptions{})
		return err != nil
	}, patience, 50*time.Millisecond, "the proxy does not leave")
	assert.Less(t, time.Since(began), 30*time.Second, "it was killed instead of leaving")
	assert.True(t, w.ready(t, 0) && w.ready(t, 1))
	w.kubelet.FailZone("2")
	assert.False(t, says(1, "/live"))
	assert.True(t, says(0, "/live"))
}

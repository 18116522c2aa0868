package kubelet_test

import (
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func named(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Name: name, Namespace: namespace} }

func reference(name string) corev1.LocalObjectReference {
	return corev1.LocalObjectReference{Name: name}
}

// mounted gives a pod all kinds of volumes.
func mounted(p *corev1.Pod) {
	yes, mode := true, int32(0o440)
	p.Spec.Volumes = []corev1.Volume{
		{Name: "config", VolumeSource: corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{LocalObjectReference: reference("config")}}},
		{Name: "drained", VolumeSource: corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{
			LocalObjectReference: reference("drained"), Optional: &yes,
		}}},
		{Name: "secret", VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{
			SecretName: "secret", DefaultMode: &mode, Items: []corev1.KeyToPath{{Key: "password", Path: "deep/word"}},
		}}},
		{Name: "public", VolumeSource: corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{Sources: []corev1.VolumeProjection{
			{Secret: &corev1.SecretProjection{LocalObjectReference: reference("certificate")}},
			{Secret: &corev1.SecretProjection{LocalObjectReference: reference("override"), Optional: &yes}},
		}}}},
		{Name: "vault", VolumeSource: corev1.VolumeSource{CSI: &corev1.CSIVolumeSource{Driver: "secrets-store.csi.k8s.io"}}},
		{Name: "tmp", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}},
	}
	for _, volume := range p.Spec.Volumes {
		p.Spec.Containers[0].VolumeMounts = append(p.Spec.Containers[0].VolumeMounts,
			corev1.VolumeMount{Name: volume.Name, MountPath: "/mnt/" + volume.Name})
	}
}

func sources() (config *corev1.ConfigMap, secret, certificate *corev1.Secret) {
	return &corev1.ConfigMap{ObjectMeta: named("config"), Data: map[string]string{"a": "one"}, BinaryData: map[string][]byte{"b": {0, 1}}},
		&corev1.Secret{ObjectMeta: named("secret"), Data: map[string][]byte{"password": []byte("secret"), "other": nil}},
		&corev1.Secret{ObjectMeta: named("certificate"), Data: map[string][]byte{"tls.crt": []byte("first"), "tls.key": []byte("key")}}
}

func TestAPodFindsItsFiles(t *testing.T) {
	t.Parallel()
	config, secret, certificate := sources()
	w := newWorld(t, config, secret, certificate)
	w.create(t, haproxy(mounted))
	// What its files need is not all there.
	p := w.wait(t, "waiting", func(p *corev1.Pod) bool {
		return len(p.Status.ContainerStatuses) == 1 && p.Status.ContainerStatuses[0].State.Waiting != nil
	})
	assert.Equal(t, corev1.PodPending, p.Status.Phase)
	assert.Equal(t, "volume vault: the driver secrets-store.csi.k8s.io: the vault does not answer",
		p.Status.ContainerStatuses[0].State.Waiting.Message)
	assert.Zero(t, w.starts())
	text := "from the vault"
	w.secret.Store(&text)

	mounts := w.start(t, 1).sandbox.Mounts["haproxy"]
	assert.Equal(t, "one", read(mounts["/mnt/config"], "a"))
	assert.Equal(t, "\x00\x01", read(mounts["/mnt/config"], "b"))
	assert.Equal(t, "secret", read(mounts["/mnt/secret"], "deep/word"))
	assert.Equal(t, "absent", read(mounts["/mnt/secret"], "other"))
	assert.Equal(t, "first", read(mounts["/mnt/public"], "tls.crt"))
	assert.Equal(t, "from the vault", read(mounts["/mnt/vault"], "tls"))
	assert.DirExists(t, mounts["/mnt/tmp"])
	assert.DirExists(t, mounts["/mnt/drained"])
	found, err := os.Stat(filepath.Join(mounts["/mnt/secret"], "deep", "word"))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o440), found.Mode().Perm())
}

func read(folder, name string) string {
	text, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		return "absent"
	}
	return string(text)
}

func TestFilesFollow(t *testing.T) {
	t.Parallel()
	config, secret, certificate := sources()
	w := newWorld(t, config, secret, certificate)
	text := "from the vault"
	w.secret.Store(&text)
	w.create(t, haproxy(mounted))
	mounts := w.start(t, 1).sandbox.Mounts["haproxy"]
	become := func(volume, name, want string) {
		t.Helper()
		require.Eventually(t, func() bool { return read(mounts["/mnt/"+volume], name) == want }, patience, 5*time.Millisecond,
			"%s of %s does not become %q", name, volume, want)
	}
	core := w.client.CoreV1()

	_, err := core.ConfigMaps(namespace).Create(t.Context(), &corev1.ConfigMap{ObjectMeta: named("drained"), Data: map[string]string{"a": "now"}}, metav1.CreateOptions{})
	require.NoError(t, err)
	become("drained", "a", "now")
	require.NoError(t, core.ConfigMaps(namespace).Delete(t.Context(), "drained", metav1.DeleteOptions{}))
	become("drained", "a", "absent")

	config.Data = map[string]string{"c": "three"}
	_, err = core.ConfigMaps(namespace).Update(t.Context(), config, metav1.UpdateOptions{})
	require.NoError(t, err)
	become("config", "c", "three")
	become("config", "a", "absent")
	assert.Equal(t, "\x00\x01", read(mounts["/mnt/config"], "b"))

	override := certificate.DeepCopy()
	override.Name, override.Data = "override", map[string][]byte{"tls.crt": []byte("second")}
	_, err = core.Secrets(namespace).Create(t.Context(), override, metav1.CreateOptions{})
	require.NoError(t, err)
	become("public", "tls.crt", "second")
	assert.Equal(t, "key", read(mounts["/mnt/public"], "tls.key"))
	// One that must be there and is gone leaves the files as they were.
	require.NoError(t, core.Secrets(namespace).Delete(t.Context(), "certificate", metav1.DeleteOptions{}))
	override.Data["tls.crt"] = []byte("third")
	_, err = core.Secrets(namespace).Update(t.Context(), override, metav1.UpdateOptions{})
	require.NoError(t, err)
	require.Never(t, func() bool { return read(mounts["/mnt/public"], "tls.crt") != "second" }, 300*time.Millisecond, 10*time.Millisecond)

	renewed := "renewed"
	w.secret.Store(&renewed)
	become("vault", "tls", "renewed")
}

func TestFilesAreSeenWhole(t *testing.T) {
	t.Parallel()
	config, secret, certificate := sources()
	w := newWorld(t, config, secret, certificate)
	text := "x"
	w.secret.Store(&text)
	w.create(t, haproxy(mounted))
	folder := w.start(t, 1).sandbox.Mounts["haproxy"]["/mnt/config"]
	whole := func(letter byte) string {
		made := make([]byte, 1<<20)
		for index := range made {
			made[index] = letter
		}
		return string(made)
	}
	texts := []string{whole('a'), whole('b')}
	var torn, looks atomic.Int32
	stop := make(chan struct{})
	reader := make(chan struct{})
	go func() {
		defer close(reader)
		for {
			select {
			case <-stop:
				return
			default:
			}
			if seen := read(folder, "a"); seen != "one" && seen != texts[0] && seen != texts[1] {
				torn.Add(1)
			}
			looks.Add(1)
		}
	}()
	for round := range 20 {
		config.Data["a"] = texts[round%2]
		_, err := w.client.CoreV1().ConfigMaps(namespace).Update(t.Context(), config, metav1.UpdateOptions{})
		require.NoError(t, err)
		require.Eventually(t, func() bool { return read(folder, "a") == texts[round%2] }, patience, time.Millisecond)
	}
	close(stop)
	<-reader
	assert.Zero(t, torn.Load(), "of %d looks", looks.Load())
}

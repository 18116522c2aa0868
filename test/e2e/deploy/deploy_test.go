package deploy_test

import (
	"archive/zip"
	"bytes"
	"context"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"

	"jitsi-meet-azure/autoscale/engine"
	"jitsi-meet-azure/functions/reaper/settings"
	"jitsi-meet-azure/test/e2e/controlplane"
	"jitsi-meet-azure/test/e2e/deploy"
	"jitsi-meet-azure/test/output"
)

// One environment, from its plan to a day-2 change, without an API server.
func TestADeployment(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "deployment")
	said := &output.Buffer{}
	d, err := deploy.New(t.Context(), deploy.Options{
		Stack: "dev", Folder: folder, Output: said, Changes: map[string]any{"autoscale.maximum": 4, "tags.costCentre": "0815"},
	})
	require.NoError(t, err)
	assert.Equal(t, 4, d.Settings().Autoscale.Maximum)
	planned, err := d.Pools()
	require.NoError(t, err)
	poolsOfDev(t, planned)
	pods, services, err := d.Networks()
	require.NoError(t, err)
	assert.Equal(t, []netip.Prefix{d.Settings().Network.Pods, d.Settings().Network.Services}, []netip.Prefix{pods, services})

	require.NoError(t, d.Up(t.Context()))
	deployed, err := d.Pools()
	require.NoError(t, err)
	assert.Equal(t, planned, deployed)
	told, err := d.Outputs(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "full", told.Phase)
	assert.Contains(t, told.Kubeconfig, "client-key-data")
	log, err := os.ReadFile(filepath.Join(folder, "pulumi.log"))
	require.NoError(t, err)
	assert.Equal(t, string(log), said.String())
	assert.NotContains(t, string(log), "client-key-data", "secrets are no news")
	assert.Contains(t, string(log), "front-door-proxies created")

	autoscaleIsDeployed(t, d, told.Shards["a"].ScaleSetID)
	appIsDeployed(t, d)
	newMachinesBootTheNewestImage(t, d, told.Shards["a"].ScaleSetID)
	aChangeIsDeployed(t, d)

	_, err = deploy.New(t.Context(), deploy.Options{Stack: "dev", Folder: folder})
	require.ErrorContains(t, err, "is in use")
}

func poolsOfDev(t *testing.T, pools []controlplane.Pool) {
	t.Helper()
	shapes := map[string]int{}
	for _, p := range pools {
		shapes[p.Name+" in "+p.Zone] = p.Nodes
	}
	assert.Equal(t, map[string]int{"system in 1": 2, "system in 2": 1, "system in 3": 1, "zone1 in 1": 2, "zone2 in 2": 2}, shapes)
	first := pools[len(pools)-1]
	assert.Equal(t, "shards", first.Labels["meet.jitsi/pool"])
	assert.Equal(t, "westeurope-2", first.Labels[corev1.LabelTopologyZone])
	assert.Equal(t, []corev1.Taint{{Key: "meet.jitsi/shard", Value: "true", Effect: corev1.TaintEffectNoSchedule}}, first.Taints)
	assert.Equal(t, int64(3860), first.Allocatable.Cpu().MilliValue())
}

func autoscaleIsDeployed(t *testing.T, d *deploy.Deployment, set string) {
	t.Helper()
	deployed, err := d.AutoscaleSettings()
	require.NoError(t, err)
	require.Len(t, deployed, 2)
	_, err = engine.Parse(deployed[set])
	require.NoError(t, err, string(deployed[set]))
	assert.Contains(t, string(deployed[set]), `"maximum":"4"`)
}

func appIsDeployed(t *testing.T, d *deploy.Deployment) {
	t.Helper()
	environ, pkg, err := d.App()
	require.NoError(t, err)
	read, err := settings.Parse(environ)
	require.NoError(t, err)
	assert.Len(t, read.Targets, 2)
	archive, err := zip.NewReader(bytes.NewReader(pkg), int64(len(pkg)))
	require.NoError(t, err)
	for _, name := range []string{"host.json", "reaper/function.json", "handler"} {
		_, err := archive.Open(name)
		require.NoError(t, err)
	}
}

func newMachinesBootTheNewestImage(t *testing.T, d *deploy.Deployment, set string) {
	t.Helper()
	require.NoError(t, d.PublishImage(t.Context(), "1.0.1"))
	require.NoError(t, d.Azure().SetCapacity(set, 2))
	machines, err := d.Azure().Instances(set)
	require.NoError(t, err)
	require.Len(t, machines, 2)
	assert.Equal(t, []string{"1.0.0", "1.0.1"}, []string{machines[0].ImageVersion, machines[1].ImageVersion})
}

func aChangeIsDeployed(t *testing.T, d *deploy.Deployment) {
	t.Helper()
	require.NoError(t, d.Set("jitsi.imageTag", "stable-11146-9"))
	seen, err := d.Preview(t.Context())
	require.NoError(t, err)
	assert.Contains(t, seen, "ghcr.io/jitsi/jicofo:stable-11146-9")
	require.NoError(t, d.Up(t.Context()))
	assert.Equal(t, "stable-11146-9", d.Settings().Jitsi.ImageTag)

	require.NoError(t, d.Set("jitsi.imageTag", "no tag"))
	require.ErrorContains(t, d.Up(t.Context()), "jitsi.imageTag")
	require.NoError(t, d.Set("jitsi.imageTag", "stable-11146-9"))
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, d.Up(stopped), context.Canceled)
}

// What the engine refuses is in the error, with the reason.
func TestARefusedDeploymentSaysWhy(t *testing.T) {
	t.Parallel()
	_, err := deploy.New(t.Context(), deploy.Options{
		Stack: "dev", Folder: t.TempDir(), Changes: map[string]any{"autoscale.maximum": 99},
	})
	require.ErrorContains(t, err, "autoscale.maximum is 99")
	_, err = deploy.New(t.Context(), deploy.Options{Stack: "moon", Folder: t.TempDir()})
	require.ErrorContains(t, err, "Pulumi.moon.yaml")
	_, err = deploy.New(t.Context(), deploy.Options{Stack: "dev", Folder: t.TempDir(), Root: t.TempDir()})
	require.ErrorContains(t, err, "Pulumi.dev.yaml")

	d, err := deploy.New(t.Context(), deploy.Options{
		Stack: "dev", Folder: t.TempDir(), Kubeconfig: filepath.Join(t.TempDir(), "missing"),
	})
	require.NoError(t, err)
	_, _, err = d.App()
	require.ErrorContains(t, err, "no app is deployed")
	_, err = d.Audit(t.Context())
	require.Error(t, err)
	err = d.Up(t.Context())
	require.ErrorContains(t, err, "configured Kubernetes cluster is unreachable")
	assert.LessOrEqual(t, strings.Count(err.Error(), "\n"), 32, "only the end of the log")
}

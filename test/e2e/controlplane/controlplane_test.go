package controlplane

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
)

func TestNamesAndNetworksOfNodes(t *testing.T) {
	t.Parallel()
	c := &ControlPlane{options: Options{Pods: netip.MustParsePrefix("10.244.0.0/22"), KubeletPort: 10_250}}
	taken := map[string]bool{"aks-system-1-vmss000000": true, "10.244.0.0/24": true}
	var names, networks []string
	for range 3 {
		node, err := c.node(Pool{Name: "system", Zone: "1"}, taken)
		require.NoError(t, err)
		names, networks = append(names, node.Name), append(networks, node.Spec.PodCIDR)
	}
	assert.Equal(t, []string{"aks-system-1-vmss000001", "aks-system-1-vmss000002", "aks-system-1-vmss000003"}, names)
	assert.Equal(t, []string{"10.244.1.0/24", "10.244.2.0/24", "10.244.3.0/24"}, networks)
	_, err := c.node(Pool{Name: "system", Zone: "1"}, taken)
	require.ErrorContains(t, err, "no /24 of 10.244.0.0/22 is free")
}

func TestNodesDoNotShareTheirPoolsMaps(t *testing.T) {
	t.Parallel()
	c := &ControlPlane{options: Options{Pods: netip.MustParsePrefix("10.244.0.0/16")}}
	pool := Pool{Name: "system", Zone: "1", Labels: map[string]string{"a": "b"}, Allocatable: corev1.ResourceList{}}
	_, err := c.node(pool, map[string]bool{})
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"a": "b"}, pool.Labels)
	assert.Empty(t, pool.Allocatable)
}

func TestWhatAKSInstalls(t *testing.T) {
	t.Parallel()
	objects, err := decode(aks)
	require.NoError(t, err)
	var standard, names []string
	for _, object := range objects {
		names = append(names, object.GetKind()+" "+object.GetName())
		if object.GetAnnotations()["storageclass.kubernetes.io/is-default-class"] == "true" {
			standard = append(standard, object.GetName())
		}
	}
	assert.Equal(t, []string{"default"}, standard)
	assert.Subset(t, names, []string{
		"StorageClass managed-csi", "CSIDriver secrets-store.csi.k8s.io",
		"CustomResourceDefinition secretproviderclasses.secrets-store.csi.x-k8s.io",
	})
}

func TestIntervalsAreThoseOfThePrograms(t *testing.T) {
	t.Parallel()
	arguments := map[string]string{}
	for _, argument := range append((Options{}).controllers().arguments, (Options{}).kwok().arguments...) {
		name, value, _ := strings.Cut(argument, "=")
		arguments[strings.TrimPrefix(name, "--")] = value
	}
	shortened := 0
	for _, interval := range Intervals() {
		assert.NotEmpty(t, interval.Why, interval.Name)
		assert.LessOrEqual(t, interval.Real, interval.Usual, interval.Name)
		if value, given := arguments[interval.Name]; given {
			assert.Equal(t, interval.Real.String(), value, interval.Name)
			shortened++
		}
	}
	assert.Equal(t, 3, shortened)
	assert.Equal(t, "8", arguments["node-lease-duration-seconds"])
	assert.Greater(t, nodeGrace, 4*leaseRenewal, "a node that misses a few renewals is not lost")
	assert.Equal(t, "node-monitor-period: 1s instead of 5s (only saves work)", Intervals()[3].String())
}

func TestNoPortIsGivenTwice(t *testing.T) {
	t.Parallel()
	given := map[uint16]bool{}
	for range 20 {
		p, err := freePorts(t.Context())
		require.NoError(t, err)
		for _, port := range []uint16{p.etcd, p.etcdPeers, p.server} {
			assert.False(t, given[port], "%d", port)
			given[port] = true
		}
	}
}

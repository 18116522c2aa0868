package deploy

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"

	"k8s.io/apimachinery/pkg/api/equality"

	"jitsi-meet-azure/localcloud/kubernetes"
	"jitsi-meet-azure/localcloud/kubernetes/mirror"
	"jitsi-meet-azure/test/e2e/controlplane"
	"jitsi-meet-azure/test/e2e/deploy/plan"
)

// Pools are the cluster's node pools, one entry for each zone of each, sorted by name, with the labels and taints that AKS gives
// their nodes: before the first Up as planned, later as deployed. Nobody plays the cluster autoscaler, so there are as many
// nodes as there are with it at its maximum.
func (d *Deployment) Pools() ([]controlplane.Pool, error) {
	told, err := d.plan()
	if err != nil {
		return nil, err
	}
	return pools(told)
}

// Networks are the ranges of the cluster's pods and services: before the first Up as configured, later as deployed.
func (d *Deployment) Networks() (pods, services netip.Prefix, err error) {
	d.mu.Lock()
	deployed, configured := d.deployed, d.settings.Network
	d.mu.Unlock()
	if !deployed {
		return configured.Pods, configured.Services, nil
	}
	told, err := d.plan()
	if err != nil {
		return pods, services, err
	}
	return told.Networks()
}

func (d *Deployment) plan() (kubernetes.Plan, error) {
	d.mu.Lock()
	deployed := d.deployed
	d.mu.Unlock()
	if !deployed {
		return d.planned, nil
	}
	operator, err := d.Kubernetes()
	if err != nil {
		return kubernetes.Plan{}, err
	}
	return operator.Plan()
}

// makePlan has Pulumi plan the first Up. Its JSON preview would be simpler, but cannot show secrets.
func (d *Deployment) makePlan(ctx context.Context) (kubernetes.Plan, error) {
	file := filepath.Join(filepath.Dir(d.config), "plan.json")
	if _, err := d.run(ctx, call{command: "preview", args: []string{"--save-plan", file}}); err != nil {
		return kubernetes.Plan{}, err
	}
	document, err := os.ReadFile(file)
	if err != nil {
		return kubernetes.Plan{}, fmt.Errorf("read the plan: %w", err)
	}
	cluster, pools, err := plan.Read(document)
	if err != nil {
		return kubernetes.Plan{}, err
	}
	return kubernetes.Plan{Cluster: cluster, Pools: pools}, nil
}

// verify holds the deployed cluster against what was planned, and a control plane made for.
func (d *Deployment) verify() error {
	deployed, err := d.plan()
	if err != nil {
		return err
	}
	before, err := pools(d.planned)
	if err != nil {
		return err
	}
	after, err := pools(deployed)
	if err != nil {
		return err
	}
	if !equality.Semantic.DeepEqual(before, after) {
		return fmt.Errorf("the cluster has other node pools than were planned: %v, not %v", after, before)
	}
	configured := d.Settings().Network
	pods, services, err := deployed.Networks()
	if err == nil && (pods != configured.Pods || services != configured.Services) {
		err = fmt.Errorf("the cluster has the networks %s and %s, not %s and %s as configured", pods, services,
			configured.Pods, configured.Services)
	}
	return err
}

// Kubernetes is the operator of the deployed cluster in the local cloud.
func (d *Deployment) Kubernetes() (*kubernetes.Operator, error) {
	hosts, err := kubernetes.Hosts(d.cloud)
	if err != nil {
		return nil, err
	}
	if len(hosts) != 1 {
		return nil, fmt.Errorf("%d clusters are deployed, not one", len(hosts))
	}
	return kubernetes.NewOperator(d.cloud, hosts[0]), nil
}

// Audit compares every Kubernetes object of the local cloud with what the API server made of it. Differences mean that the
// local cloud takes something for a default that is none, or misses one, or that somebody has changed the object since.
func (d *Deployment) Audit(ctx context.Context) ([]mirror.Difference, error) {
	api, err := mirror.Open(d.kubeconfig)
	if err != nil {
		return nil, err
	}
	operator, err := d.Kubernetes()
	if err != nil {
		return nil, err
	}
	return operator.AuditMirror(ctx, api)
}

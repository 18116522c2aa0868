package day

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"

	"jitsi-meet-azure/functions/reaper/bridgetest"
	"jitsi-meet-azure/haproxy/config"
	"jitsi-meet-azure/internal/naming"
	"jitsi-meet-azure/internal/publiccert"
	"jitsi-meet-azure/signalling/names"
	"jitsi-meet-azure/test/e2e/azure"
	"jitsi-meet-azure/test/e2e/controlplane"
	"jitsi-meet-azure/test/e2e/function"
	"jitsi-meet-azure/test/e2e/kubelet"
	"jitsi-meet-azure/test/e2e/meeting"
	"jitsi-meet-azure/test/e2e/network"
	"jitsi-meet-azure/test/e2e/pod"
	"jitsi-meet-azure/test/e2e/proxy"
)

// kubeletPort is the kubelets' usual one.
const kubeletPort = 10250

// startCluster starts a control plane with the nodes that the configuration's pools have.
func (w *World) startCluster(ctx context.Context) error {
	plane, err := controlplane.Start(ctx, w.clusterOptions())
	if err != nil {
		return err
	}
	w.plane = plane
	w.atEnd(func() { _ = plane.Close() })
	if w.client, err = kubernetes.NewForConfig(plane.REST()); err != nil {
		return fmt.Errorf("a client of the cluster: %w", err)
	}
	pools, err := w.deployment.Pools()
	if err != nil {
		return err
	}
	if err := plane.AddPools(ctx, pools); err != nil {
		return err
	}
	plane.Usage(w.usage)
	return nil
}

// milliPerUser is what the web servers of a shard need for one user, and idleMilli for nobody, in thousandths of a processor. The
// first is made up so that a peak calls for more web servers: what is tried is the autoscaler, not nginx.
const milliPerUser, idleMilli = 3, 10

// usage is what the metrics API tells of a pod: web servers share the load of their shard.
func (w *World) usage(p *corev1.Pod) (milliCPU int64, known bool) {
	shard, isShard := strings.CutPrefix(p.Namespace, naming.Names{}.ShardNamespace(""))
	w.mu.Lock()
	meetings, webs := w.shards[shard], w.webs[shard]
	w.mu.Unlock()
	if !isShard || meetings == nil || p.Labels[names.NameLabel] != names.Web || webs == 0 {
		return idleMilli, true
	}
	people, _ := meetings.Load()
	return idleMilli + int64(people*milliPerUser/webs), true
}

func (w *World) startNodes(ctx context.Context) error {
	// Whoever watches the API server ends before it does.
	ctx, stop := context.WithCancel(ctx)
	w.atEnd(stop)
	cluster, err := network.Watch(ctx, w.client)
	if err != nil {
		return err
	}
	dns, err := network.NewDNS(ctx, cluster, netip.MustParseAddrPort("127.0.0.1:0"))
	if err != nil {
		return err
	}
	w.atEnd(dns.Close)
	if w.balancer, err = network.NewBalancer(ctx, cluster, w.note); err != nil {
		return err
	}
	for _, shard := range w.settings.Shards {
		w.mu.Lock() // The metrics API asks already.
		w.shards[shard.Name] = meeting.New(shard.Name, w.clk, w.recordMeeting)
		w.mu.Unlock()
	}
	w.pods, err = kubelet.Start(ctx, kubelet.Options{
		Client: w.client, Folder: w.folder("pods"), Images: w.image, Nameserver: dns.Address(), Port: kubeletPort, Log: w.note,
	})
	if err != nil {
		return err
	}
	w.atEnd(w.pods.Close)
	return nil
}

// relayPrefix begins the names of the relays, which run beside the front door; their shard's name follows.
const relayPrefix = "turn-"

// image is what stands for a pod's containers.
func (w *World) image(p *corev1.Pod) pod.Image {
	if p.Namespace == (naming.Names{}).FrontDoorNamespace() && p.Labels[names.NameLabel] == config.StatefulSetName {
		return proxy.Image{Forget: roomsForgotten}
	}
	shard, _ := strings.CutPrefix(p.Namespace, naming.Names{}.ShardNamespace(""))
	if relayed, isRelay := strings.CutPrefix(p.Labels[names.NameLabel], relayPrefix); isRelay {
		shard = relayed
	}
	if meetings := w.shards[shard]; meetings != nil {
		return meetings.Image(p)
	}
	return nil
}

func (w *World) deploy(ctx context.Context) error {
	if err := w.deployment.Up(ctx); err != nil {
		return err
	}
	read, err := w.deployment.Outputs(ctx)
	w.outputs = read
	return err
}

// startAzure plays the scale sets that the outputs name, with the settings and machines that were deployed.
func (w *World) startAzure(ctx context.Context) error {
	settings, err := w.deployment.AutoscaleSettings()
	if err != nil {
		return err
	}
	var shards []azure.Shard
	for _, name := range w.shardNames() {
		told := w.outputs.Shards[name]
		machines, err := w.machines(told.ScaleSetID)
		if err != nil {
			return err
		}
		shards = append(shards, azure.Shard{
			Name: name, Zone: strconv.Itoa(told.Zone), ScaleSetID: told.ScaleSetID, BridgeSubnet: w.subnet(name),
			Autoscale: settings[told.ScaleSetID], Machines: machines,
		})
		w.beginRun(shards[len(shards)-1])
	}
	if err := os.MkdirAll(w.folder("azure"), 0o700); err != nil {
		return fmt.Errorf("a folder for Azure: %w", err)
	}
	w.cloud, err = azure.Start(ctx, azure.Options{
		Clock: w.clk, Shards: shards, Folder: w.folder("azure"), Change: w.change, Deleted: w.deployment.Azure().DeleteMachine,
		Booted: func(shard string, bridge *bridgetest.Bridge) { w.shards[shard].AddBridge(bridge) },
		Log:    w.recordAzure,
	})
	if err != nil {
		return err
	}
	w.atEnd(w.cloud.Close)
	return nil
}

func (w *World) subnet(shard string) (prefix netip.Prefix) {
	for _, s := range w.settings.Shards {
		if s.Name == shard {
			prefix = s.BridgeSubnet
		}
	}
	return prefix
}

// machines are those that the local cloud has in a scale set.
func (w *World) machines(scaleSetID string) ([]azure.Machine, error) {
	instances, err := w.deployment.Azure().Instances(scaleSetID)
	if err != nil {
		return nil, fmt.Errorf("the machines of %s: %w", scaleSetID, err)
	}
	machines := make([]azure.Machine, 0, len(instances))
	for _, m := range instances {
		machines = append(machines, azure.Machine{VMID: m.VMID, Instance: m.ID, Image: m.ImageVersion, Created: w.clk.At(m.Created)})
	}
	return machines, nil
}

// change has the local cloud make or delete machines, by its own rules: the newest image, the prefix's room.
func (w *World) change(scaleSetID string, capacity int) ([]azure.Machine, error) {
	if err := w.deployment.Azure().SetCapacity(scaleSetID, capacity); err != nil {
		return nil, err
	}
	return w.machines(scaleSetID)
}

func (w *World) startReaper(ctx context.Context) error {
	environ, content, err := w.deployment.App()
	if err != nil {
		return err
	}
	if err := w.runReaper(environ); err != nil {
		return err
	}
	address, certificate := w.cloud.Endpoint()
	w.reaper, err = function.Start(ctx, function.Options{
		Clock: w.clk, Folder: w.folder("function"), Package: content, Environ: environ,
		ResourceManager: address, Metrics: address, ResourceManagerCertificate: certificate,
		Log: func(line string) { w.note("%s", line) },
	})
	if err != nil {
		return err
	}
	w.atEnd(func() { _ = w.reaper.Close() })
	return nil
}

// nodeZone is what nodes call an availability zone.
func (w *World) nodeZone(zone string) string { return w.settings.Location + "-" + zone }

// certificateSecret is the TLS secret that the proxies show.
func (w *World) certificateSecret() string {
	if w.settings.FrontDoor.CertificateSecret != "" {
		return w.settings.FrontDoor.CertificateSecret
	}
	return publiccert.GeneratedSecret
}

// roomsForgotten stands for the five minutes that a proxy remembers a room after its last request: in real time they would be half a
// day on the clock, and no shard would ever be empty. Clients ask more often to the same degree, so that a room is never forgotten
// while somebody is in it.
const roomsForgotten, clientsCheck = 25 * time.Second, 6 * time.Second

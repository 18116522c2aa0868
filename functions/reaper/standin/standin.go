// Package standin surrounds the built reaper with everything that it meets in Azure, on the loopback address: a resource
// manager and a store of metrics over TLS, App Service's source of tokens, storage tables (Azurite, over TLS and with tokens),
// bridges at addresses of their own, and Jicofo. The program is told of them by its ordinary settings; it has no switch for
// tests.
package standin

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"net/http/httptest"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"jitsi-meet-azure/functions/reaper/appservicetest"
	"jitsi-meet-azure/functions/reaper/armtest"
	"jitsi-meet-azure/functions/reaper/bridgetest"
	"jitsi-meet-azure/functions/reaper/metricstest"
	"jitsi-meet-azure/functions/reaper/remember/azuritetest"
	"jitsi-meet-azure/functions/reaper/settings"
)

const (
	bridgePort = 8080
	jicofoPort = 8888
	// clientID is the identity that the reaper acts as.
	clientID = "11111111-2222-3333-4444-555555555555"
)

// Profiles are autoscale profiles with a minimum of one bridge at any time.
const Profiles = `{"version":1,"profiles":[{"name":"always","minimum":1,"maximum":16,"default":1,"rules":[],"recurrence":` +
	`{"timeZone":"UTC","days":["Monday","Tuesday","Wednesday","Thursday","Friday","Saturday","Sunday"],"hour":0,"minute":0}}]}`

// World is the reaper's surroundings.
type World struct {
	// Cloud is Azure Resource Manager.
	Cloud *armtest.Cloud
	// Metrics is the part of Azure Monitor that takes metrics.
	Metrics *metricstest.Store
	// Settings are what the reaper is told; change them before the first Environ.
	Settings settings.Settings

	// Network is the second number of all addresses of bridges and Jicofos.
	Network byte

	arm     *httptest.Server
	metrics *httptest.Server
	machine *appservicetest.Machine
	jicofos map[string]*bridgetest.Jicofo
	hosts   []*bridgetest.Server
	now     func() time.Time
	next    int
}

// New makes surroundings without shards. The addresses of bridges and Jicofos are 127.network.x.y, so worlds with different
// numbers, 1 to 254, do not meet. The account's tables must exist in Azurite. The cloud's time is that of the bridges too. Close
// ends the world.
func New(azurite *azuritetest.Server, account string, network byte, cloud armtest.Settings) (*World, error) {
	trusted, err := os.ReadFile(azurite.CertificateFile)
	if err != nil {
		return nil, fmt.Errorf("reading Azurite's certificate: %w", err)
	}
	w := &World{
		Cloud: armtest.New(cloud), Metrics: metricstest.New(cloud.Now), Network: network, jicofos: map[string]*bridgetest.Jicofo{},
		now: cloud.Now,
	}
	if w.now == nil {
		w.now = time.Now
	}
	// Both have the certificate of package httptest.
	w.arm, w.metrics = httptest.NewTLSServer(w.Cloud), httptest.NewTLSServer(w.Metrics)
	own := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: w.arm.Certificate().Raw})
	if w.machine, err = appservicetest.New(clientID, trusted, own); err != nil {
		w.arm.Close()
		w.metrics.Close()
		return nil, fmt.Errorf("the reaper's machine: %w", err)
	}
	w.Settings = settings.Settings{
		Environment: "test", Schedule: "0 * * * * *", MinimumUptime: 55 * time.Minute, MaximumAge: 24 * time.Hour,
		StuckAfter: 30 * time.Minute, BootDeadline: 20 * time.Minute, DeadAfter: 15 * time.Minute, Retention: 24 * time.Hour,
		ResourceManager: w.arm.URL, MetricsEndpoint: w.metrics.URL, TableEndpoint: azurite.Endpoint(account) + "/", ClientID: clientID,
	}
	return w, nil
}

// Close ends the world.
func (w *World) Close() {
	for _, host := range w.hosts {
		host.Close()
	}
	w.arm.Close()
	w.metrics.Close()
	w.machine.Close()
}

// AddShard adds a shard without bridges.
func (w *World) AddShard(ctx context.Context, name string) error {
	id := ScaleSet(name)
	if err := w.Cloud.AddSet(id); err != nil {
		return err
	}
	address := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, w.Network, 255, byte(len(w.Settings.Targets) + 1)}), jicofoPort)
	jicofo := bridgetest.NewJicofo()
	if err := w.serve(ctx, address, jicofo); err != nil {
		return err
	}
	w.jicofos[name] = jicofo
	w.Settings.Targets = append(w.Settings.Targets, settings.Target{
		Shard: name, ScaleSetID: id, Jicofo: "http://" + address.String(), Profiles: json.RawMessage(Profiles),
	})
	return nil
}

func (w *World) serve(ctx context.Context, address netip.AddrPort, host bridgetest.Host) error {
	server, err := bridgetest.Serve(ctx, address, host)
	if err != nil {
		return fmt.Errorf("a stand-in at %s: %w", address, err)
	}
	w.hosts = append(w.hosts, server)
	return nil
}

// ScaleSet is the resource id of a shard's scale set.
func ScaleSet(shard string) string {
	return "/subscriptions/00000000-0000-0000-0000-00000000c10d/resourceGroups/rg-meet-test" +
		"/providers/Microsoft.Compute/virtualMachineScaleSets/vmss-meet-test-" + shard
}

// Jicofo is a shard's.
func (w *World) Jicofo(shard string) *bridgetest.Jicofo { return w.jicofos[shard] }

// AddMachine adds a machine to a shard that was made some time ago. Nothing answers at its address.
func (w *World) AddMachine(shard string, age time.Duration) (armtest.Machine, error) {
	w.next++
	address := netip.AddrFrom4([4]byte{127, w.Network, byte(w.next / 250), byte(w.next%250 + 1)})
	return w.Cloud.AddMachine(ScaleSet(shard), armtest.Machine{Created: w.now().Add(-age), Address: address, Image: "1.0.0"})
}

// AddBridge adds a machine to a shard that was made some time ago, with a bridge that has run for nearly as long.
func (w *World) AddBridge(ctx context.Context, shard string, age time.Duration) (*bridgetest.Bridge, error) {
	machine, err := w.AddMachine(shard, age)
	if err != nil {
		return nil, err
	}
	bridge := bridgetest.New(bridgetest.Settings{
		Nickname: machine.VMID, Now: w.now, Starts: machine.Created.Add(min(age, 30*time.Second)), StoppingDelay: 2 * time.Second,
	})
	w.jicofos[shard].Add(bridge)
	return bridge, w.serve(ctx, netip.AddrPortFrom(machine.Address, bridgePort), bridge)
}

// Environ is the environment in which the program meets this world: the app's settings, and what App Service adds.
func (w *World) Environ() ([]string, error) {
	values, err := w.Settings.Values()
	if err != nil {
		return nil, fmt.Errorf("the reaper's settings: %w", err)
	}
	if len(w.Settings.Targets) == 0 {
		return nil, errors.New("the world has no shard")
	}
	environ := w.machine.Environ()
	for _, name := range slices.Sorted(maps.Keys(values)) {
		environ = append(environ, name+"="+strings.TrimSpace(values[name]))
	}
	return environ, nil
}

// Package azure plays Azure for the system test: scale sets whose machines boot bridges, Azure Monitor's autoscale engine over
// the deployed settings, the resource manager that the reaper talks to and the part of Azure Monitor that takes its metrics, and zones
// that fail. Everything goes by one clock.
//
// Which machines there are is the local cloud's business, as it was the deployment's: this package asks it for more
// ([Options.Change]) and tells it which one the reaper deleted ([Options.Deleted]). What is played here is what they do.
package azure

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"time"

	"jitsi-meet-azure/autoscale/engine"
	"jitsi-meet-azure/functions/reaper/armtest"
	"jitsi-meet-azure/functions/reaper/bridgetest"
	"jitsi-meet-azure/functions/reaper/metricstest"
	"jitsi-meet-azure/internal/clock"
)

// How long things take, on the clock.
const (
	// step is how often this package looks around, and how often it measures.
	step = 15 * time.Second
	// EngineEvery is how often the autoscale engine runs; longestRun is the most that Azure documents.
	// Source: Azure docs, autoscale-understanding-settings.
	EngineEvery = 45 * time.Second
	longestRun  = time.Minute
	// DeletionTime is how long a machine is shown as being deleted, listLag how far the lists are behind. Azure documents neither, nor
	// the next; these are of the usual size.
	DeletionTime = 90 * time.Second
	listLag      = 10 * time.Second
	// MetricsLag is how far the machines' metrics are behind, for the engine as for the reaper.
	MetricsLag = 90 * time.Second
	// CustomLag is how far metrics that somebody publishes are behind: the minute, and up to 30 seconds in nearly all cases.
	// Source: Azure docs, metrics-custom-overview.
	CustomLag = time.Minute
	// UsualBoot is the default of [Options.BootTime].
	UsualBoot  = 3 * time.Minute
	bridgePort = 8080
)

// Options are what Azure is played with.
type Options struct {
	Clock clock.Clock
	// Shards are the deployed scale sets with their settings.
	Shards []Shard
	// Change asks for so many machines in a scale set and returns those that there are then. An error is Azure's refusal: the
	// engine tries again on its next run. Calls never overlap, also not with Deleted.
	Change func(scaleSetID string, capacity int) ([]Machine, error)
	// Deleted tells that the reaper deleted a machine.
	Deleted func(scaleSetID, instance string) error
	// BootTime is from a machine's creation to its bridge's first answer, on the clock; zero for 3 minutes.
	BootTime time.Duration
	// Booted is called with every bridge that came up. A machine whose zone failed gets a new one afterwards.
	Booted func(shard string, bridge *bridgetest.Bridge)
	// Folder is where the certificate of the resource manager is written.
	Folder string
	// Assumptions are about what Azure does not document of its engine. Their Delay is not used: each metric has its own.
	Assumptions engine.Assumptions
	// Log is told each event, in order; nil for nobody. It must not call the cloud.
	Log func(Event)

	// virtual leaves sockets out, for tests in virtual time.
	virtual bool
}

// Shard is a deployed scale set.
type Shard struct {
	Name, Zone, ScaleSetID string
	// BridgeSubnet is where the machines' addresses are from. A bridge at 10.b.c.d is played at 127.b.c.d.
	BridgeSubnet netip.Prefix
	// Autoscale is the setting as deployed; see [engine.Parse] for its forms.
	Autoscale []byte
	// Machines are what there is at the start.
	Machines []Machine
}

// Machine is one machine of a scale set, as the local cloud has it.
type Machine struct {
	VMID, Instance, Image string
	// Created is when it was made, on the clock; zero for now. It counts for the machines at the start alone: one that comes
	// later is made when it comes.
	Created time.Time
}

// Cloud is Azure, alive. It may be used by several goroutines.
type Cloud struct {
	options   Options
	arm       *armtest.Cloud
	published *metricstest.Store
	server    *httptest.Server
	authority string
	stop      context.CancelFunc
	done      sync.WaitGroup

	// scaling is held while the number of machines of any set changes; it comes before mu.
	scaling sync.Mutex

	mu         sync.Mutex
	shards     []*shard
	failed     map[string]bool
	events     []Event
	violations []string
}

// shard is a scale set with its engine.
type shard struct {
	Shard

	setting  engine.Setting
	state    engine.State
	ran      time.Time
	profile  string
	refused  string
	machines []*machine
	next     netip.Addr
	floor    floor
}

// Start plays Azure until ctx ends or [Cloud.Close].
func Start(ctx context.Context, o Options) (*Cloud, error) {
	if o.BootTime == 0 {
		o.BootTime = UsualBoot
	}
	o.Assumptions.Delay = 0 // The metrics come late by themselves.
	if err := o.validate(); err != nil {
		return nil, fmt.Errorf("playing Azure: %w", err)
	}
	c := &Cloud{options: o, failed: map[string]bool{}, published: metricstest.New(o.Clock.Now)}
	c.arm = armtest.New(armtest.Settings{
		Now: o.Clock.Now, DeletionTime: DeletionTime, Lag: listLag, MetricsLag: MetricsLag, OnDelete: c.deleted,
	})
	if err := c.add(); err != nil {
		return nil, fmt.Errorf("playing Azure: %w", err)
	}
	if err := c.listen(); err != nil {
		return nil, fmt.Errorf("playing Azure: %w", err)
	}
	ctx, c.stop = context.WithCancel(ctx)
	c.done.Go(func() { c.run(ctx) })
	return c, nil
}

func (o Options) validate() error {
	var problems []error
	missing := map[string]bool{
		"Change": o.Change == nil, "Deleted": o.Deleted == nil, "Booted": o.Booted == nil, "Shards": len(o.Shards) == 0,
		"Folder": o.Folder == "" && !o.virtual,
	}
	for _, name := range []string{"Change", "Deleted", "Booted", "Shards", "Folder"} {
		if missing[name] {
			problems = append(problems, fmt.Errorf("%s is missing", name))
		}
	}
	if o.BootTime < 0 {
		problems = append(problems, fmt.Errorf("a boot time of %s", o.BootTime))
	}
	names := map[string]bool{}
	for _, s := range o.Shards {
		if s.Name == "" || s.Zone == "" || names[s.Name] {
			problems = append(problems, fmt.Errorf("shard %q has no name or no zone, or is there twice", s.Name))
		}
		names[s.Name] = true
		if !s.BridgeSubnet.IsValid() || !s.BridgeSubnet.Addr().Is4() {
			problems = append(problems, fmt.Errorf("shard %q: %s is no subnet of IPv4", s.Name, s.BridgeSubnet))
		}
	}
	return errors.Join(problems...)
}

// add adds the shards with the machines that there are.
func (c *Cloud) add() error {
	now := c.options.Clock.Now()
	var problems []error
	for _, given := range c.options.Shards {
		setting, err := engine.Parse(given.Autoscale)
		if err != nil {
			problems = append(problems, fmt.Errorf("shard %s: %w", given.Name, err))
		}
		s := &shard{Shard: given, setting: setting.Assume(c.options.Assumptions), next: first(given.BridgeSubnet)}
		c.shards = append(c.shards, s)
		if err := c.arm.AddSet(given.ScaleSetID); err != nil {
			problems = append(problems, fmt.Errorf("shard %s: %w", given.Name, err))
			continue
		}
		for _, m := range given.Machines {
			if m.Created.IsZero() {
				m.Created = now
			}
			if err := c.addMachine(s, m, now); err != nil {
				problems = append(problems, err)
			}
		}
	}
	return errors.Join(problems...)
}

// listen opens the resource manager, and what takes metrics.
func (c *Cloud) listen() error {
	if c.options.virtual {
		return nil
	}
	c.server = httptest.NewTLSServer(http.HandlerFunc(c.serve))
	c.authority = filepath.Join(c.options.Folder, "resource-manager.pem")
	encoded := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.server.Certificate().Raw})
	if err := os.WriteFile(c.authority, encoded, 0o600); err != nil {
		c.server.Close()
		return fmt.Errorf("writing the certificate of the resource manager: %w", err)
	}
	return nil
}

// Endpoint is where the resource manager answers and metrics are taken, over TLS, and the file with the certificate to trust.
func (c *Cloud) Endpoint() (url, certificateFile string) { return c.server.URL, c.authority }

// Close ends Azure with all its bridges, and waits for that.
func (c *Cloud) Close() {
	c.stop()
	c.done.Wait()
	if c.server != nil {
		c.server.CloseClientConnections()
		c.server.Close()
	}
	for _, m := range c.all() {
		m.shut()
	}
}

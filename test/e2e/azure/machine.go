package azure

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"jitsi-meet-azure/functions/reaper/armtest"
	"jitsi-meet-azure/functions/reaper/bridgetest"
	"jitsi-meet-azure/test/e2e/azure/load"
	"jitsi-meet-azure/test/e2e/loopback"
)

// machine is a machine with what it does; Cloud.mu guards it.
type machine struct {
	Machine

	shard   *shard
	address netip.Addr
	// provisioned says that Azure shows it as made.
	provisioned bool
	// boots is when its bridge comes up; zero where it has, or where nothing will.
	boots time.Time
	// gone is when a deleted machine is; zero for one that is not deleted.
	gone   time.Time
	closed bool
	lost   bool
	bridge *bridgetest.Bridge
	server *bridgetest.Server

	// minutes are the measurements of the minutes that are over, current those of the one that begins at minute.
	minutes map[time.Time]load.Sample
	minute  time.Time
	current []load.Sample
}

// reserved are the addresses at the beginning of a subnet that Azure keeps for itself; it keeps the last one, too.
// Source: Azure docs, virtual-networks-faq.
const reserved = 4

// first is the first address of a subnet that a machine can have.
func first(subnet netip.Prefix) netip.Addr {
	address := subnet.Masked().Addr()
	for range reserved {
		address = address.Next()
	}
	return address
}

// take finds an address for a machine, in turn, so that nobody meets a new machine under an old address soon.
func (s *shard) take() (netip.Addr, error) {
	used := map[netip.Addr]bool{}
	for _, m := range s.machines {
		used[m.address] = used[m.address] || !m.closed
	}
	for range 1 << (32 - s.BridgeSubnet.Bits()) {
		found := s.next
		if s.next = found.Next(); !s.BridgeSubnet.Contains(s.next) {
			s.next = first(s.BridgeSubnet) // The last address is not for machines either.
		} else if !used[found] {
			return found, nil
		}
	}
	return netip.Addr{}, fmt.Errorf("the subnet %s of shard %s is full", s.BridgeSubnet, s.Name)
}

// addMachine takes a machine in. The caller holds mu, or is alone.
func (c *Cloud) addMachine(s *shard, given Machine, now time.Time) error {
	if given.VMID == "" || given.Instance == "" {
		return fmt.Errorf("a machine of shard %s has no vmId or no instance id", s.Name)
	}
	address, err := s.take()
	if err != nil {
		return err
	}
	m := &machine{
		Machine: given, shard: s, address: address, minutes: map[time.Time]load.Sample{}, boots: given.Created.Add(c.options.BootTime),
	}
	provisioning := "Creating"
	if m.provisioned = c.made(m, now); m.provisioned {
		provisioning = "Succeeded"
	}
	if _, err := c.arm.AddMachine(s.ScaleSetID, armtest.Machine{
		VMID: given.VMID, Instance: given.Instance, Image: given.Image, Created: given.Created,
		Address: loopback.Of(address), Provisioning: provisioning, Traffic: c.traffic(m),
	}); err != nil {
		return fmt.Errorf("a machine of shard %s: %w", s.Name, err)
	}
	s.machines = append(s.machines, m)
	return nil
}

// made says that Azure is done with making a machine, which takes a third of the time until its bridge is up.
func (c *Cloud) made(m *machine, now time.Time) bool {
	return !now.Before(m.Created.Add(c.options.BootTime / 3))
}

// traffic is what Azure measures of a machine, for the reaper.
func (c *Cloud) traffic(m *machine) func(minute time.Time) (received, sent float64, known bool) {
	return func(minute time.Time) (received, sent float64, known bool) {
		c.mu.Lock()
		defer c.mu.Unlock()
		sample, known := m.minutes[minute.UTC()]
		return sample.In, sample.Out, known
	}
}

// boot starts the bridge of a machine if it is time.
func (c *Cloud) boot(ctx context.Context, m *machine, now time.Time) {
	c.mu.Lock()
	if m.boots.IsZero() || now.Before(m.boots) || m.lost || !m.gone.IsZero() {
		c.mu.Unlock()
		return
	}
	bridge := bridgetest.New(bridgetest.Settings{Nickname: m.VMID, Now: c.options.Clock.Now, Stress: load.Stress})
	address := netip.AddrPortFrom(loopback.Of(m.address), bridgePort)
	if !c.options.virtual {
		server, err := bridgetest.Serve(ctx, address, bridge)
		if err != nil {
			if !errors.Is(err, context.Canceled) {
				c.note(m.shard, m, Trouble, fmt.Sprintf("no bridge at %s, trying again: %v", address, err))
			}
			c.mu.Unlock()
			return
		}
		m.server = server
	}
	m.bridge, m.boots = bridge, time.Time{}
	c.note(m.shard, m, Booted, "bridge at "+address.String())
	c.mu.Unlock()
	c.options.Booted(m.shard.Name, bridge)
}

// destroy takes the machine from under its bridge: whoever asks it hears nothing any more.
func (m *machine) destroy() {
	m.boots, m.current = time.Time{}, nil
	if m.bridge != nil {
		m.bridge.Destroy()
	}
}

// shut closes the machine's socket.
func (m *machine) shut() {
	if m.server != nil {
		m.server.Close()
	}
}

func (m *machine) state() State {
	switch {
	case !m.gone.IsZero():
		return Deleted
	case m.lost:
		return Dead
	case m.bridge == nil || !m.boots.IsZero():
		return Booting
	case !m.bridge.Alive():
		return Stopped
	case draining(m.bridge):
		return Draining
	default:
		return Serving
	}
}

func (m *machine) status() Status {
	s := Status{Machine: m.Machine, State: m.state()}
	switch s.State {
	case Serving, Draining:
		s.Conferences, s.Participants = m.bridge.Load()
		s.CPU = m.load().CPU
	case Booting, Stopped:
		s.CPU = m.load().CPU
	default:
	}
	return s
}

// load is the machine's at this moment.
func (m *machine) load() load.Sample {
	if m.state() == Booting {
		return load.Booting()
	}
	_, participants := m.bridge.Load()
	return load.Of(participants)
}

// measure takes a sample. A minute is over when the first sample of a later one is taken; if this program was too busy to take
// any for a while, the minutes between are as that sample: Azure would have measured something.
func (m *machine) measure(now time.Time) {
	if m.lost || !m.gone.IsZero() || !m.provisioned {
		return
	}
	minute, sample := now.UTC().Truncate(time.Minute), m.load()
	if len(m.current) > 0 && !minute.Equal(m.minute) {
		m.minutes[m.minute] = load.Mean(m.current)
		for between := m.minute.Add(time.Minute); between.Before(minute); between = between.Add(time.Minute) {
			m.minutes[between] = sample
		}
		m.current = nil
	}
	m.minute = minute
	m.current = append(m.current, sample)
}

// Package armtest plays Azure Resource Manager for tests, as far as the reaper meets it: the two lists of a Uniform scale
// set, the call that deletes its instances, and the metrics of its machines. Lists and deletions go through the fake servers
// that are generated with the SDK, so that bodies have the form that the SDK expects.
//
// A [Cloud] is brought up to date by the clock whenever somebody asks, so that it works with the virtual time of
// testing/synctest. It is a transport of the SDK, and an [http.Handler] for programs that run outside of the test.
package armtest

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	azfake "github.com/Azure/azure-sdk-for-go/sdk/azcore/fake"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v7"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/network/armnetwork/v7"
)

// Settings are what a cloud is made from; the zero value is a quick and consistent one.
type Settings struct {
	// PageSize is how many machines or interfaces a page has; all of them if it is zero.
	PageSize int
	// Now is the time in this cloud; nil for the real one. Latency is in real time all the same.
	Now func() time.Time
	// Latency is how long every answer takes.
	Latency time.Duration
	// DeletionTime is how long a machine is shown as being deleted before it is gone.
	DeletionTime time.Duration
	// Lag is how far in the past the lists are: machines appear in them, and turn to being deleted, that much later.
	Lag time.Duration
	// MetricsLag is how far the metrics are behind.
	MetricsLag time.Duration
	// OnDelete is called when Azure accepts that a machine is deleted, once for each; nil for nobody.
	OnDelete func(scaleSetID string, machine Machine)
}

// Machine is one machine of a scale set. [Cloud.AddMachine] fills in what is left empty, except for Address and Image.
type Machine struct {
	// VMID is its identity and Instance its id within the set.
	VMID, Instance string
	// Created is when it was made; the zero value stands for now, and Timeless for a machine of which Azure does not say.
	Created  time.Time
	Timeless bool
	// Address is the private address of its network interface; invalid for none.
	Address netip.Addr
	// Image is the exact version of its image.
	Image string
	// Provisioning and Power are its states in Azure's words; "Succeeded" and "running" if empty.
	Provisioning, Power string
	// Traffic says how many bytes it received and sent within a minute, and whether Azure knows; nil for a megabyte each.
	Traffic func(minute time.Time) (received, sent float64, known bool)
}

// Cloud plays the resource manager. It may be used by several goroutines.
type Cloud struct {
	settings Settings

	mu      sync.Mutex
	sets    map[string]*set
	faults  map[Call][]Fault
	calls   map[Call]int
	deleted []string
	made    int
	// distortVMs and distortNICs change the lists before they are paged.
	distortVMs  func([]*armcompute.VirtualMachineScaleSetVM) []*armcompute.VirtualMachineScaleSetVM
	distortNICs func([]*armnetwork.Interface) []*armnetwork.Interface
}

// set is one scale set.
type set struct {
	id, subscription, group, name string
	machines                      []*machine
	next                          int
}

// machine is a machine with what happened to it; a zero time has not happened.
type machine struct {
	Machine
	added, accepted time.Time
}

// New returns a cloud without scale sets.
func New(settings Settings) *Cloud {
	return &Cloud{
		settings: settings, sets: map[string]*set{}, faults: map[Call][]Fault{}, calls: map[Call]int{},
	}
}

// now is the time.
func (c *Cloud) now() time.Time {
	if c.settings.Now != nil {
		return c.settings.Now()
	}
	return time.Now()
}

// Credential is one that the cloud accepts.
func Credential() azcore.TokenCredential { return &azfake.TokenCredential{} }

// AddMachine adds a machine to a scale set, which comes into being with its first one, and returns it as it is listed.
func (c *Cloud) AddMachine(scaleSetID string, m Machine) (Machine, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, err := c.set(scaleSetID)
	if err != nil {
		return Machine{}, err
	}
	if m.Instance == "" {
		m.Instance = strconv.Itoa(s.next)
	}
	if m.VMID == "" {
		m.VMID = fmt.Sprintf("00000000-0000-4000-8000-%012x", c.made)
	}
	s.next++
	c.made++
	if m.Created.IsZero() {
		m.Created = c.now()
	}
	m.Provisioning, m.Power = or(m.Provisioning, "Succeeded"), or(m.Power, "running")
	s.machines = append(s.machines, &machine{Machine: m, added: m.Created})
	return m, nil
}

// AddSet adds a scale set without machines.
func (c *Cloud) AddSet(scaleSetID string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, err := c.set(scaleSetID)
	return err
}

// Update changes a machine; false if there is none with that vmId.
func (c *Cloud) Update(vmID string, change func(*Machine)) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.sets {
		for _, m := range s.machines {
			if m.VMID == vmID {
				change(&m.Machine)
				return true
			}
		}
	}
	return false
}

// Machines are those of a scale set that are there at this moment, whatever the lists still or already say; being deleted is
// being there.
func (c *Cloud) Machines(scaleSetID string) []Machine {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, found := c.sets[strings.ToLower(scaleSetID)]
	if !found {
		return nil
	}
	return s.at(c.now(), c.settings.DeletionTime)
}

// Calls says how many requests there were of each kind. Each page of a list is a request.
func (c *Cloud) Calls() map[Call]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.calls)
}

// Deleted are the vmIds of the machines whose deletion was accepted, in that order.
func (c *Cloud) Deleted() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.deleted)
}

// Distort changes the lists before they are answered; nil leaves one as it is.
func (c *Cloud) Distort(
	vms func([]*armcompute.VirtualMachineScaleSetVM) []*armcompute.VirtualMachineScaleSetVM,
	nics func([]*armnetwork.Interface) []*armnetwork.Interface,
) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.distortVMs, c.distortNICs = vms, nics
}

// set finds or makes a scale set.
func (c *Cloud) set(id string) (*set, error) {
	if found, there := c.sets[strings.ToLower(id)]; there {
		return found, nil
	}
	parts := paths.FindStringSubmatch(id + "/delete")
	if parts == nil {
		return nil, fmt.Errorf("%q is not the id of a scale set", id)
	}
	made := &set{id: id, subscription: parts[1], group: parts[2], name: parts[3]}
	c.sets[strings.ToLower(id)] = made
	return made, nil
}

// at are the machines that were there at a moment, in the state in which they were then as far as deletions go.
func (s *set) at(moment time.Time, deletion time.Duration) []Machine {
	var there []Machine
	for _, m := range s.machines {
		seen := m.Machine
		switch {
		case m.added.After(moment):
			continue
		case !m.accepted.IsZero() && !moment.Before(m.accepted.Add(deletion)):
			continue
		case !m.accepted.IsZero() && !moment.Before(m.accepted):
			seen.Provisioning = "Deleting"
		}
		there = append(there, seen)
	}
	return there
}

func or(value, instead string) string {
	if value == "" {
		return instead
	}
	return value
}

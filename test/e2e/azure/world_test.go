package azure_test

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/functions/reaper/armtest"
	"jitsi-meet-azure/functions/reaper/bridgetest"
	"jitsi-meet-azure/functions/reaper/discover"
	"jitsi-meet-azure/internal/clock"
	"jitsi-meet-azure/test/e2e/azure"
)

// setID is the scale set of shard a.
const setID = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-meet-dev/providers/" +
	"Microsoft.Compute/virtualMachineScaleSets/vmss-meet-dev-a"

// local is a local cloud with one scale set.
type local struct {
	mu       sync.Mutex
	machines []azure.Machine
	next     int
	image    string
	most     int
	asked    int
}

func (l *local) add() {
	l.machines = append(l.machines, azure.Machine{
		VMID: fmt.Sprintf("00000000-0000-4000-8000-%012d", l.next), Instance: strconv.Itoa(l.next), Image: l.image,
	})
	l.next++
}

// set changes what the local cloud has room for and makes machines from.
func (l *local) set(most int, image string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.most, l.image = most, image
}

func (l *local) change(_ string, capacity int) ([]azure.Machine, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked++
	if capacity > l.most {
		return nil, errors.New("the prefix is used up")
	}
	for len(l.machines) < capacity {
		l.add()
	}
	l.machines = l.machines[:capacity]
	return slices.Clone(l.machines), nil
}

func (l *local) deleted(_, instance string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	before := len(l.machines)
	l.machines = slices.DeleteFunc(l.machines, func(m azure.Machine) bool { return m.Instance == instance })
	if len(l.machines) == before {
		return errors.New("no such instance")
	}
	return nil
}

// world is Azure with what is around it in a test.
type world struct {
	*testing.T
	*azure.Cloud

	clock   clock.Clock
	local   *local
	bridges map[string]*bridgetest.Bridge // the latest by vmId
	booted  int
}

// usual is the setting of the documentation: at least 1 bridge and at most 14, one more every night at four in Berlin.
func usual(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile("../../../autoscale/render/testdata/usual.golden.json")
	require.NoError(t, err)
	return text
}

// play starts Azure in virtual time with some machines that were made a day ago. No minute of it takes any.
func play(t *testing.T, starts string, machines, most int, setting []byte) *world {
	t.Helper()
	bridgetest.Begin()
	at, err := time.Parse(time.RFC3339, starts)
	require.NoError(t, err)
	w := &world{T: t, local: &local{image: "1.0.0", most: most}, bridges: map[string]*bridgetest.Bridge{}}
	w.clock, err = clock.Start(at, 100) // whole nanoseconds for whole seconds
	require.NoError(t, err)
	for range machines {
		w.local.add()
	}
	there := slices.Clone(w.local.machines)
	for i := range there {
		there[i].Created = at.Add(-24 * time.Hour)
	}
	w.Cloud, err = azure.Start(t.Context(), azure.Virtual(azure.Options{
		Clock: w.clock, Change: w.local.change, Deleted: w.local.deleted,
		Shards: []azure.Shard{{
			Name: "a", Zone: "1", ScaleSetID: setID, BridgeSubnet: netip.MustParsePrefix("10.40.2.0/24"), Autoscale: setting, Machines: there,
		}},
		Booted: func(shard string, b *bridgetest.Bridge) {
			assert.Equal(t, "a", shard)
			w.local.mu.Lock()
			defer w.local.mu.Unlock()
			w.bridges[b.Nickname()] = b
			w.booted++
		},
	}))
	require.NoError(t, err)
	t.Cleanup(w.Close)
	w.pass(5 * time.Second) // What the test does is never at the moment at which Azure looks around.
	return w
}

// pass lets time pass on the clock.
func (w *world) pass(how time.Duration) {
	w.Helper()
	require.NoError(w, w.clock.Sleep(w.Context(), how))
}

// bridge is the one of the machine with some instance id.
func (w *world) bridge(instance int) *bridgetest.Bridge {
	w.Helper()
	w.local.mu.Lock()
	defer w.local.mu.Unlock()
	b := w.bridges[fmt.Sprintf("00000000-0000-4000-8000-%012d", instance)]
	require.NotNil(w, b, "no bridge on machine %d", instance)
	return b
}

// states are the machines' instances with their states.
func (w *world) states() string {
	var all []string
	for _, m := range w.Fleet("a") {
		all = append(all, m.Instance+" "+string(m.State))
	}
	return strings.Join(all, ", ")
}

// story are the events of some kinds: when in UTC, what, who and why.
func (w *world) story(kinds ...azure.Kind) []string {
	var told []string
	for _, e := range w.Events() {
		if slices.Contains(kinds, e.Kind) {
			told = append(told, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", e.At.UTC().Format("15:04:05"), e.Kind, e.Machine.Instance, e.Text)))
		}
	}
	return told
}

// reaper is how the reaper asks.
func (w *world) reaper() *discover.Azure {
	w.Helper()
	asks, err := discover.New(armtest.Credential(), "https://management.azure.com", w.ResourceManager())
	require.NoError(w, err)
	return asks
}

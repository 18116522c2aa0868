package discover_test

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"jitsi-meet-azure/functions/reaper/armtest"
	"jitsi-meet-azure/functions/reaper/discover"
	"jitsi-meet-azure/functions/reaper/fleet"
)

const (
	resourceManager = "https://management.azure.com"
	setID           = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-meet-dev/providers/" +
		"Microsoft.Compute/virtualMachineScaleSets/vmss-a"
)

// asking is a client of a cloud.

func asking(t *testing.T, cloud *armtest.Cloud) *discover.Azure {
	t.Helper()
	azure, err := discover.New(armtest.Credential(), resourceManager, cloud)
	if err != nil {
		t.Fatal(err)
	}
	return azure
}

// add adds machines to the scale set.

func add(t *testing.T, cloud *armtest.Cloud, machines ...armtest.Machine) {
	t.Helper()
	for _, m := range machines {
		if _, err := cloud.AddMachine(setID, m); err != nil {
			t.Fatal(err)
		}
	}
}

func address(last byte) netip.Addr { return netip.AddrFrom4([4]byte{10, 0, 0, last}) }

func vmID(number int) string { return fmt.Sprintf("00000000-aaaa-4000-8000-%012x", number) }

func TestFleet(t *testing.T) {
	t.Parallel()
	cloud := armtest.New(armtest.Settings{})
	made := time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.FixedZone("CET", 3600))
	add(t, cloud,
		armtest.Machine{VMID: strings.ToUpper(vmID(2)), Instance: "7", Created: made, Address: address(7), Image: "1.2.3"},
		armtest.Machine{VMID: vmID(9), Instance: "12", Created: made.Add(-time.Hour), Address: address(12)},
		armtest.Machine{VMID: vmID(1), Instance: "3", Created: made, Power: "deallocated"},
		armtest.Machine{VMID: vmID(5), Instance: "4", Timeless: true},
	)
	got, err := asking(t, cloud).Fleet(t.Context(), setID)
	want := []fleet.Machine{
		{ID: vmID(5), Instance: "4", State: fleet.StateRunning},
		{ID: vmID(9), Instance: "12", Created: made.Add(-time.Hour).UTC(), Address: address(12), State: fleet.StateRunning},
		{ID: vmID(1), Instance: "3", Created: made.UTC(), State: fleet.StateStopped},
		{ID: vmID(2), Instance: "7", Created: made.UTC(), Address: address(7), Image: "1.2.3", State: fleet.StateRunning},
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got  %v, %v\nwant %v", got, err, want)
	}
}

func TestFleetOfNobody(t *testing.T) {
	t.Parallel()
	cloud := armtest.New(armtest.Settings{})
	if err := cloud.AddSet(setID); err != nil {
		t.Fatal(err)
	}
	if got, err := asking(t, cloud).Fleet(t.Context(), setID); err != nil || len(got) != 0 {
		t.Errorf("got %v, %v", got, err)
	}
}

// Two calls a shard and page, whatever its size.

func TestFleetTakesTwoCallsForAPage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ machines, size, pages int }{{0, 0, 1}, {16, 0, 1}, {16, 16, 1}, {17, 16, 2}, {100, 10, 10}, {50, 1, 50}} {
		cloud := armtest.New(armtest.Settings{PageSize: c.size})
		if err := cloud.AddSet(setID); err != nil {
			t.Fatal(err)
		}
		for i := range c.machines {
			add(t, cloud, armtest.Machine{Address: address(byte(i))})
		}
		got, err := asking(t, cloud).Fleet(t.Context(), setID)
		if err != nil || len(got) != c.machines {
			t.Errorf("%+v: %d machines, %v", c, len(got), err)
		}
		want := map[armtest.Call]int{armtest.ListMachines: c.pages, armtest.ListInterfaces: c.pages}
		if calls := cloud.Calls(); !maps.Equal(calls, want) {
			t.Errorf("%+v: %v", c, calls)
		}
	}
}

func TestTheListsAreReadAtTheSameTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud := armtest.New(armtest.Settings{PageSize: 1, Latency: time.Second})
		add(t, cloud, armtest.Machine{Address: address(4)}, armtest.Machine{Address: address(5)})
		before := time.Now()
		if _, err := asking(t, cloud).Fleet(t.Context(), setID); err != nil || time.Since(before) != 2*time.Second {
			t.Errorf("%v after %v", err, time.Since(before))
		}
	})
}

// vm changes the only machine of a list.

// The transport of production, against a server on a socket.

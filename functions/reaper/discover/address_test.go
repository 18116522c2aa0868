package discover_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/network/armnetwork/v7"

	"jitsi-meet-azure/functions/reaper/armtest"
)

func TestAddresses(t *testing.T) {
	t.Parallel()
	nic := func(change func(nics []*armnetwork.Interface)) func([]*armnetwork.Interface) []*armnetwork.Interface {
		return func(nics []*armnetwork.Interface) []*armnetwork.Interface {
			change(nics)
			return nics
		}
	}
	ip := func(n *armnetwork.Interface) *armnetwork.InterfaceIPConfigurationPropertiesFormat {
		return n.Properties.IPConfigurations[0].Properties
	}
	none := netip.Addr{}
	for name, c := range map[string]struct {
		distort func([]*armnetwork.Interface) []*armnetwork.Interface
		want    [2]netip.Addr
	}{
		"both": {nil, [2]netip.Addr{address(1), address(2)}},
		"no interfaces": {
			func([]*armnetwork.Interface) []*armnetwork.Interface { return nil }, [2]netip.Addr{none, none},
		},
		"one address for both": {
			nic(func(n []*armnetwork.Interface) { ip(n[1]).PrivateIPAddress = to.Ptr("10.0.0.1") }), [2]netip.Addr{none, none},
		},
		"one address in two forms": {
			nic(func(n []*armnetwork.Interface) { ip(n[1]).PrivateIPAddress = to.Ptr("::ffff:10.0.0.1") }), [2]netip.Addr{none, none},
		},
		"two primary interfaces": {
			nic(func(n []*armnetwork.Interface) { n[1].Properties.VirtualMachine.ID = n[0].Properties.VirtualMachine.ID }),
			[2]netip.Addr{none, none},
		},
		"one address listed twice": {
			func(n []*armnetwork.Interface) []*armnetwork.Interface { return append(n, n[0]) }, [2]netip.Addr{none, address(2)},
		},
		"not primary": {
			nic(func(n []*armnetwork.Interface) {
				n[0].Properties.Primary = nil
				n[1].Properties.Primary = to.Ptr(false)
			}),
			[2]netip.Addr{none, none},
		},
		"no primary configuration": {
			nic(func(n []*armnetwork.Interface) { ip(n[0]).Primary = nil }), [2]netip.Addr{none, address(2)},
		},
		"two primary configurations": {
			nic(func(n []*armnetwork.Interface) {
				n[0].Properties.IPConfigurations = slices.Repeat(n[0].Properties.IPConfigurations, 2)
			}),
			[2]netip.Addr{none, address(2)},
		},
		"a second configuration": {
			nic(func(n []*armnetwork.Interface) {
				second := &armnetwork.InterfaceIPConfiguration{Properties: &armnetwork.InterfaceIPConfigurationPropertiesFormat{
					PrivateIPAddress: to.Ptr("10.0.0.77"),
				}}
				n[0].Properties.IPConfigurations = append(n[0].Properties.IPConfigurations, nil, second)
			}),
			[2]netip.Addr{address(1), address(2)},
		},
		"no address": {
			nic(func(n []*armnetwork.Interface) {
				ip(n[0]).PrivateIPAddress = nil
				ip(n[1]).PrivateIPAddress = to.Ptr("10.0.0.256")
			}),
			[2]netip.Addr{none, none},
		},
		"addresses that are none": {
			nic(func(n []*armnetwork.Interface) {
				ip(n[0]).PrivateIPAddress = to.Ptr("0.0.0.0")
				ip(n[1]).PrivateIPAddress = to.Ptr("224.0.0.1")
			}),
			[2]netip.Addr{none, none},
		},
		"of no machine": {
			nic(func(n []*armnetwork.Interface) {
				n[0].Properties.VirtualMachine = nil
				n[1].Properties.VirtualMachine.ID = to.Ptr("2")
			}),
			[2]netip.Addr{none, none},
		},
		"of machines elsewhere": {
			nic(func(n []*armnetwork.Interface) {
				n[0].Properties.VirtualMachine.ID = to.Ptr(setID + "b/virtualMachines/1")
				n[1].Properties.VirtualMachine.ID = to.Ptr(strings.Replace(setID, "rg-meet-dev", "rg-meet-prod", 1) + "/virtualMachines/2")
			}),
			[2]netip.Addr{none, none},
		},
		"of a machine that is gone": {
			func(n []*armnetwork.Interface) []*armnetwork.Interface {
				return append(n, &armnetwork.Interface{Properties: &armnetwork.InterfacePropertiesFormat{
					Primary: to.Ptr(true), VirtualMachine: &armnetwork.SubResource{ID: to.Ptr(setID + "/virtualMachines/9")},
					IPConfigurations: n[0].Properties.IPConfigurations,
				}}, nil, &armnetwork.Interface{})
			},
			[2]netip.Addr{none, address(2)}, // It had, or has, the address of the first.
		},
	} {
		cloud := armtest.New(armtest.Settings{})
		add(t, cloud,
			armtest.Machine{VMID: vmID(1), Instance: "1", Address: address(1)},
			armtest.Machine{VMID: vmID(2), Instance: "2", Address: address(2)},
		)
		cloud.Distort(nil, c.distort)
		got, err := asking(t, cloud).Fleet(t.Context(), setID)
		if err != nil || got[0].Address != c.want[0] || got[1].Address != c.want[1] {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
}

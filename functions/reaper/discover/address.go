package discover

import (
	"net/netip"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/network/armnetwork/v7"

	"jitsi-meet-azure/functions/reaper/fleet"
)

// assign gives machines the addresses of their primary network interfaces. Where anything about that is missing or
// contradicts itself, a machine has none: the reaper then does not ask it, and leaves it alone. Interfaces of machines that
// are not in the list are no contradiction, since the two lists are not read at the same moment.
func assign(machines []fleet.Machine, set scaleSet, nics []*armnetwork.Interface) {
	byInstance := map[string][]netip.Addr{}
	for _, nic := range nics {
		instance, address, found := addressOf(set, nic)
		if found {
			byInstance[instance] = append(byInstance[instance], address)
		}
	}
	users := map[netip.Addr]int{}
	for _, addresses := range byInstance {
		for _, address := range addresses {
			users[address]++
		}
	}
	for i := range machines {
		addresses := byInstance[machines[i].Instance]
		if len(addresses) == 1 && users[addresses[0]] == 1 {
			machines[i].Address = addresses[0]
		}
	}
}

// addressOf is the private address of a machine's primary network interface, with the machine's instance id.
func addressOf(set scaleSet, nic *armnetwork.Interface) (instance string, address netip.Addr, found bool) {
	if nic == nil || nic.Properties == nil || !yes(nic.Properties.Primary) || nic.Properties.VirtualMachine == nil {
		return "", netip.Addr{}, false
	}
	instance, mine := set.instance(text(nic.Properties.VirtualMachine.ID))
	if !mine {
		return "", netip.Addr{}, false
	}
	address, found = primaryAddress(nic.Properties.IPConfigurations)
	return instance, address, found
}

// primaryAddress is the address of the one primary configuration.
func primaryAddress(configurations []*armnetwork.InterfaceIPConfiguration) (address netip.Addr, found bool) {
	for _, configuration := range configurations {
		if configuration == nil || configuration.Properties == nil || !yes(configuration.Properties.Primary) {
			continue
		}
		if found {
			return netip.Addr{}, false
		}
		parsed, err := netip.ParseAddr(text(configuration.Properties.PrivateIPAddress))
		if err != nil || parsed.IsUnspecified() || parsed.IsMulticast() || parsed.Zone() != "" {
			return netip.Addr{}, false
		}
		address, found = parsed.Unmap(), true
	}
	return address, found
}

// yes is a flag of Azure's, false where it is missing.
func yes(value *bool) bool { return value != nil && *value }

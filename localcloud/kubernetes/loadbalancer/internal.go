package loadbalancer

import (
	"fmt"
	"net/netip"

	corev1 "k8s.io/api/core/v1"
)

// reservedFirst is how many addresses at the start of a subnet Azure keeps, the network address included.
// Source: Azure docs, "virtual-networks-faq".
const reservedFirst = 4

func internal(s *corev1.Service, w World) (netip.Addr, error) {
	name := s.Annotations[SubnetAnnotation]
	if name == "" {
		name = w.NodeSubnet
	}
	subnet, ok := findSubnet(w.Subnets, name)
	if !ok {
		return netip.Addr{}, fmt.Errorf("failed to get subnet: the cluster's virtual network has no subnet %q", name)
	}
	if err := w.authorized("Microsoft.Network/virtualNetworks/subnets/join/action", subnet.ID); err != nil {
		return netip.Addr{}, err
	}
	address, given, err := wanted(s)
	if err != nil {
		return netip.Addr{}, err
	}
	if !given {
		return firstFree(subnet, w.Holders)
	}
	if !usable(subnet.Range, address) {
		return netip.Addr{}, fmt.Errorf(`Code="PrivateIPAddressNotInSubnet" Message="Private static IP address %s does `+
			`not belong to the range of subnet prefix %s, or is reserved in it."`, address, subnet.Range)
	}
	return address, nil // which another Service may hold too, see portsFree
}

func findSubnet(all []Subnet, name string) (Subnet, bool) {
	for _, subnet := range all {
		if subnet.Name == name {
			return subnet, true
		}
	}
	return Subnet{}, false
}

func firstFree(subnet Subnet, holders []Holder) (netip.Addr, error) {
	taken := map[string]bool{}
	for _, h := range holders {
		taken[h.IP] = true
	}
	for address := subnet.Range.Masked().Addr(); subnet.Range.Contains(address); address = address.Next() {
		if usable(subnet.Range, address) && !taken[address.String()] {
			return address, nil
		}
	}
	return netip.Addr{}, fmt.Errorf(`Code="SubnetIsFull" Message="Subnet %s with address prefix %s does not have enough `+
		`capacity."`, subnet.Name, subnet.Range)
}

// usable is false outside the range and for the addresses in it that Azure keeps: the first four and the last.
func usable(r netip.Prefix, address netip.Addr) bool {
	if !r.Contains(address) || !r.Contains(address.Next()) {
		return false
	}
	reserved := r.Masked().Addr()
	for range reservedFirst {
		if address == reserved {
			return false
		}
		reserved = reserved.Next()
	}
	return true
}

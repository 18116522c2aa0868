package loadbalancer

import (
	"crypto/sha256"
	"fmt"
	"net/netip"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// standardSKU is the only SKU of addresses that a Standard load balancer takes.
const standardSKU = "Standard"

func public(s *corev1.Service, w World) (netip.Addr, error) {
	group := s.Annotations[GroupAnnotation]
	if group == "" {
		group = w.NodeGroup
	}
	chosen, given, err := choose(s, w, group)
	if err != nil {
		return netip.Addr{}, err
	}
	if !given {
		return managed(s), nil
	}
	if !strings.EqualFold(chosen.SKU, standardSKU) {
		return netip.Addr{}, fmt.Errorf(`Code="DifferentSkuLoadBalancersAndPublicIPAddressNotAllowed" Message="Different `+
			`sku load balancer and public IP address %s (%q) is not allowed."`, chosen.Name, chosen.SKU)
	}
	// The cluster's identity owns its own resource group; anything elsewhere must be granted.
	if !strings.EqualFold(group, w.NodeGroup) {
		if err := w.authorized("Microsoft.Network/publicIPAddresses/join/action", chosen.ID); err != nil {
			return netip.Addr{}, err
		}
	}
	address, err := netip.ParseAddr(chosen.IP)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("public IP address %s has no address yet: %w", chosen.Name, err)
	}
	return address, nil
}

// choose finds the public address that the Service asks for by name or by number. Azure's controller makes one where
// the name is not found; a program that names one means one that it has made itself, so a miss is refused here.
func choose(s *corev1.Service, w World, group string) (PublicAddress, bool, error) {
	name := s.Annotations[PublicNameAnnotation]
	number, numbered, err := wanted(s)
	if err != nil {
		return PublicAddress{}, false, err
	}
	if name == "" && !numbered {
		return PublicAddress{}, false, nil
	}
	found := findAddress(w.Addresses, group, name, number)
	switch {
	case found == nil && name == "":
		return PublicAddress{}, false, fmt.Errorf("user supplied IP Address %s was not found in resource group %s", number, group)
	case found == nil:
		return PublicAddress{}, false, fmt.Errorf("public IP address %q was not found in resource group %q", name, group)
	case numbered && found.IP != number.String():
		return PublicAddress{}, false, fmt.Errorf("public IP address %s is %s, not %s as annotation %s says",
			found.Name, found.IP, number, AddressAnnotation)
	default:
		return *found, true, nil
	}
}

// findAddress looks in a resource group by name, or by number where no name is given.
func findAddress(all []PublicAddress, group, name string, number netip.Addr) *PublicAddress {
	for i, a := range all {
		if strings.EqualFold(a.Group, group) &&
			(name != "" && strings.EqualFold(a.Name, name) || name == "" && a.IP == number.String()) {
			return &all[i]
		}
	}
	return nil
}

// managed is the address that the controller would make itself for a Service that names none.
func managed(s *corev1.Service) netip.Addr {
	sum := sha256.Sum256([]byte(s.Namespace + "/" + s.Name))
	return netip.AddrFrom4([4]byte{20, 61, sum[0], 1 + sum[1]%254})
}

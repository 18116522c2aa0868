package azurenative

import (
	"fmt"
	"net/netip"

	"jitsi-meet-azure/localcloud/azurenative/arm"
)

func prefixes(texts []string) ([]netip.Prefix, error) {
	parsed := make([]netip.Prefix, 0, len(texts))
	for _, text := range texts {
		prefix, err := netip.ParsePrefix(text)
		if err != nil || prefix != prefix.Masked() {
			return nil, invalid("InvalidCIDRNotation", "The address prefix %s is formatted incorrectly. It should follow CIDR "+
				"notation, for example 10.0.0.0/24.", text)
		}
		parsed = append(parsed, prefix)
	}
	return parsed, nil
}

func acceptVirtualNetwork(op *operation) error {
	space, err := prefixes(op.in.texts("addressSpace.addressPrefixes"))
	if err != nil {
		return err
	}
	siblings, err := op.subnetsOf(op.id)
	if err != nil {
		return err
	}
	for _, s := range siblings {
		if !inside(s.ranges, space) {
			return invalid("InUsePrefixCannotBeDeleted", "IpPrefix %s on Vnet %s has active allocations and cannot be deleted.",
				s.ranges[0], arm.LastSegment(op.id))
		}
	}
	return nil
}

// subnet is a subnet's place in its network.
type subnet struct {
	id     string
	ranges []netip.Prefix
}

// subnetsOf gives the subnets of a network that are resources of their own.
func (op *operation) subnetsOf(network string) ([]subnet, error) {
	all, err := op.all("azure-native:network:Subnet")
	if err != nil {
		return nil, err
	}
	var subnets []subnet
	for _, o := range all {
		if arm.Within(o.ID, network) {
			ranges, err := prefixes(subnetRanges(o.in))
			if err != nil {
				return nil, err
			}
			subnets = append(subnets, subnet{id: o.ID, ranges: ranges})
		}
	}
	return subnets, nil
}

func subnetRanges(in object) []string {
	if one := in.text("addressPrefix"); one != "" {
		return []string{one}
	}
	return in.texts("addressPrefixes")
}

func inside(ranges, space []netip.Prefix) bool {
	for _, r := range ranges {
		found := false
		for _, s := range space {
			found = found || s.Bits() <= r.Bits() && s.Contains(r.Addr())
		}
		if !found {
			return false
		}
	}
	return true
}

func acceptSubnet(op *operation) error {
	ranges, err := prefixes(subnetRanges(op.in))
	if err != nil {
		return err
	}
	name := op.in.text("subnetName")
	if len(ranges) == 0 {
		return invalid("NoAddressPrefixOrPoolProvided", "No address prefix or pool was provided for the subnet %s.", name)
	}
	owner, _, err := op.find(arm.ParentOf(op.id))
	if err != nil {
		return err
	}
	space, err := prefixes(owner.in.texts("addressSpace.addressPrefixes"))
	if err != nil {
		return err
	}
	if !inside(ranges, space) {
		return invalid("NetcfgSubnetRangeOutsideVnet", "Subnet '%s' is not valid because its IP address range is outside the "+
			"IP address range of virtual network '%s'.", name, arm.LastSegment(owner.ID))
	}
	if err := op.overlaps(name, ranges, owner.ID); err != nil {
		return err
	}
	return op.subnetUnmoved(name)
}

func (op *operation) overlaps(name string, ranges []netip.Prefix, network string) error {
	siblings, err := op.subnetsOf(network)
	if err != nil {
		return err
	}
	for _, sibling := range siblings {
		for _, theirs := range sibling.ranges {
			for _, ours := range ranges {
				if ours.Overlaps(theirs) {
					return invalid("NetcfgSubnetRangesOverlap", "Subnet '%s' is not valid because its IP address range overlaps "+
						"with that of an existing subnet in virtual network '%s' (%s).", name, arm.LastSegment(network),
						arm.LastSegment(sibling.id))
				}
			}
		}
	}
	return nil
}

// subnetUnmoved refuses another range for a subnet that has machines in it.
func (op *operation) subnetUnmoved(name string) error {
	if op.old == nil || fmt.Sprint(subnetRanges(op.old)) == fmt.Sprint(subnetRanges(op.in)) {
		return nil
	}
	user, err := op.user(op.id)
	if err != nil || user == "" {
		return err
	}
	return invalid("InUseSubnetCannotBeUpdated", "Subnet %s is in use by %s and cannot be updated.", name, user)
}

package environment

import "net/netip"

// move is the command that gives a segment a free range of the size that it has, or at least needs.
func (p *plan) move(s segment) string {
	if !p.isSubnet(s) {
		return p.set(s.path, p.apart(s).String())
	}
	if found, ok := p.vacant(s, p.space); ok || !p.space.IsValid() {
		return p.set(s.path, found.String())
	}
	// The virtual network is full, so a larger one comes first.
	larger := p.larger()
	found, _ := p.vacant(s, larger)
	return p.set("network.addressSpace", larger.String()) + " && " + p.set(s.path, found.String())
}

// vacant is a range of the address space that no other subnet has. Without room for one of the present size it is one
// of the size that is needed; without room for that either, it is the present one.
func (p *plan) vacant(s segment, space netip.Prefix) (netip.Prefix, bool) {
	var taken []netip.Prefix
	for _, other := range p.subnets {
		if other.path != s.path {
			taken = append(taken, other.prefix)
		}
	}
	if space.IsValid() {
		for _, length := range []int{wantedLength(s), leastLength(s)} {
			if found, ok := free(length, []netip.Prefix{space}, taken); ok {
				return found, true
			}
		}
	}
	return s.prefix, false
}

func (p *plan) isSubnet(s segment) bool {
	for _, other := range p.subnets {
		if other.path == s.path {
			return true
		}
	}
	return false
}

// wantedLength keeps the size of a range that is large enough.
func wantedLength(s segment) int {
	return max(min(s.prefix.Bits(), leastLength(s)), s.widest)
}

// leastLength is the length of the smallest range that a segment can have.
func leastLength(s segment) int { return min(lengthFor(s.least), smallestSubnet) }

// apart is a free range for a segment outside the virtual network.
func (p *plan) apart(s segment) netip.Prefix {
	taken := aksRanges()
	for _, other := range append(append([]segment{{path: "network.addressSpace", prefix: p.space}}, p.subnets...), p.overlay...) {
		if other.path != s.path && other.prefix.IsValid() {
			taken = append(taken, other.prefix)
		}
	}
	found, ok := free(wantedLength(s), privateRanges(), taken)
	if !ok {
		return s.prefix
	}
	return found
}

// larger is the address space with one bit less, where that stays private.
func (p *plan) larger() netip.Prefix {
	if !p.space.IsValid() || p.space.Bits() <= 8 {
		return prefixes("10.0.0.0/8")[0]
	}
	wider := netip.PrefixFrom(p.space.Addr(), p.space.Bits()-1).Masked()
	if !insideAny(wider, privateRanges()) {
		return prefixes("10.0.0.0/8")[0]
	}
	return wider
}

package environment

import (
	"encoding/binary"
	"net/netip"
)

// reservedAddresses is what Azure keeps of every subnet: the first four addresses and the last one.
// Source: Azure docs, "Azure Virtual Network frequently asked questions".
const reservedAddresses = 5

// smallestSubnet is the length of the smallest subnet that Azure makes.
const smallestSubnet = 29

// privateRanges are those of RFC 1918.
func privateRanges() []netip.Prefix {
	return prefixes("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
}

// aksRanges are what a cluster may use neither for pods nor for services nor in its virtual network.
// Source: Azure docs, "Azure Kubernetes Service CNI networking overview".
func aksRanges() []netip.Prefix {
	return prefixes("169.254.0.0/16", "172.30.0.0/16", "172.31.0.0/16", "192.0.2.0/24")
}

func prefixes(texts ...string) []netip.Prefix {
	all := make([]netip.Prefix, 0, len(texts))
	for _, text := range texts {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}

// parseRange reads an IPv4 range without host bits, in its usual spelling.
func parseRange(value string) (netip.Prefix, bool) {
	p, err := netip.ParsePrefix(value)
	if err != nil || !p.Addr().Is4() || p != p.Masked() {
		return netip.Prefix{}, false
	}
	return p, true
}

func isPrivateRange(value string) bool {
	p, ok := parseRange(value)
	return ok && insideAny(p, privateRanges())
}

// isPublicRange refuses private ranges: the API server only ever sees public source addresses. The all-embracing range
// is refused too; leaving the setting out says the same openly.
func isPublicRange(value string) bool {
	p, ok := parseRange(value)
	return ok && p.Bits() > 0 && !overlapsAny(p, privateRanges())
}

func isAddress(value string) bool {
	a, err := netip.ParseAddr(value)
	return err == nil && a.Is4()
}

// adviseRange mends host bits, the usual slip.
func adviseRange(value string) (string, string) {
	p, err := netip.ParsePrefix(value)
	if err != nil || !p.Addr().Is4() || p == p.Masked() {
		return "", ""
	}
	return "", p.Masked().String()
}

// inside says whether all of p lies in outer.
func inside(p, outer netip.Prefix) bool {
	return outer.Bits() <= p.Bits() && outer.Contains(p.Addr())
}

func insideAny(p netip.Prefix, outer []netip.Prefix) bool {
	for _, o := range outer {
		if inside(p, o) {
			return true
		}
	}
	return false
}

func overlapsAny(p netip.Prefix, others []netip.Prefix) bool {
	for _, o := range others {
		if p.Overlaps(o) {
			return true
		}
	}
	return false
}

// size is the number of addresses in an IPv4 range.
func size(p netip.Prefix) int { return 1 << (32 - p.Bits()) }

// lengthFor is the length of the smallest range with at least n addresses.
func lengthFor(n int) int {
	length := 32
	for length > 0 && 1<<(32-length) < n {
		length--
	}
	return length
}

// nth is the n-th address of an IPv4 range, counted from 0; it must lie in the range.
func nth(p netip.Prefix, n int) netip.Addr {
	start := p.Addr().As4()
	var address [4]byte
	binary.BigEndian.PutUint32(address[:], binary.BigEndian.Uint32(start[:])+uint32(n))
	return netip.AddrFrom4(address)
}

// longestSearch bounds the search for a free range; it covers every /24 of a /8.
const longestSearch = 1 << 16

// free finds the first range of a length within one of the outer ranges that overlaps none of the taken ones.
func free(length int, outer, taken []netip.Prefix) (netip.Prefix, bool) {
	for _, o := range outer {
		step := 1 << (32 - length)
		for n, tries := 0, 0; n+step <= size(o) && tries < longestSearch; n, tries = n+step, tries+1 {
			if p := netip.PrefixFrom(nth(o, n), length); !overlapsAny(p, taken) {
				return p, true
			}
		}
	}
	return netip.Prefix{}, false
}

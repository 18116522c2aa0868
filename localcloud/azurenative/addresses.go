package azurenative

import (
	"crypto/sha256"
	"encoding/binary"
	"net/netip"
	"slices"
	"strings"
)

// Addresses of the local cloud come out of 198.18.0.0/15, which RFC 2544 keeps for tests: no router carries it, and it is
// large enough for a place chosen by the id to be free almost always, so that the same program gets the same addresses.
var (
	prefixPool  = netip.MustParsePrefix("198.18.0.0/16")
	addressPool = netip.MustParsePrefix("198.19.0.0/16")
)

func acceptPublicAddress(op *operation) error {
	standard, static := op.in.text("sku.name") == "Standard", op.in.text("publicIPAllocationMethod") == "Static"
	switch {
	case standard && !static:
		return invalid("StandardSkuPublicIPAddressesMustBeStatic", "Standard sku publicIp %s must have AllocationMethod set "+
			"to Static.", op.id)
	case !standard:
		return invalid("BasicSkuPublicIPAddressRetired", "Basic sku publicIp %s cannot be made: Basic public addresses were "+
			"retired on 2025-09-30. Use the Standard sku.", op.id)
	}
	return op.zonesUnmoved()
}

func acceptPrefix(op *operation) error {
	if op.in.text("sku.name") != "Standard" {
		return invalid("InvalidPublicIPPrefixSku", "Public IP prefix %s must have the Standard sku.", op.id)
	}
	length, set := op.in.number("prefixLength")
	if !set || length < 28 || length > 31 {
		return invalid("InvalidPublicIPPrefixLength", "Prefix length of public IP prefix %s must be between 28 and 31.", op.id)
	}
	if before, _ := op.old.number("prefixLength"); op.old != nil && before != length {
		return unchangeable("prefixLength")
	}
	return op.zonesUnmoved()
}

// zonesUnmoved refuses other zones for a public address or prefix.
func (op *operation) zonesUnmoved() error {
	if op.old == nil || sameSet(op.old.texts("zones"), op.in.texts("zones")) {
		return nil
	}
	return invalid("ResourceAvailabilityZonesCannotBeModified", "Resource %s has an existing availability zone constraint %s "+
		"and the request has availability zone constraint %s, which do not match. Zones cannot be added, updated or removed "+
		"once the resource is created.", op.id, shownZones(op.old), shownZones(op.in))
}

func sameSet(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(a, b)
}

func shownZones(o object) string {
	zones := o.texts("zones")
	if len(zones) == 0 {
		return "NoZone"
	}
	return strings.Join(zones, ", ")
}

func settlePublicAddress(op *operation) error { return op.allocate(addressPool, 32, "ipAddress") }

func settlePrefix(op *operation) error {
	length, _ := op.in.number("prefixLength")
	return op.allocate(prefixPool, length, "ipPrefix")
}

// allocate chooses a free range of the pool, starting at a place that only the id decides. An update keeps the range.
func (op *operation) allocate(pool netip.Prefix, bits int, output string) error {
	if op.live != nil {
		return nil
	}
	taken, err := op.allocated(output)
	if err != nil {
		return err
	}
	count := uint32(1) << (bits - pool.Bits())
	sum := sha256.Sum256([]byte(strings.ToLower(op.id)))
	start := binary.BigEndian.Uint32(sum[:]) % count
	for i := range count {
		candidate := nth(pool, bits, (start+i)%count)
		if !slices.ContainsFunc(taken, candidate.Overlaps) {
			return op.remember(output, shown(candidate))
		}
	}
	return conflict("PublicIPCountLimitReached", "There are no public addresses left.")
}

// nth is the n-th range with the given length in the pool.
func nth(pool netip.Prefix, bits int, n uint32) netip.Prefix {
	raw := pool.Addr().As4()
	binary.BigEndian.PutUint32(raw[:], binary.BigEndian.Uint32(raw[:])+n<<(32-bits))
	return netip.PrefixFrom(netip.AddrFrom4(raw), bits)
}

func shown(p netip.Prefix) string {
	if p.IsSingleIP() {
		return p.Addr().String()
	}
	return p.String()
}

// allocated are the ranges that other resources of the type have.
func (op *operation) allocated(output string) ([]netip.Prefix, error) {
	all, err := op.all(op.d.token)
	if err != nil {
		return nil, err
	}
	var taken []netip.Prefix
	for _, o := range all {
		text := o.out.text(output)
		if !strings.Contains(text, "/") {
			text += "/32"
		}
		if prefix, err := netip.ParsePrefix(text); err == nil {
			taken = append(taken, prefix)
		}
	}
	return taken, nil
}

package kubelet

import "net/netip"

// Addresses gives pods theirs.
type Addresses struct{ addresses }

// Take gives an address of a range.
func (a *Addresses) Take(of netip.Prefix) (netip.Addr, error) { return a.take(of) }

// GiveBack takes it back.
func (a *Addresses) GiveBack(address netip.Addr) { a.giveBack(address) }

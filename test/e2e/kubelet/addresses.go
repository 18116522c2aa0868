package kubelet

import (
	"fmt"
	"net/netip"
	"sync"
)

// addresses gives pods theirs, node by node. One that was given back is not given again before all others of the node were: who
// still speaks to a pod that is gone must not reach another.
type addresses struct {
	mutex sync.Mutex
	last  map[netip.Prefix]netip.Addr
	taken map[netip.Addr]bool
}

// take gives an address of a node's range. The first belongs to the node.
func (a *addresses) take(of netip.Prefix) (netip.Addr, error) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if a.last == nil {
		a.last, a.taken = map[netip.Prefix]netip.Addr{}, map[netip.Addr]bool{}
	}
	of = of.Masked()
	if !of.Addr().Is4() {
		return netip.Addr{}, fmt.Errorf("the range of pod addresses is %s, which is not IPv4", of)
	}
	first := of.Addr().Next().Next()
	last, found := a.last[of]
	if !found {
		last = first.Prev()
	}
	for range 1 << (32 - of.Bits()) {
		// The one after the last of the range does not belong to it; the last itself is for broadcasts.
		if last = last.Next(); !of.Contains(last.Next()) {
			last = first
		}
		if !a.taken[last] && of.Contains(last) {
			a.last[of], a.taken[last] = last, true
			return last, nil
		}
	}
	return netip.Addr{}, fmt.Errorf("all addresses of %s are taken", of)
}

func (a *addresses) giveBack(address netip.Addr) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	delete(a.taken, address)
}

package proxy

import (
	"net/netip"
	"time"
)

// Adapter puts files of a container into a pod's place.
type Adapter struct {
	Address     netip.Addr
	Nameserver  netip.AddrPort
	Folders     map[string]string
	Connections int
	LookUp      func(string) (netip.Addr, bool)
	Forget      time.Duration
}

// Adapt puts one file into place.
func (a Adapter) Adapt(name, text string) string {
	where := place{
		address: a.Address, nameserver: a.Nameserver, folders: a.Folders, connections: a.Connections, lookUp: a.LookUp, forget: a.Forget,
	}
	if name == configurationFile {
		return where.adaptConfiguration(text)
	}
	return where.adapt(text)
}

// Package vmsize knows what Azure documents about the machine sizes that this project may use. The package is pure.
//
// Source: learn.microsoft.com, "Sizes for virtual machines in Azure", one page per series (named in the table). Azure
// calls the network figures expected, not guaranteed: they limit outbound traffic, over all network interfaces.
package vmsize

import "sort"

// Size is one machine size.
type Size struct {
	// Name is Azure's name, for example "Standard_F8s_v2".
	Name string
	// VCPUs is the number of virtual processors.
	VCPUs int
	// MemoryGiB is the memory in GiB.
	MemoryGiB int
	// NICMbps is the documented network bandwidth, in megabits (10^6 bits) a second, of all interfaces together.
	NICMbps int
	// TempDiskGiB is the local disk in GiB; 0 means that the size has none.
	TempDiskGiB int
	// EphemeralOSDisk says whether the operating system can live on the local disk.
	EphemeralOSDisk bool
	// AcceleratedNetworking says whether the network interface can bypass the host.
	AcceleratedNetworking bool
	// Retires is the day (YYYY-MM-DD) on which Azure stops offering the size; empty if none is announced.
	Retires string
}

// Find returns what is known about the size with this exact name.
func Find(name string) (Size, bool) {
	for _, s := range sizes() {
		if s.Name == name {
			return s, true
		}
	}
	return Size{}, false
}

// Names returns the names of all known sizes that satisfy the condition, sorted by processors, then by name.
func Names(condition func(Size) bool) []string {
	all := sizes()
	sort.SliceStable(all, func(i, j int) bool {
		if all[i].VCPUs != all[j].VCPUs {
			return all[i].VCPUs < all[j].VCPUs
		}
		return all[i].Name < all[j].Name
	})
	var names []string
	for _, s := range all {
		if condition(s) {
			names = append(names, s.Name)
		}
	}
	return names
}

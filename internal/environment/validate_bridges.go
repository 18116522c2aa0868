package environment

import (
	"fmt"
	"strconv"

	"jitsi-meet-azure/internal/vmsize"
)

func checkBridges(c *checker, env *Environment) {
	checkSTUNServers(c, env.Bridges.STUNServers)
	machine, known := vmsize.Find(env.Bridges.VMSize)
	if !known {
		return // refused when it was read
	}
	if !fitsBridge(machine) {
		allowed := fmt.Sprintf("a size with a local disk of at least %d GiB for the operating system, and accelerated networking: %s",
			resourceDiskGiB, list(vmsize.Names(fitsBridge)))
		c.refuse("bridges.vmSize", machine.Name, allowed, c.set("bridges.vmSize", fittingSize(machine)))
		return
	}
	checkBandwidth(c, env.Bridges.NICMbps, machine)
	checkHeap(c, env.Bridges.HeapMiB, machine)
}

// fittingSize is a size for bridges with as many processors, where there is one.
func fittingSize(machine vmsize.Size) string {
	same := vmsize.Names(func(s vmsize.Size) bool { return fitsBridge(s) && s.VCPUs == machine.VCPUs })
	if len(same) == 0 {
		return "Standard_F8s_v2"
	}
	return same[len(same)-1] // the compute-optimised one: F comes after D
}

// lowBandwidth is the share of the documented bandwidth, in percent, below which rules would scale out too early.
const lowBandwidth = 90

func checkBandwidth(c *checker, mbps int, machine vmsize.Size) {
	const path = "bridges.nicMbps"
	fix := c.set(path, strconv.Itoa(machine.NICMbps))
	switch {
	case !c.fine(path):
	case mbps > machine.NICMbps:
		allowed := fmt.Sprintf("at most %d, the documented bandwidth of %s: above it the network rules never fire",
			machine.NICMbps, machine.Name)
		c.refuse(path, strconv.Itoa(mbps), allowed, fix)
	case mbps*100 < machine.NICMbps*lowBandwidth:
		advised := fmt.Sprintf("at least %d %% of the documented %d of %s is advised: below it bridges are added too early",
			lowBandwidth, machine.NICMbps, machine.Name)
		c.warn(path, strconv.Itoa(mbps), advised, fix)
	}
}

// mostSTUNServers bounds how long a machine that boots asks one after the other.
const mostSTUNServers = 8

func checkSTUNServers(c *checker, servers []string) {
	const path = "bridges.stunServers"
	checkDistinct(c, path)
	for i := mostSTUNServers; i < len(servers); i++ {
		if at := element(path, i); c.fine(at) {
			c.refuse(at, show(servers[i]), fmt.Sprintf("at most %d servers", mostSTUNServers), c.remove(at))
		}
	}
}

// checkHeap leaves a quarter of the memory to the rest of the virtual machine: the Java runtime itself, packet buffers
// and the operating system.
func checkHeap(c *checker, heap int, machine vmsize.Size) {
	const path = "bridges.heapMiB"
	if most := machine.MemoryGiB * 1024 * 3 / 4; c.fine(path) && heap > most {
		allowed := fmt.Sprintf("1024 to %d, three quarters of the %d GiB of %s", most, machine.MemoryGiB, machine.Name)
		c.refuse(path, strconv.Itoa(heap), allowed, c.set(path, strconv.Itoa(most)))
	}
}

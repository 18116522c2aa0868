package environment

import (
	"fmt"
	"strconv"
	"strings"

	"jitsi-meet-azure/internal/vmsize"
)

func checkCluster(c *checker, env *Environment) {
	checkSystemPool(c, env.Cluster.SystemPool)
	checkPoolRange(c, "cluster.systemPool", env.Cluster.SystemPool)
	checkPoolRange(c, "cluster.shardPool", env.Cluster.ShardPool)
	checkOutboundPorts(c, env)
	checkVersion(c, env.Cluster)
	checkAdministrators(c, env.Cluster)
	checkAuthorizedRanges(c, env)
	checkDistinct(c, "cluster.adminGroupIds")
	checkDistinct(c, "cluster.authorizedIpRanges")
	warnProtected(c, env)
}

// Source: Azure docs, "Manage system node pools in Azure Kubernetes Service".
const (
	fewestSystemNodes  = 2
	advisedSystemNodes = 3
	systemVCPUs        = 4
)

func checkSystemPool(c *checker, pool Pool) {
	const path = "cluster.systemPool"
	if machine, known := vmsize.Find(pool.VMSize); known && machine.VCPUs < systemVCPUs {
		c.refuse(path+".vmSize", machine.Name,
			fmt.Sprintf("a size of at least %d processors: AKS takes no smaller one for a system pool", systemVCPUs),
			c.set(path+".vmSize", "Standard_D4s_v5"))
	}
	fix := c.set(path+".minimum", strconv.Itoa(advisedSystemNodes))
	switch {
	case !c.fine(path + ".minimum"):
	case pool.Minimum < fewestSystemNodes:
		c.refuse(path+".minimum", strconv.Itoa(pool.Minimum), "2 or more: AKS keeps no system pool of one node", fix)
	case pool.Minimum < advisedSystemNodes:
		c.warn(path+".minimum", strconv.Itoa(pool.Minimum), "3 or more is advised: one node in every zone", fix)
	}
}

func checkPoolRange(c *checker, path string, pool Pool) {
	at := path + ".maximum"
	if c.fine(path+".minimum", at) && pool.Maximum < pool.Minimum {
		c.refuse(at, strconv.Itoa(pool.Maximum), fmt.Sprintf("%d (%s.minimum) to 1000", pool.Minimum, path),
			c.set(at, strconv.Itoa(pool.Minimum)))
	}
}

// mostEgressNodes is for how many nodes the two egress addresses have ports: 64,000 each, of which every node takes 4,000 (the
// aks package says why). With more nodes Azure refuses the next one, in the middle of a scale-out.
const mostEgressNodes = 32

func checkOutboundPorts(c *checker, env *Environment) {
	nodes, known := mostNodes(c, env)
	if !known || nodes <= mostEgressNodes {
		return
	}
	const path = "cluster.shardPool.maximum"
	c.refuse(path, strconv.Itoa(env.Cluster.ShardPool.Maximum),
		fmt.Sprintf("fewer: all pools at their maxima, with a third more while they are upgraded, are %d nodes, and the egress "+
			"addresses have ports for %d", nodes, mostEgressNodes), c.set(path, "3"))
}

// checkVersion keeps a deployment from taking back what AKS has installed: the channel moves the patch version.
func checkVersion(c *checker, cluster Cluster) {
	const path = "cluster.kubernetesVersion"
	parts := strings.SplitN(cluster.KubernetesVersion, ".", 3)
	if !c.fine(path, "cluster.upgradeChannel") || cluster.UpgradeChannel == "none" || len(parts) < 3 {
		return
	}
	c.refuse(path, show(cluster.KubernetesVersion),
		fmt.Sprintf("major.minor only: AKS' upgrade channel %q moves the patch version by itself", cluster.UpgradeChannel),
		c.set(path, parts[0]+"."+parts[1]))
}

// checkAdministrators keeps a cluster from locking everyone out.
func checkAdministrators(c *checker, cluster Cluster) {
	const path = "cluster.adminGroupIds"
	if c.fine(path, "cluster.localAccounts") && !cluster.LocalAccounts && len(cluster.AdminGroupIDs) == 0 {
		c.refuse(path, missing, "at least one Entra group where cluster.localAccounts is false: nobody could get in otherwise",
			c.setRaw(path+"[0]", groupFix))
	}
}

// mostRanges is AKS' limit of 200, less the cluster's own two egress addresses.
// Source: Azure docs, "Secure access to the API server using authorized IP address ranges in AKS".
const mostRanges = 198

func checkAuthorizedRanges(c *checker, env *Environment) {
	const path = "cluster.authorizedIpRanges"
	n := len(env.Cluster.AuthorizedIPRanges)
	switch {
	case !c.fine(path):
	case n > mostRanges:
		c.refuse(path, "a list of "+count(n, "range"),
			fmt.Sprintf("at most %d ranges: AKS takes 200, and the cluster's own egress needs 2", mostRanges),
			c.remove(element(path, mostRanges)))
	case n == 0 && c.fine("protect") && env.Protect:
		c.refuse(path, missing, "at least one range where protect is true: the API server would be open to the Internet",
			c.set(path+"[0]", "203.0.113.0/24"))
	}
}

// checkDistinct refuses what a list of texts holds twice.
func checkDistinct(c *checker, path string) {
	first := map[string]int{}
	for i, value := range c.texts(path) {
		at := element(path, i)
		if !c.fine(at) {
			continue
		}
		if other, taken := first[strings.ToLower(value)]; taken {
			c.refuse(at, show(value), fmt.Sprintf("every entry once (%s is the same)", element(path, other)), c.remove(at))
			continue
		}
		first[strings.ToLower(value)] = i
	}
}

// warnProtected names what an environment worth protecting should not do.
func warnProtected(c *checker, env *Environment) {
	if !env.Protect {
		return
	}
	if env.Cluster.Tier == "Free" {
		c.warn("cluster.tier", "Free", "Standard is advised where protect is true: the Free tier has no SLA",
			c.set("cluster.tier", "Standard"))
	}
	if env.Cluster.LocalAccounts {
		c.warn("cluster.localAccounts", "true", "false is advised where protect is true: a static certificate cannot be taken back",
			c.set("cluster.localAccounts", "false"))
	}
	if env.FrontDoor.CertificateSecret == "" && !env.FrontDoor.KeyVaultCertificate.Given() {
		c.warn("frontDoor.certificateSecret", missing, "the name of a TLS secret, or frontDoor.keyVaultCertificate, is advised where "+
			"protect is true: browsers do not trust the certificate that the stack makes itself",
			c.set("frontDoor.certificateSecret", "meet-tls"))
	}
}

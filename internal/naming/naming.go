// Package naming expands an environment's name into every name that the stack gives to something in Azure or
// Kubernetes, and knows Azure's limits for each of them.
//
// Names are deterministic: the same environment always gets the same names, so that operators, alerts and scripts can
// rely on them. Only names that must be unique in the whole of Azure carry a short hash. The package is pure.
package naming

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// project is the word that every name carries, so that the stack's resources are recognised in a shared subscription.
const project = "meet"

// Names gives the names of one environment. The zero value is not useful; see [For].
type Names struct {
	env    string
	unique string
}

// For returns the names of the environment env (the stack's name). Domain and location only feed the hash that keeps
// globally unique names of different deployments apart.
func For(env, domain, location string) Names {
	sum := sha256.Sum256([]byte(strings.Join([]string{project, env, domain, location}, "\x00")))
	return Names{env: env, unique: hex.EncodeToString(sum[:])[:6]}
}

// Environment is the name of the environment itself.
func (n Names) Environment() string { return n.env }

// ResourceGroup holds everything of the environment except what AKS makes for itself.
func (n Names) ResourceGroup() string { return n.kind("rg") }

// NodeResourceGroup is the group that AKS fills with the nodes' resources.
func (n Names) NodeResourceGroup() string { return n.kind("rg", "nodes") }

// VirtualNetwork is the environment's network.
func (n Names) VirtualNetwork() string { return n.kind("vnet") }

// Subnet names the subnet with the given role, for example "nodes" or "bridges-a".
func (n Names) Subnet(role string) string { return "snet-" + role }

// SecurityGroup names the network security group of the subnet with the given role.
func (n Names) SecurityGroup(role string) string { return n.kind("nsg", role) }

// EgressAddress is the index-th public address (from 1) from which the cluster's nodes reach the Internet.
func (n Names) EgressAddress(index int) string { return n.kind("pip", fmt.Sprintf("egress-%d", index)) }

// FrontDoorAddress is the public address that users' browsers talk to.
func (n Names) FrontDoorAddress() string { return n.kind("pip", "front-door") }

// TurnAddress is the public address of a shard's TURN relays.
func (n Names) TurnAddress(shard string) string { return n.kind("pip", "turn", shard) }

// BridgePrefix is the public IP prefix of a shard's bridges. It carries the zone because a prefix can never move.
func (n Names) BridgePrefix(shard string, zone int) string {
	return n.kind("ippre", shard, fmt.Sprintf("z%d", zone))
}

// Cluster is the AKS cluster, and its DNS prefix.
func (n Names) Cluster() string { return n.kind("aks") }

// SystemPool is the AKS pool of cluster services and the front door.
func (Names) SystemPool() string { return "system" }

// ZonePool is the AKS pool of all shards in one zone.
func (Names) ZonePool(zone int) string { return fmt.Sprintf("zone%d", zone) }

// Identity names the user-assigned identity with the given role, for example "cluster" or "reaper".
func (n Names) Identity(role string) string { return n.kind("id", role) }

// ScaleSet is a shard's scale set of bridges.
func (n Names) ScaleSet(shard string) string { return n.kind("vmss", shard) }

// ComputerNamePrefix starts the host name of every bridge of a shard.
func (n Names) ComputerNamePrefix(shard string) string { return "jvb-" + n.env + "-" + shard + "-" }

// Autoscale is the autoscale setting of a shard.
func (n Names) Autoscale(shard string) string { return n.kind("as", shard) }

// Gallery holds the bridge images. Azure allows no hyphen in it.
func (n Names) Gallery() string { return strings.ReplaceAll(n.kind("gal"), "-", "_") }

// Plan is the App Service plan of the reaper.
func (n Names) Plan() string { return n.kind("asp") }

// FunctionApp is the reaper's function app; it is a DNS name, so unique in Azure.
func (n Names) FunctionApp() string { return n.kind("func", n.unique) }

// StorageAccount names the storage account with the given role (lower-case letters), unique in Azure.
func (n Names) StorageAccount(role string) string {
	return "st" + project + strings.ReplaceAll(n.env, "-", "") + role + n.unique
}

// Vault is the Key Vault of the bridges' secrets; it is a DNS name, so unique in Azure, and short.
func (n Names) Vault() string {
	return strings.Join([]string{"kv", project, strings.ReplaceAll(n.env, "-", ""), n.unique}, "-")
}

// BridgeSecret is the secret that the bridges of a shard log in with. It carries a short hash of the certificate of the shard's
// own authority: a secret outlives its shard, and a shard of the same name that is made later has another authority.
func (Names) BridgeSecret(shard, authority string) string {
	sum := sha256.Sum256([]byte(authority))
	return "bridge-" + shard + "-" + hex.EncodeToString(sum[:])[:6]
}

// Workspace is the Log Analytics workspace that logs and metrics go to.
func (n Names) Workspace() string { return n.kind("log") }

// CollectionEndpoint is where machines send their logs.
func (n Names) CollectionEndpoint() string { return n.kind("dce") }

// CollectionRule says what is collected from the machines with the given role, for example "bridges".
func (n Names) CollectionRule(role string) string { return n.kind("dcr", role) }

// ApplicationInsights keeps what the reaper's host reports.
func (n Names) ApplicationInsights() string { return n.kind("appi") }

// ActionGroup is who is told of alerts.
func (n Names) ActionGroup() string { return n.kind("ag") }

// ActionGroupShort is how messages call the environment. Azure takes twelve characters, as many as there are with the longest
// environment that the names of storage accounts leave room for.
func (n Names) ActionGroupShort() string { return project + "-" + n.env }

// Alert is the rule of the alert with the given name, for one shard or, where that is empty, for all.
func (n Names) Alert(name, shard string) string {
	if shard == "" {
		return n.kind("alert", name)
	}
	return n.kind("alert", name, shard)
}

// WebTest asks the front door from outside.
func (n Names) WebTest(role string) string { return n.kind("webtest", role) }

// ReaperRole is the display name of the reaper's custom role, unique in the tenant.
func (n Names) ReaperRole() string {
	return fmt.Sprintf("Bridge reaper (%s-%s-%s)", project, n.env, n.unique)
}

// ShardNamespace is the Kubernetes namespace of a shard's signalling.
func (Names) ShardNamespace(shard string) string { return "shard-" + shard }

// FrontDoorNamespace is the Kubernetes namespace of HAProxy.
func (Names) FrontDoorNamespace() string { return "front-door" }

// Relay is what a shard's TURN relays are called in the namespace of the front door.
func (Names) Relay(shard string) string { return "turn-" + shard }

// TurnHost is the public DNS name of a shard's TURN relays, where domain is that of the meeting service.
func TurnHost(domain, shard string) string { return "turn-" + shard + "." + domain }

// TurnPort is the TCP port of a TurnHost. Browsers take TURN servers on few ports, and networks that let nothing out but HTTPS
// let only this one out.
const TurnPort = 443

func (n Names) kind(prefix string, parts ...string) string {
	return strings.Join(append([]string{prefix, project, n.env}, parts...), "-")
}

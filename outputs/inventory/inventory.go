// Package inventory makes an Ansible inventory from the environment's outputs, in the form of Ansible's YAML plugin, of which JSON
// is a part. The package is pure.
//
// Nothing in an environment takes SSH. The hosts of the inventory stand for what operators work on with az, kubectl and the
// project's own commands, from the machine that Ansible runs on (ansible_connection is local); their variables are what those
// commands need.
package inventory

import (
	_ "embed" // the schema
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"jitsi-meet-azure/outputs"
)

// schema is the form that Ansible's YAML plugin takes: hosts, vars and children, and nothing else, at every depth.
//
//go:embed schema.json
var schema []byte

var compiled = sync.OnceValues(func() (*jsonschema.Schema, error) { return outputs.Compile(schema) })

// Group is a group of the inventory.
type Group struct {
	// Hosts by name, with their variables. A host may be in several groups; its variables are given once.
	Hosts map[string]map[string]any `json:"hosts,omitempty"`
	// Vars are those of every host in the group and below.
	Vars map[string]any `json:"vars,omitempty"`
	// Children by name.
	Children map[string]Group `json:"children,omitempty"`
}

// Groups over all environments whose inventories are read together. No environment can have such a name: there is no underscore in
// them.
const (
	everyShard = "every_shard"
	everyRelay = "every_relay"
)

// Of makes the group "all". Below it are the environment, with everything in it, and, over all environments whose inventories are
// read together, the groups every_shard, every_relay and zone_1 to zone_3. Names of hosts start with the environment.
func Of(of outputs.Outputs) Group {
	environment := Group{Vars: vars(of), Children: map[string]Group{}}
	all := Group{Children: map[string]Group{}}
	host := func(part string) string { return of.Environment + "-" + part }
	if door := of.FrontDoor; door != nil {
		environment.Hosts = map[string]map[string]any{
			host("front-door"): {
				"url": door.URL, "address": door.Address, "namespace": door.Namespace, "metrics": door.Metrics,
			},
		}
	}
	if reaper := of.Reaper; reaper != nil {
		if environment.Hosts == nil {
			environment.Hosts = map[string]map[string]any{}
		}
		environment.Hosts[host("reaper")] = map[string]any{
			"function_app": reaper.FunctionApp, "function_app_id": reaper.FunctionAppID,
			"table_endpoint": reaper.TableEndpoint, "tables": reaper.Tables,
		}
	}
	for _, name := range slices.Sorted(maps.Keys(of.Shards)) {
		shard := of.Shards[name]
		at, relay := host("shard-"+name), host("relay-"+name)
		environment.Children[group(of.Environment, "shard", name)] = Group{
			Hosts: map[string]map[string]any{at: shardVars(shard), relay: {"host": shard.Turn.Host, "address": shard.Turn.Address}},
			Vars:  map[string]any{"shard": name, "zone": shard.Zone},
		}
		join(all, everyShard, at)
		join(all, everyRelay, relay)
		join(all, "zone_"+strconv.Itoa(shard.Zone), at, relay)
	}
	all.Children[of.Environment] = environment
	return all
}

// group is the name of a group, of the letters that Ansible takes.
func group(environment, kind, name string) string { return environment + "_" + kind + "_" + name }

// join adds hosts whose variables are elsewhere.
func join(all Group, name string, hosts ...string) {
	joined := all.Children[name]
	if joined.Hosts == nil {
		joined.Hosts = map[string]map[string]any{}
	}
	for _, host := range hosts {
		joined.Hosts[host] = map[string]any{}
	}
	all.Children[name] = joined
}

func shardVars(shard outputs.Shard) map[string]any {
	return map[string]any{
		"namespace": shard.Namespace, "signalling_address": shard.SignallingAddress,
		"scale_set_id": shard.ScaleSetID, "scale_set_name": shard.ScaleSetName, "prefix_cidr": shard.PrefixCIDR,
		"autoscale_setting_id": shard.AutoscaleSettingID,
	}
}

// vars are those of the environment. The kubeconfig is a secret, and left out. The name "environment" is a keyword of Ansible.
func vars(of outputs.Outputs) map[string]any {
	all := map[string]any{
		"ansible_connection": "local",
		"meet_environment":   of.Environment, "meet_phase": of.Phase,
		"location": of.Location, "resource_group": of.ResourceGroup,
		"gallery": of.Image.Gallery, "image_definition": of.Image.Definition, "image_definition_id": of.Image.DefinitionID,
	}
	if cluster := of.Cluster; cluster != nil {
		maps.Copy(all, map[string]any{
			"cluster_name": cluster.Name, "cluster_id": cluster.ID, "egress_addresses": cluster.EgressAddresses,
			"node_resource_group": cluster.NodeResourceGroup,
		})
	}
	if limits := of.Thresholds; limits != nil {
		maps.Copy(all, map[string]any{
			"bridges_minimum": limits.Minimum, "bridges_maximum": limits.Maximum, "scale_out_cpu_percent": limits.CPUPercent,
			"scale_out_network_bytes_per_minute": limits.NetworkBytesPerMinute,
		})
	}
	if of.Vault != nil {
		all["vault_name"] = of.Vault.Name
	}
	if watch := of.Monitoring; watch != nil {
		maps.Copy(all, map[string]any{
			"workspace": watch.Workspace, "application_insights": watch.ApplicationInsights, "action_group": watch.ActionGroup,
		})
	}
	return all
}

// JSON writes the inventory. One that Ansible would refuse is an error; it means that the outputs are not those of a deployed
// environment.
func JSON(all Group) ([]byte, error) {
	text, err := json.MarshalIndent(map[string]Group{"all": all}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing the inventory: %w", err)
	}
	if err := Validate(text); err != nil {
		return nil, err
	}
	return append(text, '\n'), nil
}

// Validate holds an inventory against the form that Ansible takes.
func Validate(text []byte) error {
	form, err := compiled()
	if err != nil {
		return err
	}
	if err := outputs.Check(form, text); err != nil {
		return fmt.Errorf("the inventory: %w", err)
	}
	return nil
}

package stack_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/functions/reaper/settings"
	"jitsi-meet-azure/internal/graphtest"
)

// reaperSettings are the settings of the reaper's app by name.
func reaperSettings(t *testing.T, graph graphtest.Graph) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, item := range at(t, find(t, graph, "reaper-app").Inputs, "siteConfig", "appSettings").([]any) {
		pair := item.(map[string]any)
		found[fmt.Sprint(pair["name"])] = fmt.Sprint(pair["value"])
	}
	return found
}

func find(t *testing.T, graph graphtest.Graph, name string) graphtest.Resource {
	t.Helper()
	found, ok := graph.Find(name)
	require.True(t, ok, "there is no resource %s", name)
	return found
}

// What the configuration allows, the program accepts: both know the limits, and a deployment must not leave a reaper that
// refuses to start.
func TestTheReaperAcceptsWhateverTheConfigurationDoes(t *testing.T) {
	t.Parallel()
	for name, values := range map[string][6]int{
		"least":        {1, 2, 10, 10, 15, 1},
		"most":         {1440, 720, 1440, 240, 240, 3650},
		"switched off": {1440, 0, 0, 0, 0, 3650},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := stackConfig(t, "dev")
			reaper := config["meet:reaper"].(map[string]any)
			for i, key := range []string{
				"minimumUptimeMinutes", "maximumAgeHours", "stuckConferenceMinutes", "bootDeadlineMinutes", "deadMinutes", "retentionDays",
			} {
				reaper[key] = values[i]
			}
			told := reaperSettings(t, record(t, parse(t, "dev", config), false))
			// The recorder's ids are no scale sets'.
			told[settings.TargetsName] = reference.ReplaceAllString(told[settings.TargetsName],
				"resourceGroups/rg/providers/Microsoft.Compute/virtualMachineScaleSets/$1")
			var environ []string
			for key, value := range told {
				environ = append(environ, key+"="+value)
			}
			_, err := settings.Parse(environ)
			assert.NoError(t, err)
		})
	}
}

// The reaper asks each shard's Jicofo at the address and port at which the cluster serves it, and on the way there every
// rule lets it through.
func TestTheReaperReachesEveryJicofo(t *testing.T) {
	t.Parallel()
	for _, name := range stacks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := loadStack(t, name)
			graph := record(t, env, false)
			var targets []struct{ Shard, Jicofo string }
			require.NoError(t, json.Unmarshal([]byte(reaperSettings(t, graph)[settings.TargetsName]), &targets))
			require.Len(t, targets, len(env.Shards))
			for i, shard := range env.Shards {
				assert.Equal(t, shard.Name, targets[i].Shard)
				service := find(t, graph, "signalling-"+shard.Name+"-jicofo-reaper").Inputs
				address := at(t, service, "metadata", "annotations", "service.beta.kubernetes.io/azure-load-balancer-ipv4")
				port := at(t, service, "spec", "ports", 0, "port")
				assert.Equal(t, fmt.Sprintf("http://%v:%v", address, port), targets[i].Jicofo)
				policy := find(t, graph, "signalling-"+shard.Name+"-policy-jicofo").Inputs
				assert.Equal(t, env.Network.Function.String(), at(t, policy, "spec", "ingress", 0, "from", 0, "ipBlock", "cidr"))
				assert.Equal(t, port, at(t, policy, "spec", "ingress", 0, "ports", 0, "port"))
				for group, rule := range map[string]string{
					"nodes": "AllowReaperToJicofo", "load-balancers": "AllowReaperToJicofo", "function": "AllowJicofo",
				} {
					allowed := securityRule(t, graph, group, rule)
					assert.Contains(t, allowed["destinationAddressPrefixes"], fmt.Sprintf("%v/32", address), group)
					assert.Equal(t, fmt.Sprint(port), allowed["destinationPortRange"], group)
				}
			}
		})
	}
}

// securityRule is a rule of the security group of a subnet.
func securityRule(t *testing.T, graph graphtest.Graph, group, name string) map[string]any {
	t.Helper()
	rules := at(t, find(t, graph, "network-nsg-"+group).Inputs, "securityRules")
	for _, rule := range rules.([]any) {
		if found := rule.(map[string]any); found["name"] == name {
			return found
		}
	}
	require.Fail(t, "no rule", "%s in %s", name, group)
	return nil
}

// at walks into nested inputs by keys and list positions.
func at(t *testing.T, value any, path ...any) any {
	t.Helper()
	found, err := graphtest.At(value, path...)
	require.NoError(t, err)
	return found
}

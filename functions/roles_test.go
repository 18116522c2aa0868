package functions_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"jitsi-meet-azure/functions"
	"jitsi-meet-azure/internal/graphtest"
)

const definitions = subscription + "/providers/Microsoft.Authorization/roleDefinitions/"

// actions are all that the custom role allows of one kind: "actions" or "dataActions".
func actions(t *testing.T, role graphtest.Resource, kind string) []string {
	t.Helper()
	permissions, ok := role.Inputs["permissions"].([]any)
	if !ok || len(permissions) != 1 {
		t.Fatalf("permissions %v", role.Inputs["permissions"])
	}
	permission := permissions[0].(map[string]any)
	if len(permission) != 2 {
		t.Errorf("the role has more than actions, or none on data: %v", permission)
	}
	var all []string
	for _, action := range permission[kind].([]any) {
		all = append(all, action.(string))
	}
	return all
}

func TestRoleAllowsExactlyWhatRetiringABridgeNeeds(t *testing.T) {
	t.Parallel()
	role := find(t, record(t, example(t), false), "reaper-role")
	const sets = "Microsoft.Compute/virtualMachineScaleSets/"
	want := []string{
		sets + "read",
		sets + "instanceView/read",
		sets + "delete/action",
		sets + "networkInterfaces/read",
		sets + "publicIPAddresses/read",
		sets + "virtualMachines/read",
		sets + "virtualMachines/instanceView/read",
		sets + "virtualMachines/networkInterfaces/read",
		sets + "virtualMachines/networkInterfaces/ipConfigurations/read",
		sets + "virtualMachines/networkInterfaces/ipConfigurations/publicIPAddresses/read",
		"Microsoft.Insights/metrics/read",
	}
	if got := actions(t, role, "actions"); !slices.Equal(got, want) {
		t.Errorf("actions %v\nwant    %v", got, want)
	}
	if got := actions(t, role, "dataActions"); !slices.Equal(got, []string{"Microsoft.Insights/Metrics/Write"}) {
		t.Errorf("actions on data %v, want only that which publishes metrics", got)
	}
	if said, _ := role.Inputs["description"].(string); !strings.Contains(said, "writes metrics of its own") {
		t.Errorf("the description does not say that the reaper publishes: %q", said)
	}
	has(t, role, map[string]any{
		"scope": group, "assignableScopes": []any{group}, "roleType": "CustomRole", "roleName": example(t).Names.ReaperRole(),
	})
}

// Said apart from the list above, so that a change of the list still has to pass it: the role deletes instances, never a
// scale set, and writes nothing.
func TestRoleCannotDeleteAScaleSet(t *testing.T) {
	t.Parallel()
	changing := 0
	for _, action := range actions(t, find(t, record(t, example(t), false), "reaper-role"), "actions") {
		verb := action[strings.LastIndex(action, "/")+1:]
		switch {
		case strings.Contains(action, "*"), strings.HasSuffix(action, "/write"), strings.EqualFold(verb, "delete"):
			t.Errorf("the role allows %s", action)
		case verb == "action":
			changing++
			if action != "Microsoft.Compute/virtualMachineScaleSets/delete/action" {
				t.Errorf("the role allows %s", action)
			}
		case verb != "read":
			t.Errorf("the role allows %s", action)
		}
		if !strings.HasPrefix(action, "Microsoft.Compute/virtualMachineScaleSets/") && action != "Microsoft.Insights/metrics/read" {
			t.Errorf("the role reaches %s", action)
		}
	}
	if changing != 1 {
		t.Errorf("the role has %d actions that change something, want 1", changing)
	}
}

func TestAssignments(t *testing.T) {
	t.Parallel()
	graph := record(t, example(t), false)
	role := find(t, graph, "reaper-role").Inputs["roleDefinitionId"].(string)
	want := map[string]struct{ role, scope string }{
		"reaper-retire-a":          {role, scaleSet("a")},
		"reaper-retire-b":          {role, scaleSet("b")},
		"reaper-read-package":      {"2a2b9908-6ea1-4ae2-8e65-a410df84e7d1", id("reaper-packages")},
		"reaper-own-host-blobs":    {"b7e6dc6d-f1e8-4753-8033-0f276bb0955b", id("reaper-host")},
		"reaper-write-host-tables": {"0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3", id("reaper-host")},
		"reaper-write-state":       {"0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3", id("reaper-state")},
	}
	version5 := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	named := map[any]bool{role: true}
	found := graph.Of("azure-native:authorization:RoleAssignment")
	if len(found) != len(want) {
		t.Errorf("%d assignments, want %d", len(found), len(want))
	}
	for _, assignment := range found {
		expected := want[assignment.Name]
		has(t, assignment, map[string]any{
			"principalId": "the-principal", "principalType": "ServicePrincipal",
			"roleDefinitionId": definitions + expected.role, "scope": expected.scope,
		})
		name, _ := assignment.Inputs["roleAssignmentName"].(string)
		if named[name] || !version5.MatchString(name) {
			t.Errorf("%s is called %q, want a GUID of its own", assignment.Name, name)
		}
		named[name] = true
		if assignment.Options["deleteBeforeReplace"] != true {
			t.Errorf("%s would be replaced under its own name", assignment.Name)
		}
		if waits := slices.Contains(assignment.DependsOn, "reaper-role"); waits != strings.Contains(assignment.Name, "retire") {
			t.Errorf("%s depends on %v", assignment.Name, assignment.DependsOn)
		}
	}
}

// A new shard adds one assignment and changes, beside the list in the app's settings, nothing that was there.
func TestANewShardTouchesNoOther(t *testing.T) {
	t.Parallel()
	args := example(t)
	before := record(t, args, false)
	args.Targets = append([]functions.Target{target("c")}, args.Targets...)
	after := record(t, args, false)
	for _, old := range before.Resources {
		now := find(t, after, old.Name)
		if old.Name == "reaper-app" {
			continue
		}
		has(t, now, old.Inputs)
	}
	if added := len(after.Resources) - len(before.Resources); added != 1 {
		t.Errorf("%d resources were added, want 1", added)
	}
	find(t, after, "reaper-retire-c")
}

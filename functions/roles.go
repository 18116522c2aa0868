package functions

import (
	"fmt"

	"github.com/pulumi/pulumi-azure-native-sdk/authorization/v2"
	"github.com/pulumi/pulumi-azure-native-sdk/managedidentity/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/internal/guid"
	"jitsi-meet-azure/internal/role"
)

// scaleSets starts the name of every action on scale sets.
const scaleSets = "Microsoft.Compute/virtualMachineScaleSets/"

// retirementActions are all that the reaper may do to a scale set: read it, its instances, their addresses and their
// metrics, and have the set delete an instance. The metrics are the host's view of a machine's network: they testify for a
// machine that nobody else hears from. Mind the last word of ".../delete/action": without it the right would be to delete
// the scale set itself, with every bridge in it.
// Source: Azure docs, permissions/compute and permissions/monitor.
func retirementActions() []string {
	return []string{
		scaleSets + "read",
		scaleSets + "instanceView/read",
		scaleSets + "delete/action",
		scaleSets + "networkInterfaces/read",
		scaleSets + "publicIPAddresses/read",
		scaleSets + "virtualMachines/read",
		scaleSets + "virtualMachines/instanceView/read",
		scaleSets + "virtualMachines/networkInterfaces/read",
		scaleSets + "virtualMachines/networkInterfaces/ipConfigurations/read",
		scaleSets + "virtualMachines/networkInterfaces/ipConfigurations/publicIPAddresses/read",
		"Microsoft.Insights/metrics/read",
	}
}

// publishingActions are what the reaper may do to a scale set's data: add metrics to it, by which autoscale adds bridges. It is
// what the built-in role Monitoring Metrics Publisher allows, and nothing else of that role.
// Source: Azure docs, built-in-roles (Monitor).
func publishingActions() []string { return []string{"Microsoft.Insights/Metrics/Write"} }

// grantRetirement lets the identity retire bridges: one role of our own, assigned at each scale set by itself, so that a
// new shard adds an assignment and touches no other.
func (b *builder) grantRetirement(identity *managedidentity.UserAssignedIdentity) error {
	definition, err := authorization.NewRoleDefinition(b.ctx, b.child("role"), &authorization.RoleDefinitionArgs{
		RoleDefinitionId: pulumi.String(b.guid("role")),
		RoleName:         pulumi.String(b.args.Names.ReaperRole()),
		RoleType:         pulumi.String("CustomRole"),
		Description: pulumi.String(
			"Reads a scale set of bridges and its metrics, deletes single instances of it, and writes metrics of its own about it."),
		Scope:            b.args.ResourceGroupID,
		AssignableScopes: pulumi.StringArray{b.args.ResourceGroupID},
		Permissions: authorization.PermissionArray{
			authorization.PermissionArgs{
				Actions: pulumi.ToStringArray(retirementActions()), DataActions: pulumi.ToStringArray(publishingActions()),
			},
		},
	}, b.options()...)
	if err != nil {
		return fmt.Errorf("reaper role: %w", err)
	}
	for _, target := range b.args.Targets {
		// The role is named by its GUID, so that Pulumi has to be told to wait for it.
		_, err := b.assign("retire-"+target.Shard, identity, b.guid("role"), target.ScaleSetID,
			pulumi.DependsOn([]pulumi.Resource{definition}))
		if err != nil {
			return err
		}
	}
	return nil
}

// grantStorage gives the identity what the app needs before it can start. Queues are left out: the Functions host uses
// them for blob triggers only.
func (b *builder) grantStorage(identity *managedidentity.UserAssignedIdentity, made *stores) ([]pulumi.Resource, error) {
	var granted []pulumi.Resource
	for _, grant := range []struct {
		suffix, role string
		scope        pulumi.IDOutput
	}{
		{"read-package", role.BlobDataReader, made.container.ID()},       // the package, by WEBSITE_RUN_FROM_PACKAGE
		{"own-host-blobs", role.BlobDataOwner, made.host.ID()},           // the timer's lease and the host's keys
		{"write-host-tables", role.TableDataContributor, made.host.ID()}, // the host's diagnostic events
		{"write-state", role.TableDataContributor, made.state.ID()},      // what the reaper remembers
	} {
		assignment, err := b.assign(grant.suffix, identity, grant.role, grant.scope.ToStringOutput())
		if err != nil {
			return nil, err
		}
		granted = append(granted, assignment)
	}
	return granted, nil
}

// assign gives the identity the role with the given GUID at a scope. The assignment's name is fixed, so when its principal
// changes, the old one must go first. Naming the principal's type spares Azure a look-up that fails while the identity is
// new.
func (b *builder) assign(
	suffix string, identity *managedidentity.UserAssignedIdentity, roleGUID string, scope pulumi.StringInput,
	extra ...pulumi.ResourceOption,
) (*authorization.RoleAssignment, error) {
	assignment, err := authorization.NewRoleAssignment(b.ctx, b.child(suffix), &authorization.RoleAssignmentArgs{
		RoleAssignmentName: pulumi.String(b.guid(suffix)),
		PrincipalId:        identity.PrincipalId,
		PrincipalType:      pulumi.String(authorization.PrincipalTypeServicePrincipal),
		RoleDefinitionId:   b.roleID(roleGUID),
		Scope:              scope,
	}, b.options(append(extra, pulumi.DeleteBeforeReplace(true))...)...)
	if err != nil {
		return nil, fmt.Errorf("reaper role assignment %s: %w", suffix, err)
	}
	return assignment, nil
}

// guid names a role or an assignment. The app's name is unique in Azure, so the GUIDs are as well.
func (b *builder) guid(suffix string) string { return guid.For(b.args.Names.FunctionApp(), suffix) }

// roleID is a role's id in the resource group's subscription.
func (b *builder) roleID(roleGUID string) pulumi.StringOutput {
	return b.args.ResourceGroupID.ToStringOutput().ApplyT(role.IDIn(roleGUID)).(pulumi.StringOutput)
}

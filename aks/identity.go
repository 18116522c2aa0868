package aks

import (
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi-azure-native-sdk/authorization/v2"
	"github.com/pulumi/pulumi-azure-native-sdk/managedidentity/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/internal/guid"
	"jitsi-meet-azure/internal/role"
)

// egressAddresses is how many of Args.EgressAddressIDs there are. It is written down because a list of outputs has no
// length while a deployment is planned, and each address needs a role assignment of its own.
const egressAddresses = 2

// identity registers the identity that the cluster's control plane acts as. It is the stack's own rather than one that
// AKS makes, because only then can its rights exist before the cluster does.
func (b *builder) identity() (*managedidentity.UserAssignedIdentity, error) {
	identity, err := managedidentity.NewUserAssignedIdentity(b.ctx, b.name+"-identity", &managedidentity.UserAssignedIdentityArgs{
		ResourceName:      pulumi.String(b.args.Names.Identity("cluster")),
		ResourceGroupName: b.args.ResourceGroupName,
		Location:          pulumi.String(b.args.Location),
		Tags:              b.tags(),
	}, pulumi.Parent(b.component))
	if err != nil {
		return nil, fmt.Errorf("identity of the cluster: %w", err)
	}
	return identity, nil
}

// grants lets the identity join exactly the subnets and addresses that its nodes and load balancers use, and change nothing
// else in the resource group. It may read the group, because the controller of load balancers lists the group's addresses
// before it looks at any Service that names the group. The cluster waits for all of them: AKS checks the first ones while
// it is created.
// Source: kubernetes-sigs/cloud-provider-azure, reconcilePublicIP and its cache of addresses.
func (b *builder) grants(identity *managedidentity.UserAssignedIdentity) ([]pulumi.Resource, error) {
	type scope struct {
		suffix, role string
		id           pulumi.StringOutput
	}
	scopes := []scope{
		{"group", role.Reader, b.args.ResourceGroupID.ToStringOutput()},
		{"nodes", role.NetworkContributor, b.args.NodeSubnetID.ToStringOutput()},
		{"load-balancers", role.NetworkContributor, b.args.LoadBalancerSubnetID.ToStringOutput()},
		{"front-door", role.NetworkContributor, b.args.FrontDoorAddressID.ToStringOutput()},
	}
	for _, shard := range slices.Sorted(maps.Keys(b.args.TurnAddressIDs)) {
		scopes = append(scopes, scope{"turn-" + shard, role.NetworkContributor, b.args.TurnAddressIDs[shard].ToStringOutput()})
	}
	for index := range egressAddresses {
		scopes = append(scopes, scope{fmt.Sprintf("egress-%d", index+1), role.NetworkContributor, b.egressAddressID(index)})
	}
	grants := make([]pulumi.Resource, 0, len(scopes))
	for _, s := range scopes {
		grant, err := b.assign(s.suffix, s.role, s.id, b.args.ResourceGroupID.ToStringOutput(), identity.PrincipalId)
		if err != nil {
			return nil, err
		}
		grants = append(grants, grant)
	}
	return grants, nil
}

// assign gives a principal a role at a scope, which lies in the same subscription as the resource with the id near.
func (b *builder) assign(suffix, roleGUID string, scope, near, principal pulumi.StringOutput) (pulumi.Resource, error) {
	// The principal is part of the name: an identity that was made again needs an assignment of its own, and Azure does
	// not move one from principal to principal.
	name := pulumi.All(scope, principal).ApplyT(func(parts []any) string {
		return guid.For(parts[0].(string), roleGUID, parts[1].(string))
	}).(pulumi.StringOutput)
	assignment, err := authorization.NewRoleAssignment(b.ctx, b.name+"-grant-"+suffix, &authorization.RoleAssignmentArgs{
		RoleAssignmentName: name,
		Scope:              scope,
		RoleDefinitionId:   near.ApplyT(role.IDIn(roleGUID)).(pulumi.StringOutput),
		PrincipalId:        principal,
		// Saying what the principal is spares Azure a look-up that fails while a new identity is not known everywhere.
		PrincipalType: pulumi.String("ServicePrincipal"),
	}, pulumi.Parent(b.component), pulumi.DeleteBeforeReplace(true))
	if err != nil {
		return nil, fmt.Errorf("rights of the cluster on %s: %w", suffix, err)
	}
	return assignment, nil
}

func (b *builder) egressAddressID(index int) pulumi.StringOutput {
	return b.args.EgressAddressIDs.ToStringArrayOutput().ApplyT(func(ids []string) (string, error) {
		if len(ids) != egressAddresses {
			return "", fmt.Errorf("aks: EgressAddressIDs has %d ids, not %d", len(ids), egressAddresses)
		}
		return ids[index], nil
	}).(pulumi.StringOutput)
}

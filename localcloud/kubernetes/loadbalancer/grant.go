package loadbalancer

import (
	"fmt"
	"strings"
)

// Built-in roles that allow the controller to use subnets and public addresses.
// Source: Azure docs, "Azure built-in roles".
const (
	NetworkContributor = "4d97b98b-1d4f-4787-a291-c67834d212e7"
	reader             = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
	contributor        = "b24988ac-6180-42a0-ab88-20f7382dd24c"
	owner              = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
)

// Grant is a role assignment.
type Grant struct {
	// Principal is the object id of who holds the role.
	Principal string
	// Role is the GUID of the role definition.
	Role string
	// Scope is the id of the resource, resource group or subscription that it holds for.
	Scope string
}

// authorized refuses with Azure's words unless the cluster's identity may do the action at the resource.
func (w World) authorized(action, resource string) error {
	for _, g := range w.Grants {
		role := strings.ToLower(g.Role)
		if (role == NetworkContributor || role == contributor || role == owner) &&
			strings.EqualFold(g.Principal, w.Principal) && covers(g.Scope, resource) {
			return nil
		}
	}
	return fmt.Errorf(`Code="LinkedAuthorizationFailed" Message="The client with object id '%s' does not have permission `+
		`to perform action '%s' on the linked scope(s) '%s' (respectively) or the linked scope(s) are invalid: the `+
		`cluster's identity needs the role Network Contributor there."`, w.Principal, action, resource)
}

// listable refuses unless the cluster's identity may list the public addresses of the group. The controller does so for
// every Service that names a group, internal ones included; a right to single addresses does not cover it.
// Source: kubernetes-sigs/cloud-provider-azure, reconcilePublicIP and its cache of addresses.
func (w World) listable(group string) error {
	for _, g := range w.Grants {
		role, scope := strings.ToLower(g.Role), strings.ToLower(strings.Trim(g.Scope, "/"))
		reads := role == reader || role == NetworkContributor || role == contributor || role == owner
		parts := strings.Split(scope, "/")
		above := len(parts) == 2 || len(parts) == 4 && strings.EqualFold(parts[3], group)
		if reads && above && strings.EqualFold(g.Principal, w.Principal) {
			return nil
		}
	}
	return fmt.Errorf(`Code="AuthorizationFailed" Message="The client with object id '%s' does not have authorization to `+
		`perform action 'Microsoft.Network/publicIPAddresses/read' over scope '/resourceGroups/%s/providers/Microsoft.Network'"`,
		w.Principal, group)
}

// covers tells whether a scope holds for a resource: it is the resource itself or above it.
func covers(scope, resource string) bool {
	scope, resource = strings.ToLower(strings.TrimRight(scope, "/")), strings.ToLower(resource)
	return scope != "" && (resource == scope || strings.HasPrefix(resource, scope+"/"))
}

package azurenative

import (
	"errors"
	"slices"
	"strings"

	"jitsi-meet-azure/localcloud/azurenative/arm"
	"jitsi-meet-azure/localcloud/store"
)

// builtinRoles are the ids of Azure's own roles that a deployment like this grants.
// Source: Azure docs, role-based-access-control/built-in-roles.
var builtinRoles = []string{
	"b24988ac-6180-42a0-ab88-20f7382dd24c", // Contributor
	"acdd72a7-3385-48ef-bd42-f606fba81ae7", // Reader
	"4d97b98b-1d4f-4787-a291-c67834d212e7", // Network Contributor
	"9980e02c-c2be-4d73-94e8-173b1dc7cf3c", // Virtual Machine Contributor
	"f1a07417-d97a-45cb-824c-7a7467783830", // Managed Identity Operator
	"17d1049b-9a84-46fb-8f53-869881c3d3ab", // Storage Account Contributor
	"b7e6dc6d-f1e8-4753-8033-0f276bb0955b", // Storage Blob Data Owner
	"ba92f5b4-2d11-453d-a403-e96b0029c9fe", // Storage Blob Data Contributor
	"2a2b9908-6ea1-4ae2-8e65-a410df84e7d1", // Storage Blob Data Reader
	"974c5e8b-45b9-4653-ba55-5f855dd0fb88", // Storage Queue Data Contributor
	"0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3", // Storage Table Data Contributor
	"76199698-9eea-4c19-bc75-cec21354c6b6", // Storage Table Data Reader
	"3913510d-42f4-4e42-8a64-420c390055eb", // Monitoring Metrics Publisher
	"43d0d8ad-25c7-4714-9337-8ba259a9fe05", // Monitoring Reader
	"0ab0b1a8-8aac-4efd-b8c2-3ee1fb270be8", // Azure Kubernetes Service Cluster Admin Role
	"4abbcc35-e782-43d8-92c5-2d3f1bd2253f", // Azure Kubernetes Service Cluster User Role
	"b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b", // Azure Kubernetes Service RBAC Cluster Admin
	"7f951dda-4ed3-4680-a7ca-43fe172d538d", // AcrPull
	"4633458b-17de-408a-874c-0445c86b69e6", // Key Vault Secrets User
}

// unchecked are inputs in which an id is only text: nothing in Azure follows it.
var unchecked = []string{"tags", "description", "value"}

// parentExists refuses a resource whose group or parent is not there.
func (op *operation) parentExists() error {
	if op.d.token == groupToken {
		return nil
	}
	if foreign, err := op.foreignVault(op.id); err != nil || foreign && op.isExtension() {
		return err
	}
	if err := op.groupExists(op.id); err != nil {
		return err
	}
	parent := arm.ParentOf(op.id)
	if parent == "" {
		return nil
	}
	there, err := op.exists(parent)
	if err != nil || there {
		return err
	}
	return notFound("ParentResourceNotFound", "Failed to perform 'write' on resource(s) of type '%s', because the parent "+
		"resource '%s' could not be found.", relativeType(op.id), parent)
}

// groupExists refuses an id in a resource group that is not there.
func (op *operation) groupExists(id string) error {
	group := arm.GroupOf(id)
	if group == "" {
		return nil
	}
	there, err := op.exists(group)
	if err != nil || there {
		return err
	}
	return notFound("ResourceGroupNotFound", "Resource group '%s' could not be found.", arm.LastSegment(group))
}

// relativeType is a resource type without its namespace, as in Azure's messages.
func relativeType(id string) string {
	_, kind, _ := strings.Cut(arm.TypeOf(id), "/")
	return kind
}

// referencesExist refuses ids of our subscription, anywhere in the inputs, that lead to nothing.
func (op *operation) referencesExist() error {
	var problem error
	visitStrings("", map[string]any(op.in), func(path, text string) {
		if problem != nil || !op.isReference(path, text) {
			return
		}
		there, err := op.exists(text)
		switch {
		case err != nil:
			problem = err
		case !there:
			problem = op.dangling(path, text)
		}
	})
	return problem
}

func (op *operation) isReference(path, text string) bool {
	last := path[strings.LastIndex(path, ".")+1:]
	if slices.Contains(unchecked, topOf(path)) || slices.Contains(unchecked, last) || !arm.IsID(text) {
		return false
	}
	return arm.Within(text, "/subscriptions/"+op.p.subscription) && !arm.Within(text, op.id)
}

func (op *operation) dangling(path, id string) error {
	if isRole(id) {
		return invalid("RoleDefinitionDoesNotExist", "The specified role definition with ID '%s' does not exist.",
			strings.ReplaceAll(arm.LastSegment(id), "-", ""))
	}
	owner := arm.TypeOf(op.id)
	if strings.HasPrefix(owner, "Microsoft.Network/") || strings.HasPrefix(owner, "Microsoft.Compute/") {
		return invalid("InvalidResourceReference", "Resource %s referenced by resource %s was not found (property '%s'). "+
			"Please make sure that the referenced resource exists, and that both resources are in the same region.",
			id, op.id, path)
	}
	return notFound("ResourceNotFound", "The Resource '%s/%s' under resource group '%s' was not found (property '%s' of "+
		"%s).", arm.TypeOf(id), arm.LastSegment(id), arm.LastSegment(arm.GroupOf(id)), path, op.id)
}

func isRole(id string) bool {
	return strings.EqualFold(arm.TypeOf(id), "Microsoft.Authorization/roleDefinitions")
}

// exists tells whether an id leads to something: a resource, a part of one, a built-in role, a vault or the subscription.
func (op *operation) exists(id string) (bool, error) {
	if arm.Same(id, "/subscriptions/"+op.p.subscription) {
		return true, nil
	}
	if foreign, err := op.foreignVault(id); err != nil || foreign {
		return foreign, err
	}
	if isRole(id) {
		_, found, err := op.role(id)
		return found || slices.Contains(builtinRoles, strings.ToLower(arm.LastSegment(id))), err
	}
	if _, err := op.tx.Get(id); !errors.Is(err, store.ErrNotFound) {
		return err == nil, err
	}
	return op.partExists(id)
}

// partExists looks for a part that its owner keeps in a list property, such as a subnet written inside its network, or
// for one of the fixed "default" services of a storage account.
func (op *operation) partExists(id string) (bool, error) {
	parts := strings.Split(id, "/")
	if len(parts) < 11 { // a part lies at least one level below a resource
		return false, nil
	}
	owner, list, name := strings.Join(parts[:len(parts)-2], "/"), parts[len(parts)-2], parts[len(parts)-1]
	found, there, err := op.find(owner)
	if err != nil || !there {
		return false, err
	}
	if strings.HasSuffix(list, "Services") && name == "default" {
		return true, nil
	}
	return slices.ContainsFunc(found.in.objects(list), func(o object) bool {
		return strings.EqualFold(o.text("name"), name)
	}), nil
}

// role finds a custom role by its GUID: Azure takes its id at any of its scopes.
func (op *operation) role(id string) (other, bool, error) {
	roles, err := op.all(roleToken)
	if err != nil {
		return other{}, false, err
	}
	for _, r := range roles {
		if arm.Same(arm.LastSegment(r.ID), arm.LastSegment(id)) {
			return r, true, nil
		}
	}
	return other{}, false, nil
}

package azurenative

import (
	"regexp"
	"strings"

	"jitsi-meet-azure/localcloud/azurenative/arm"
)

// actionPattern is "Namespace/type/action" with wildcards, or "*".
var actionPattern = regexp.MustCompile(`^(\*|\*/[a-zA-Z*/]+|[A-Za-z][\w.]*(/[\w.*-]+)+)$`)

func acceptGroup(op *operation) error {
	if op.in.text("location") == "" {
		return invalid("LocationRequired", "The location property is required for this definition.")
	}
	if op.old != nil && !strings.EqualFold(op.old.text("location"), op.in.text("location")) {
		return conflict("InvalidResourceGroupLocation", "Invalid resource group location '%s'. The Resource group already exists "+
			"in location '%s'.", op.in.text("location"), op.old.text("location"))
	}
	return nil
}

func acceptRole(op *operation) error {
	if id := op.in.text("roleDefinitionId"); !arm.IsGUID(id) {
		return invalid("InvalidRoleDefinitionId", "The role definition ID '%s' is not a valid GUID.", id)
	}
	for _, permission := range op.in.objects("permissions") {
		for _, list := range []string{"actions", "notActions", "dataActions", "notDataActions"} {
			for _, action := range permission.texts(list) {
				if !actionPattern.MatchString(action) {
					return invalid("InvalidActionOrNotAction", "'%s' does not match any of the actions supported by the providers.",
						action)
				}
			}
		}
	}
	roles, err := op.all(op.d.token)
	if err != nil {
		return err
	}
	for _, role := range roles {
		if strings.EqualFold(role.in.text("roleName"), op.in.text("roleName")) {
			return conflict("RoleDefinitionWithSameNameExists", "A custom role with the same name already exists in this "+
				"directory. Use a different name (%s).", op.in.text("roleName"))
		}
	}
	return nil
}

// releaseRole refuses to delete a role that somebody holds.
func releaseRole(op *operation) error {
	grants, err := op.all(grantToken)
	if err != nil {
		return err
	}
	for _, grant := range grants {
		if arm.Same(arm.LastSegment(grant.in.text("roleDefinitionId")), arm.LastSegment(op.id)) {
			return invalid("RoleDefinitionHasAssignments", "There are existing role assignments referencing role (code: bad "+
				"request): %s.", grant.ID)
		}
	}
	return nil
}

func acceptGrant(op *operation) error {
	if name := op.in.text("roleAssignmentName"); !arm.IsGUID(name) {
		return invalid("InvalidRoleAssignmentId", "The role assignment ID '%s' is not valid. The role assignment ID must be a "+
			"GUID.", name)
	}
	principal := op.in.text("principalId")
	if !arm.IsGUID(principal) {
		return invalid("InvalidPrincipalId", "A valid principal ID must be provided for role assignment, not '%s'.", principal)
	}
	if there, err := op.exists("/" + strings.Trim(op.in.text("scope"), "/")); err != nil || !there {
		if err != nil {
			return err
		}
		return resourceMissing("/" + strings.Trim(op.in.text("scope"), "/"))
	}
	if err := op.principalKnown(principal); err != nil {
		return err
	}
	if err := op.roleAssignable(); err != nil {
		return err
	}
	return op.soleGrant(principal)
}

// principalKnown refuses a service principal that no identity of the cloud has, for example a client id by mistake.
func (op *operation) principalKnown(principal string) error {
	if op.in.text("principalType") != "ServicePrincipal" {
		return nil
	}
	all, err := op.tx.List(Package)
	if err != nil {
		return err
	}
	for _, r := range all {
		if !refersTo(r.Outputs, principal) {
			continue
		}
		found, err := open(r)
		if err != nil || found.isPrincipal(principal) {
			return err
		}
	}
	return invalid("PrincipalNotFound", "Principal %s does not exist in the directory %s. Check that you have the correct "+
		"principal ID.", strings.ReplaceAll(principal, "-", ""), op.p.tenant)
}

// isPrincipal tells whether the resource answers an id as that of a principal: its own, or of an identity that it has.
func (o other) isPrincipal(id string) bool {
	found := false
	visitStrings("", map[string]any(o.out), func(path, text string) {
		key := path[strings.LastIndex(path, ".")+1:]
		found = found || (key == "principalId" || key == "objectId") && arm.Same(text, id)
	})
	return found
}

// roleAssignable refuses a custom role outside its assignable scopes.
func (op *operation) roleAssignable() error {
	id := op.in.text("roleDefinitionId")
	role, custom, err := op.role(id)
	if err != nil || !custom {
		return err
	}
	scope := "/" + strings.Trim(op.in.text("scope"), "/")
	for _, assignable := range role.in.texts("assignableScopes") {
		if arm.Within(scope, strings.TrimRight(assignable, "/")) {
			return nil
		}
	}
	return invalid("RoleDefinitionScopeInvalid", "The role definition %s cannot be assigned at scope %s: it is not below one of "+
		"its assignable scopes.", arm.LastSegment(id), scope)
}

func (op *operation) soleGrant(principal string) error {
	grants, err := op.all(op.d.token)
	if err != nil {
		return err
	}
	for _, grant := range grants {
		same := arm.Same(grant.in.text("principalId"), principal) &&
			arm.Same(strings.Trim(grant.in.text("scope"), "/"), strings.Trim(op.in.text("scope"), "/")) &&
			arm.Same(arm.LastSegment(grant.in.text("roleDefinitionId")), arm.LastSegment(op.in.text("roleDefinitionId")))
		if same {
			return conflict("RoleAssignmentExists", "The role assignment already exists. The ID of the conflicting role assignment "+
				"is %s.", strings.ReplaceAll(arm.LastSegment(grant.ID), "-", ""))
		}
	}
	return nil
}

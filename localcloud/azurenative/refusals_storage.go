package azurenative

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/asset"

	"jitsi-meet-azure/localcloud/azurenative/arm"
)

var (
	accountName   = regexp.MustCompile(`^[a-z0-9]{3,24}$`)
	containerName = regexp.MustCompile(`^(\$root|\$web|[a-z0-9]([a-z0-9]|-[a-z0-9]){2,62})$`)
	tableName     = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]{2,62}$`)
	siteName      = regexp.MustCompile(`^[a-zA-Z0-9]([a-zA-Z0-9-]{0,58}[a-zA-Z0-9])?$`)
)

func acceptAccount(op *operation) error {
	name := op.in.text("accountName")
	if !accountName.MatchString(name) {
		return invalid("AccountNameInvalid", "%s is not a valid storage account name. Storage account name must be between 3 and "+
			"24 characters in length and use numbers and lower-case letters only.", name)
	}
	accounts, err := op.all(accountToken)
	if err != nil {
		return err
	}
	for _, account := range accounts {
		if arm.Same(arm.LastSegment(account.ID), name) {
			return conflict("StorageAccountAlreadyTaken", "The storage account named %s is already taken.", name)
		}
	}
	return nil
}

func acceptContainer(op *operation) error {
	if name := op.in.text("containerName"); !containerName.MatchString(name) || len(name) > 63 {
		return invalid("InvalidResourceName", "The specified resource name contains invalid characters: container %s.", name)
	}
	account, _, err := op.find(arm.ParentOf(op.id))
	if err != nil {
		return err
	}
	access := op.in.text("publicAccess")
	if allowed, set := account.in.get("allowBlobPublicAccess").(bool); access != "" && access != "None" && set && !allowed {
		return conflict("PublicAccessNotPermitted", "Public access is not permitted on this storage account.")
	}
	return nil
}

func acceptTable(op *operation) error {
	if name := op.in.text("tableName"); !tableName.MatchString(name) {
		return invalid("InvalidResourceName", "The specified resource name contains invalid characters: table %s.", name)
	}
	return nil
}

// acceptBlob refuses an upload where the account takes no keys: Pulumi's provider uploads with the account's key.
func acceptBlob(op *operation) error {
	account, _, err := op.find(arm.ParentOf(arm.ParentOf(op.id)))
	if err != nil {
		return err
	}
	if allowed, set := account.in.get("allowSharedKeyAccess").(bool); set && !allowed {
		return &Refusal{
			Status: 403, Code: "KeyBasedAuthenticationNotPermitted",
			Message: "Key based authentication is not permitted on this storage account.",
		}
	}
	return nil
}

// settleBlob keeps what was uploaded, by its hash.
func settleBlob(op *operation) error {
	source, known := bare(op.inputs["source"])
	if !known || !source.IsAsset() && !source.IsArchive() {
		return nil
	}
	if source.IsArchive() {
		return invalid("InvalidInput", "The local cloud uploads single files only; give the package of %s as a file asset.", op.id)
	}
	content, err := readAsset(source.AssetValue())
	if err != nil {
		return fmt.Errorf("upload %s: %w", op.id, err)
	}
	return op.p.cfg.Store.PutBlob(source.AssetValue().Hash, content)
}

// readAsset reads an asset and refuses a file that changed since the engine looked at it.
func readAsset(a *asset.Asset) ([]byte, error) {
	content, err := a.Bytes()
	if err != nil {
		return nil, err
	}
	now, err := asset.FromText(string(content))
	if err != nil {
		return nil, err
	}
	if now.Hash != a.Hash {
		return nil, fmt.Errorf("the content of %s changed during the deployment", a.Path)
	}
	return content, nil
}

func acceptPlan(op *operation) error {
	tier := op.in.text("sku.tier")
	if op.in.flag("zoneRedundant") && !strings.HasPrefix(tier, "Premium") && !strings.HasPrefix(op.in.text("sku.name"), "P") {
		return invalid("BadRequest", "Zone redundancy is only possible on a Premium plan, not on %s.", op.in.text("sku.name"))
	}
	if strings.Contains(op.in.text("kind"), "linux") && !op.in.flag("reserved") {
		return invalid("BadRequest", "A plan of kind linux must have reserved set.")
	}
	return nil
}

// releasePlan refuses to delete a plan that still carries apps.
func releasePlan(op *operation) error {
	user, err := op.user(op.id)
	if err != nil || user == "" {
		return err
	}
	return conflict("Conflict", "Server farm '%s' cannot be deleted because it has web app(s) %s assigned to it.",
		arm.LastSegment(op.id), arm.LastSegment(user))
}

func acceptApp(op *operation) error {
	name := op.in.text("name")
	if !siteName.MatchString(name) {
		return invalid("BadRequest", "The site name '%s' is invalid: letters, digits and hyphens, at most 60.", name)
	}
	apps, err := op.all(op.d.token)
	if err != nil {
		return err
	}
	for _, app := range apps {
		if arm.Same(arm.LastSegment(app.ID), name) {
			return conflict("Conflict", "Website with given name %s already exists.", name)
		}
	}
	return op.integrated()
}

// integrated refuses a subnet for the app that is not delegated to App Service.
func (op *operation) integrated() error {
	id := op.in.text("virtualNetworkSubnetId")
	if id == "" {
		return nil
	}
	subnet, _, err := op.find(id)
	if err != nil {
		return err
	}
	for _, delegation := range subnet.in.objects("delegations") {
		if strings.EqualFold(delegation.text("serviceName"), "Microsoft.Web/serverFarms") {
			return nil
		}
	}
	return invalid("BadRequest", "Subnet %s is missing the delegation to Microsoft.Web/serverFarms that App Service needs.", id)
}

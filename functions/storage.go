package functions

import (
	"fmt"

	"github.com/pulumi/pulumi-azure-native-sdk/storage/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// packages is the container that holds the app's package.
const packages = "packages"

// stores are the reaper's storage accounts. They are three because each is open to something that the others must not
// be: the code account to shared keys, the host account to the Functions host's own writes, the state account to people
// who read the audit trail.
type stores struct {
	code, host, state *storage.StorageAccount
	container         *storage.BlobContainer
	blob              *storage.Blob
}

func (b *builder) newStores() (*stores, error) {
	made := &stores{}
	var err error
	// The provider uploads a blob with the account's key, so this account, which holds nothing but public source
	// compiled, is the only one that takes keys.
	if made.code, err = b.newAccount("code", true); err != nil {
		return nil, err
	}
	if made.host, err = b.newAccount("host", false); err != nil {
		return nil, err
	}
	if made.state, err = b.newAccount("state", false, pulumi.Protect(b.args.Protect)); err != nil {
		return nil, err
	}
	if err := b.newPackage(made); err != nil {
		return nil, err
	}
	return made, b.newTables(made.state)
}

// newAccount makes the storage account with the given role in its name. All are zone-redundant: the app may be moved to
// another zone and must find its package and its lease there.
func (b *builder) newAccount(role string, sharedKeys bool, extra ...pulumi.ResourceOption) (*storage.StorageAccount, error) {
	account, err := storage.NewStorageAccount(b.ctx, b.child(role), &storage.StorageAccountArgs{
		ResourceGroupName:            b.args.ResourceGroupName,
		AccountName:                  pulumi.String(b.args.Names.StorageAccount(role)),
		Location:                     pulumi.String(b.args.Location),
		Kind:                         pulumi.String(storage.KindStorageV2),
		Sku:                          storage.SkuArgs{Name: pulumi.String(storage.SkuName_Standard_ZRS)},
		AccessTier:                   storage.AccessTierHot,
		AllowBlobPublicAccess:        pulumi.Bool(false),
		AllowCrossTenantReplication:  pulumi.Bool(false),
		AllowSharedKeyAccess:         pulumi.Bool(sharedKeys),
		DefaultToOAuthAuthentication: pulumi.Bool(true),
		EnableHttpsTrafficOnly:       pulumi.Bool(true),
		MinimumTlsVersion:            pulumi.String(storage.MinimumTlsVersion_TLS1_2),
		Tags:                         b.tags(),
	}, b.options(extra...)...)
	if err != nil {
		return nil, fmt.Errorf("reaper %s account: %w", role, err)
	}
	return account, nil
}

// newPackage uploads the package under a name that carries its hash: the app fetches a package only when the address in
// its settings changes. A new package is uploaded before, and the old one deleted after, the app is switched over.
func (b *builder) newPackage(made *stores) error {
	var err error
	made.container, err = storage.NewBlobContainer(b.ctx, b.child("packages"), &storage.BlobContainerArgs{
		ResourceGroupName: b.args.ResourceGroupName,
		AccountName:       made.code.Name,
		ContainerName:     pulumi.String(packages),
		PublicAccess:      storage.PublicAccessNone,
	}, b.options()...)
	if err != nil {
		return fmt.Errorf("reaper package container: %w", err)
	}
	made.blob, err = storage.NewBlob(b.ctx, b.child("package"), &storage.BlobArgs{
		ResourceGroupName: b.args.ResourceGroupName,
		AccountName:       made.code.Name,
		ContainerName:     made.container.Name,
		BlobName:          pulumi.String("reaper-" + b.args.Package.Hash[:hashLength] + ".zip"),
		ContentType:       pulumi.String("application/zip"),
		Type:              storage.BlobTypeBlock,
		Source:            pulumi.NewFileAsset(b.args.Package.Path),
	}, b.options(pulumi.DeleteBeforeReplace(false))...)
	if err != nil {
		return fmt.Errorf("reaper package: %w", err)
	}
	return nil
}

func (b *builder) newTables(account *storage.StorageAccount) error {
	for _, table := range b.parent.Tables {
		_, err := storage.NewTable(b.ctx, b.child(table), &storage.TableArgs{
			ResourceGroupName: b.args.ResourceGroupName,
			AccountName:       account.Name,
			TableName:         pulumi.String(table),
		}, b.options(pulumi.Protect(b.args.Protect))...)
		if err != nil {
			return fmt.Errorf("reaper table %s: %w", table, err)
		}
	}
	return nil
}

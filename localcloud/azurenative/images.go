package azurenative

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"jitsi-meet-azure/localcloud/azurenative/arm"
	"jitsi-meet-azure/localcloud/rpcprovider"
	"jitsi-meet-azure/localcloud/store"
)

// PublishImage publishes a version of a gallery image outside Pulumi, as an image build does.
func (p *Provider) PublishImage(gallery, definition, version string) error {
	if !imageVersion.MatchString(version) {
		return fmt.Errorf("version %q must have the form 1.2.3", version)
	}
	owner, err := p.imageDefinition(gallery, definition)
	if err != nil {
		return err
	}
	return p.cfg.Store.Update(func(tx *store.Tx) error {
		stored, err := tx.Get(owner)
		if err != nil {
			return err
		}
		image, err := open(stored)
		if err != nil {
			return err
		}
		id := owner + "/versions/" + version
		if _, err := tx.Get(id); !errors.Is(err, store.ErrNotFound) {
			return errors.Join(err, fmt.Errorf("version %s exists already; versions are never changed", version))
		}
		now := p.cfg.Clock()
		properties, err := rpcprovider.Encode(resource.PropertyMap{
			"name":              resource.NewStringProperty(version),
			"location":          resource.NewStringProperty(image.out.text("location")),
			"provisioningState": resource.NewStringProperty("Succeeded"),
			"type":              resource.NewStringProperty(arm.TypeOf(id)),
		})
		if err != nil {
			return err
		}
		tx.Put(store.Resource{
			ID: id, Provider: Package, Type: imageVersionToken, Created: now, Inputs: json.RawMessage(`{}`), Outputs: properties,
		})
		tx.Log(store.Event{
			Time: now, Op: store.OpCreate, Provider: Package, Type: imageVersionToken, ID: id, Detail: "published by hand",
		})
		return nil
	})
}

// UnpublishImage deletes a published version; every version where version is empty.
func (p *Provider) UnpublishImage(gallery, definition, version string) error {
	owner, err := p.imageDefinition(gallery, definition)
	if err != nil {
		return err
	}
	return p.cfg.Store.Update(func(tx *store.Tx) error {
		all, err := tx.List(Package)
		if err != nil {
			return err
		}
		for _, r := range all {
			if r.Type == imageVersionToken && arm.Within(r.ID, owner) && (version == "" || arm.LastSegment(r.ID) == version) {
				tx.Delete(r.ID)
				tx.Log(store.Event{Time: p.cfg.Clock(), Op: store.OpDelete, Provider: Package, Type: r.Type, ID: r.ID})
			}
		}
		return nil
	})
}

func (p *Provider) imageDefinition(gallery, definition string) (string, error) {
	owner, err := p.Find("azure-native:compute:Gallery", gallery)
	if err != nil {
		return "", err
	}
	id := owner + "/images/" + definition
	if _, err := p.cfg.Store.Get(id); err != nil {
		return "", err
	}
	return id, nil
}

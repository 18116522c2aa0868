package main

import (
	"context"
	"errors"
	"fmt"
)

// destroy deletes the stack's resources. Protection is part of what an environment proves, so it is only lifted when
// asked for.
func (e *engine) destroy(ctx context.Context, args []string) error {
	if err := e.prepare(ctx, nil); err != nil {
		return err
	}
	// Afterwards the state has forgotten what was retained. What cannot be read is for pulumi to report: this is for advice.
	kept, _ := e.Safekeeping()
	if e.unprotect {
		if err := e.run(ctx, "state", "unprotect", "--all", "--yes"); err != nil {
			return err
		}
	}
	err := e.delete(ctx, args)
	if err == nil {
		// Azure keeps the name of a deleted vault for days, and the next up needs it. The operator of a real environment purges
		// it too (docs/first-deployment.md); a protected one cannot be purged, here as there.
		err = e.command(ctx, e.bin("localcloud"), "purge-vaults").Run()
	}
	switch {
	case err != nil && kept.Protected && !e.unprotect:
		e.tell("%[1]s is protected: make destroy STACK=%[1]s UNPROTECT=1", e.Stack())
	case err == nil && kept.Retained:
		e.tell("the public IP prefixes, their resource group and the Key Vault's name are kept, as on Azure; "+
			"make reset STACK=%s forgets them", e.Stack())
	}
	return err
}

// delete deletes what is not protected, with the images if there are any.
func (e *engine) delete(ctx context.Context, args []string) error {
	published, err := e.image(ctx)
	if err != nil {
		return err
	}
	if published == (image{}) {
		return e.run(ctx, "destroy", append([]string{"--yes"}, args...)...)
	}
	return e.destroyWithImage(ctx, published, args)
}

// destroyWithImage plays whoever published the images too: Azure deletes no gallery that holds any. Should the gallery
// stay, because something is protected or fails, it gets its image back.
func (e *engine) destroyWithImage(ctx context.Context, published image, args []string) error {
	e.say("Deleting the bridge images from the gallery of the local cloud")
	if err := e.unpublishImage(ctx, published); err != nil {
		return fmt.Errorf("delete the images: %w", err)
	}
	if err := e.run(ctx, "destroy", append([]string{"--yes"}, args...)...); err != nil {
		e.say("The stack is not destroyed: putting a bridge image back")
		return errors.Join(err, e.publishImage(ctx, published))
	}
	return e.forgetImage()
}

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Scale sets need an image version, and a version needs the gallery: the very first deployment therefore has two
// phases, here as on Azure.

// up deploys the environment.
func (e *engine) up(ctx context.Context, args []string) error {
	first, err := e.gallery(ctx)
	if err != nil {
		return err
	}
	if first {
		e.say("First deployment, phase 2 of 2: everything else")
	}
	return e.on(ctx, "up", append([]string{"--yes"}, args...)...)
}

// gallery sees to it that there is an image, and says whether this is the first deployment.
func (e *engine) gallery(ctx context.Context) (first bool, err error) {
	published, err := e.imagePublished()
	if err != nil || published {
		return false, err
	}
	return true, e.imagePhase(ctx)
}

// preview shows what up would do first.
func (e *engine) preview(ctx context.Context, args []string) error {
	published, err := e.imagePublished()
	if err != nil {
		return err
	}
	if published {
		return e.on(ctx, "preview", args...)
	}
	e.say("Nothing is deployed yet: this is phase 1 of the first deployment, the image gallery")
	if err := e.prepare(ctx, imagePhaseOnly()); err != nil {
		return err
	}
	return e.run(ctx, "preview", args...)
}

// imagePhase deploys the gallery alone and publishes a first bridge image into it.
func (e *engine) imagePhase(ctx context.Context) error {
	e.say("First deployment, phase 1 of 2: the image gallery")
	if err := e.prepare(ctx, imagePhaseOnly()); err != nil {
		return err
	}
	if err := e.run(ctx, "up", "--yes", "--skip-preview"); err != nil {
		return err
	}
	e.say("Publishing a bridge image into the gallery of the local cloud")
	gallery, err := e.image(ctx)
	if err != nil {
		return err
	}
	if err := e.publishImage(ctx, gallery); err != nil {
		return fmt.Errorf("publish an image: %w", err)
	}
	return os.WriteFile(e.imageMarker(), nil, 0o600)
}

func imagePhaseOnly() map[string]string { return map[string]string{"phase": "image"} }

// image names an image definition in the local cloud.
type image struct{ Gallery, Definition string }

func (i image) flags() []string {
	return []string{"--gallery", i.Gallery, "--definition", i.Definition}
}

// image asks the stack where bridge images go. It is empty where nothing is deployed.
func (e *engine) image(ctx context.Context) (image, error) {
	var content bytes.Buffer
	read := e.command(ctx, e.pulumi, "stack", "--stack", e.Stack(), "output", "--json")
	read.Stdout = &content
	if err := read.Run(); err != nil {
		return image{}, err
	}
	var outputs struct{ Image image }
	if err := json.Unmarshal(content.Bytes(), &outputs); err != nil {
		return image{}, fmt.Errorf("read the stack's outputs: %w", err)
	}
	return outputs.Image, nil
}

// publishImage adds the version that the configuration starts from, as an image build outside Pulumi does.
func (e *engine) publishImage(ctx context.Context, to image) error {
	version, err := e.Setting("bridges", "image", "baselineVersion")
	if err != nil {
		return err
	}
	args := append([]string{"image", "publish", "--version", version}, to.flags()...)
	return e.command(ctx, e.bin("localcloud"), args...).Run()
}

// unpublishImage deletes all versions, without which a gallery cannot be deleted.
func (e *engine) unpublishImage(ctx context.Context, from image) error {
	return e.command(ctx, e.bin("localcloud"), append([]string{"image", "delete"}, from.flags()...)...).Run()
}

// imageMarker is a file that exists once the local cloud's gallery has an image version.
func (e *engine) imageMarker() string { return filepath.Join(e.Dir(), "image-published") }

func (e *engine) imagePublished() (bool, error) {
	_, err := os.Stat(e.imageMarker())
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// forgetImage is called when the gallery is gone.
func (e *engine) forgetImage() error {
	if err := os.Remove(e.imageMarker()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// say tells the user what comes next; pulumi's own display tells the rest.
func (e *engine) say(line string) { fmt.Fprintf(e.stderr, "\n==> %s\n\n", line) }

// tell adds to what pulumi says, in the form in which this program says what is wrong.
func (e *engine) tell(format string, values ...any) {
	fmt.Fprintf(e.stderr, "local: "+format+"\n", values...)
}

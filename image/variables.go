package image

import (
	"errors"
	"fmt"

	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/internal/naming"
	"jitsi-meet-azure/internal/tags"
)

// Variables are the template's variables that follow from an environment's stack file. The JSON names are the template's.
// Names are not read from the deployed stack: the image build then needs no way into the state, which holds secrets.
type Variables struct {
	// Location is the Azure region of the gallery.
	Location string `json:"location"`
	// ResourceGroup is the group of the gallery.
	ResourceGroup string `json:"resource_group"`
	// Gallery is the gallery's name.
	Gallery string `json:"gallery"`
	// Definition is the image definition's name.
	Definition string `json:"definition"`
	// PackageVersion is the version of the Debian package jitsi-videobridge2.
	PackageVersion string `json:"package_version"`
	// Tags are the environment's own, and its name.
	Tags map[string]string `json:"tags"`
}

// Load reads a stack file, such as Pulumi.dev.yaml, and returns the template's variables and the environment's baseline
// version. The file must keep all rules of the program's configuration.
func Load(stack string, file []byte) (Variables, Version, error) {
	config, err := environment.StackFile(file)
	if err != nil {
		return Variables{}, Version{}, fmt.Errorf("reading the stack file of %s: %w", stack, err)
	}
	if len(config) == 0 {
		return Variables{}, Version{}, errors.New("the stack file of " + stack + " has no configuration")
	}
	env, _, err := environment.LoadConfig(stack, config)
	if err != nil {
		return Variables{}, Version{}, fmt.Errorf("the stack file of %s: %w", stack, err)
	}
	baseline, err := ParseVersion(env.Bridges.Image.BaselineVersion)
	if err != nil {
		return Variables{}, Version{}, fmt.Errorf("bridges.image.baselineVersion of %s: %w", stack, err)
	}
	names := naming.For(env.Name, env.Domain, env.Location)
	return Variables{
		Location:       env.Location,
		ResourceGroup:  names.ResourceGroup(),
		Gallery:        names.Gallery(),
		Definition:     env.Bridges.Image.Definition,
		PackageVersion: env.Bridges.PackageVersion,
		Tags:           tags.For(env.Tags, env.Name, "bridge-image", ""),
	}, baseline, nil
}

package gallery

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/internal/naming"
)

// Args describes the gallery and its one image definition.
type Args struct {
	// Names gives the physical names.
	Names naming.Names
	// Location is the Azure region; machines boot from replicas in their own region.
	Location string
	// Tags are the environment's own.
	Tags map[string]string
	// Image names the definition.
	Image environment.Image
	// Protect guards the gallery and its definition against deletion.
	Protect bool
	// ResourceGroupName is where the gallery lives.
	ResourceGroupName pulumi.StringInput
}

// Validate reports everything that is wrong with the arguments.
func (a Args) Validate() error {
	var problems []error
	for _, given := range []struct {
		name    string
		missing bool
	}{
		{"Names", a.Names == naming.Names{}},
		{"Location", a.Location == ""},
		{"Image.Definition", a.Image.Definition == ""},
		{"Image.Publisher", a.Image.Publisher == ""},
		{"Image.Offer", a.Image.Offer == ""},
		{"Image.SKU", a.Image.SKU == ""},
		{"ResourceGroupName", a.ResourceGroupName == nil},
	} {
		if given.missing {
			problems = append(problems, fmt.Errorf("%s is missing", given.name))
		}
	}
	return errors.Join(problems...)
}

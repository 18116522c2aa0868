package autoscale

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/autoscale/render"
	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/internal/naming"
)

// Args describes the autoscale setting of one shard's bridges.
type Args struct {
	// Names gives the physical names.
	Names naming.Names
	// Location is the Azure region of the scale set.
	Location string
	// Tags are the environment's own.
	Tags map[string]string
	// Shard is whose bridges are scaled.
	Shard environment.Shard
	// Autoscale holds the bounds, thresholds and the nightly window.
	Autoscale environment.Autoscale
	// NICMbps is the bandwidth of one bridge, in megabits (10^6 bits) a second.
	NICMbps int
	// ResourceGroupName is where the setting lives.
	ResourceGroupName pulumi.StringInput
	// ScaleSetID is the Azure id of the scale set, which is scaled and whose metrics are watched.
	ScaleSetID pulumi.StringInput
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
		{"Shard.Name", a.Shard.Name == ""},
		{"ResourceGroupName", a.ResourceGroupName == nil},
		{"ScaleSetID", a.ScaleSetID == nil},
	} {
		if given.missing {
			problems = append(problems, fmt.Errorf("%s is missing", given.name))
		}
	}
	_, err := render.Profiles(a.Autoscale, a.NICMbps)
	return errors.Join(append(problems, err)...)
}

package monitoring

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/internal/naming"
)

// Args describes where logs and metrics go.
type Args struct {
	// Names gives the physical names.
	Names naming.Names
	// Location is the Azure region. Machines, endpoint, rule and workspace must be in one.
	Location string
	// Tags are the environment's own.
	Tags map[string]string
	// Protect makes Pulumi refuse to delete the workspace and its tables, and with them what they hold.
	Protect bool
	// RetentionDays is how long the workspace keeps everything, 30 to 730 days.
	RetentionDays int
	// DailyGigabytes is how much the workspace takes in a day, in GB.
	DailyGigabytes int
	// FrontDoorNamespace is the namespace of proxies and relays in the cluster.
	FrontDoorNamespace string
	// ShardNamespaces are those of the shards.
	ShardNamespaces []string
	// ResourceGroupName is where all of it lives.
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
		{"FrontDoorNamespace", a.FrontDoorNamespace == ""},
		{"ShardNamespaces", len(a.ShardNamespaces) == 0},
		{"ResourceGroupName", a.ResourceGroupName == nil},
	} {
		if given.missing {
			problems = append(problems, fmt.Errorf("%s is missing", given.name))
		}
	}
	if a.DailyGigabytes < 1 {
		problems = append(problems, fmt.Errorf("DailyGigabytes %d is not positive", a.DailyGigabytes))
	}
	if a.RetentionDays < 30 || a.RetentionDays > 730 {
		problems = append(problems, fmt.Errorf("RetentionDays %d is not from 30 to 730", a.RetentionDays))
	}
	return errors.Join(problems...)
}

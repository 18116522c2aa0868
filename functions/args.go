package functions

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/functions/pack"
	"jitsi-meet-azure/functions/reaper/settings"
	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/internal/naming"
)

// Args are what the reaper's function app is made from.
type Args struct {
	// Names gives every Azure name.
	Names naming.Names
	// Location is the region; it must be that of the subnet's network.
	Location string
	// Tags are the environment's own tags.
	Tags map[string]string
	// Protect guards the state account and its tables against deletion.
	Protect bool
	// Reaper is the reaper's policy and plan.
	Reaper environment.Reaper
	// Reserve is the warm reserve of each shard, in bridges: the capacity that retiring a bridge must leave. It must not be below
	// the reserve at which autoscale adds one. Zero means none.
	Reserve float64
	// Package is what the app runs; see pack.Build. The component starts no program itself.
	Package pack.Package
	// ResourceGroupName is the group that everything goes into.
	ResourceGroupName pulumi.StringInput
	// ResourceGroupID is the same group's id: where the custom role may be assigned.
	ResourceGroupID pulumi.StringInput
	// FunctionSubnetID is the subnet through which the app reaches the bridges. It must be delegated to
	// Microsoft.Web/serverFarms and be a /28 or larger.
	FunctionSubnetID pulumi.StringInput
	// ConnectionString is where the Functions host reports to, in Application Insights' form; secret. The identity that the app
	// acts as needs the role Monitoring Metrics Publisher there.
	ConnectionString pulumi.StringInput
	// Targets are the scale sets that the reaper retires bridges from, one for each shard.
	Targets []Target
}

// Target is one shard's scale set.
type Target struct {
	// Shard is the shard's name.
	Shard string
	// ScaleSetID is the scale set's resource id.
	ScaleSetID pulumi.StringInput
	// Jicofo is where the shard's Jicofo answers the reaper: "http://", an IP address and a port. It is known when planning.
	Jicofo string
	// Profiles are the rendered autoscale profiles, one JSON document.
	Profiles string
}

// tier is what Azure files a plan size under; empty for a size that a reaper may not run on. All are Dedicated sizes,
// which allow always-on and network integration.
// Source: Azure docs, overview-hosting-plans (App Service).
func tier(size string) string {
	switch size {
	case "B1", "B2", "B3":
		return "Basic"
	case "P0v3":
		return "Premium0V3"
	case "P1v3":
		return "PremiumV3"
	}
	return ""
}

// packageHash is a SHA-256, of which the blob's name carries the first hashLength digits.
var packageHash = regexp.MustCompile(`^[0-9a-f]{12,64}$`)

const hashLength = 12

// Validate reports everything that is wrong with the arguments, at once.
func (a Args) Validate() error {
	problems := []error{a.validateInputs(), a.validatePlan(), a.validatePolicy(), a.validatePackage()}
	if len(a.Targets) == 0 {
		problems = append(problems, errors.New("targets: at least one scale set is needed"))
	}
	seen := map[string]bool{}
	for i, target := range a.Targets {
		if err := target.validate(seen); err != nil {
			problems = append(problems, fmt.Errorf("targets[%d]: %w", i, err))
		}
	}
	return errors.Join(problems...)
}

func (a Args) validateInputs() error {
	var problems []error
	if a.Location == "" {
		problems = append(problems, errors.New("location: is empty"))
	}
	for _, input := range []struct {
		name  string
		value pulumi.StringInput
	}{
		{"resourceGroupName", a.ResourceGroupName},
		{"resourceGroupID", a.ResourceGroupID},
		{"functionSubnetID", a.FunctionSubnetID},
		{"connectionString", a.ConnectionString},
	} {
		if input.value == nil {
			problems = append(problems, fmt.Errorf("%s: is not set", input.name))
		}
	}
	return errors.Join(problems...)
}

func (a Args) validatePlan() error {
	if tier(a.Reaper.Plan) == "" {
		return fmt.Errorf("reaper.plan: %q is none of B1, B2, B3, P0v3, P1v3", a.Reaper.Plan)
	}
	return nil
}

// validatePolicy refuses what no configuration says: times that are not above zero and, of those that zero switches off,
// below zero.
func (a Args) validatePolicy() error {
	var problems []error
	for _, span := range []struct {
		name  string
		value time.Duration
		off   bool
	}{
		{"minimumUptime", a.Reaper.MinimumUptime, false},
		{"maximumAge", a.Reaper.MaximumAge, true},
		{"stuckAfter", a.Reaper.StuckAfter, true},
		{"bootDeadline", a.Reaper.BootDeadline, true},
		{"deadAfter", a.Reaper.DeadAfter, true},
		{"retention", a.Reaper.Retention, false},
	} {
		if span.value < 0 || span.value == 0 && !span.off {
			problems = append(problems, fmt.Errorf("reaper.%s: %s is not above zero", span.name, span.value))
		}
	}
	if !(a.Reserve >= 0 && a.Reserve <= settings.MaxReserve) { // so that it refuses what is not a number
		problems = append(problems, fmt.Errorf("reserve: %v is not 0 to %d bridges", a.Reserve, settings.MaxReserve))
	}
	return errors.Join(problems...)
}

func (a Args) validatePackage() error {
	if a.Package.Path == "" {
		return errors.New("package.path: is empty; pack.Build makes the package")
	}
	if !packageHash.MatchString(a.Package.Hash) {
		return fmt.Errorf("package.hash: %q is not a SHA-256 in hexadecimal", a.Package.Hash)
	}
	return nil
}

func (t Target) validate(seen map[string]bool) error {
	switch {
	case t.Shard == "":
		return errors.New("shard: is empty")
	case seen[t.Shard]:
		return fmt.Errorf("shard: %q is named twice", t.Shard)
	case t.ScaleSetID == nil:
		return errors.New("scaleSetID: is not set")
	case !settings.IsJicofo(t.Jicofo):
		return fmt.Errorf("jicofo: %q is not http:// with an IP address and a port", t.Jicofo)
	case !strings.ContainsAny(t.Profiles, "{[") || !json.Valid([]byte(t.Profiles)):
		return fmt.Errorf("profiles: %q is not a JSON object or array", t.Profiles)
	}
	seen[t.Shard] = true
	return nil
}

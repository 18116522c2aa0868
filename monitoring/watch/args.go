package watch

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/internal/naming"
	"jitsi-meet-azure/monitoring/alerts"
)

// Args describes what is watched and who is told.
type Args struct {
	// Names gives the physical names.
	Names naming.Names
	// Location is the Azure region.
	Location string
	// Tags are the environment's own.
	Tags map[string]string
	// Domain is the public DNS name of the meeting service.
	Domain string
	// Alerts says who is told, and where the runbook is.
	Alerts environment.Alerts
	// Facts are what the table of alerts depends on, but for the ends of certificates.
	Facts alerts.Facts
	// Certificates are those that the stack makes itself.
	Certificates []Certificate

	// ResourceGroupName is where all of it lives, and ResourceGroupID the same group's id.
	ResourceGroupName, ResourceGroupID pulumi.StringInput
	// WorkspaceID is the workspace that logs and metrics go to.
	WorkspaceID pulumi.StringInput
	// ApplicationInsightsID is what the reaper's host reports to, and web tests belong to.
	ApplicationInsightsID pulumi.StringInput
	// ClusterID is the Kubernetes cluster, and ClusterRuleID the collection rule of its nodes.
	ClusterID, ClusterRuleID pulumi.StringInput
	// FunctionAppID is the reaper's app, and ReaperPrincipalID the identity that it acts as.
	FunctionAppID, ReaperPrincipalID pulumi.StringInput
	// AutoscaleIDs and ScaleSetIDs are those of the shards, by name.
	AutoscaleIDs, ScaleSetIDs map[string]pulumi.StringInput
}

// Certificate is one that the stack makes.
type Certificate struct {
	// Of is whose it is, for example "shard a".
	Of string
	// Expires is its end, in RFC 3339.
	Expires pulumi.StringInput
}

// Validate reports everything that is wrong with the arguments.
func (a Args) Validate() error {
	missing := map[string]bool{
		"Names": a.Names == naming.Names{}, "Location": a.Location == "", "Domain": a.Domain == "",
		"Alerts.Runbook": a.Alerts.Runbook == "",
	}
	for name, input := range map[string]pulumi.StringInput{
		"ResourceGroupName": a.ResourceGroupName, "ResourceGroupID": a.ResourceGroupID, "WorkspaceID": a.WorkspaceID,
		"ApplicationInsightsID": a.ApplicationInsightsID, "ClusterID": a.ClusterID, "ClusterRuleID": a.ClusterRuleID,
		"FunctionAppID": a.FunctionAppID, "ReaperPrincipalID": a.ReaperPrincipalID,
	} {
		missing[name] = input == nil
	}
	for _, shard := range a.Facts.Shards {
		missing[fmt.Sprintf("AutoscaleIDs[%q]", shard)] = a.AutoscaleIDs[shard] == nil
		missing[fmt.Sprintf("ScaleSetIDs[%q]", shard)] = a.ScaleSetIDs[shard] == nil
	}
	for i, certificate := range a.Certificates {
		missing[fmt.Sprintf("Certificates[%d]", i)] = certificate.Of == "" || certificate.Expires == nil
	}
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(missing)) {
		if missing[name] {
			problems = append(problems, fmt.Errorf("%s is missing", name))
		}
	}
	if err := a.Facts.Validate(); err != nil {
		problems = append(problems, fmt.Errorf("facts: %w", err))
	}
	return errors.Join(problems...)
}

package main

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"jitsi-meet-azure/autoscale/profile"
	"jitsi-meet-azure/functions/reaper/decide"
	"jitsi-meet-azure/functions/reaper/discover"
	"jitsi-meet-azure/functions/reaper/probe"
	"jitsi-meet-azure/functions/reaper/publish"
	"jitsi-meet-azure/functions/reaper/remember"
	"jitsi-meet-azure/functions/reaper/settings"
	"jitsi-meet-azure/functions/reaper/tick"
)

// assemble makes the reaper that the settings describe. It calls nobody.
func assemble(told settings.Settings, actor string, environ []string, log *slog.Logger) (*tick.Reaper, error) {
	shards, err := shards(told.Targets)
	if err != nil {
		return nil, err
	}
	credential, err := identity(told.ClientID, environ)
	if err != nil {
		return nil, fmt.Errorf("the identity to act as: %w", err)
	}
	azure, err := discover.New(credential, told.ResourceManager, nil)
	if err != nil {
		return nil, fmt.Errorf("reaching Azure Resource Manager: %w", err)
	}
	metrics, err := publish.New(credential, told.MetricsEndpoint, nil)
	if err != nil {
		return nil, fmt.Errorf("reaching Azure Monitor: %w", err)
	}
	store, err := remember.NewTables(told.TableEndpoint, credential, nil)
	if err != nil {
		return nil, fmt.Errorf("reaching the tables: %w", err)
	}
	mode := tick.Act
	if told.DryRun {
		mode = tick.DryRun
	}
	return &tick.Reaper{
		Azure: azure, Bridges: probe.New(probe.Options{}), Store: store, Gauges: metrics, Shards: shards, Policy: policy(told),
		Mode: mode, Retention: told.Retention, Environment: told.Environment, Actor: actor, Log: log, Now: told.Clock.Now,
	}, nil
}

// shards reads the autoscale profiles of every target: without a minimum in force there would be a reaper without a floor.
func shards(targets []settings.Target) ([]tick.Shard, error) {
	all := make([]tick.Shard, 0, len(targets))
	var problems []error
	for _, target := range targets {
		calendar, err := profile.ParseCalendar(target.Profiles)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: shard %s: %w", settings.TargetsName, target.Shard, err))
			continue
		}
		all = append(all, tick.Shard{Name: target.Shard, ScaleSetID: target.ScaleSetID, Jicofo: target.Jicofo, Calendar: calendar})
	}
	return all, errors.Join(problems...)
}

func policy(told settings.Settings) decide.Policy {
	policy := decide.Default()
	policy.MinimumUptime = told.MinimumUptime
	policy.MaximumAge = told.MaximumAge
	policy.StuckAfter = told.StuckAfter
	policy.BootDeadline = told.BootDeadline
	policy.DeadAfter = told.DeadAfter
	policy.Reserve = told.Reserve
	return policy
}

// identity is the app's own on its machine, which App Service offers at an address of the environment, and that of the
// person at the keyboard elsewhere.
// Source: Azure docs, overview-managed-identity (App Service).
func identity(clientID string, environ []string) (azcore.TokenCredential, error) {
	if value(environ, "IDENTITY_ENDPOINT") == "" {
		return azidentity.NewAzureCLICredential(nil)
	}
	return azidentity.NewManagedIdentityCredential(&azidentity.ManagedIdentityCredentialOptions{ID: azidentity.ClientID(clientID)})
}

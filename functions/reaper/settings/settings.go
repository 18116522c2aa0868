// Package settings is the contract between the stack, which writes the reaper's app settings, and the reaper, which
// reads them. Both sides use this one package, so they cannot drift apart. The package is pure: little but the standard
// library, no Pulumi, no Azure, no environment of its own.
package settings

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"jitsi-meet-azure/internal/clock"
)

// prefix starts the name of every setting of the reaper.
const prefix = "REAPER_"

// The names of the settings.
const (
	// ScheduleName is also what function.json refers to, so that the Functions host takes the schedule from the setting.
	ScheduleName = prefix + "SCHEDULE"
	// TableEndpointName, TargetsName and ClientIDName are the settings that depend on what Azure answers to a deployment.
	TableEndpointName = prefix + "TABLE_ENDPOINT"
	TargetsName       = prefix + "TARGETS"
	ClientIDName      = "AZURE_CLIENT_ID"
	// ResourceManagerName says where Azure is.
	ResourceManagerName = prefix + "RESOURCE_MANAGER"
	// MetricsEndpointName says where Azure takes metrics.
	MetricsEndpointName = prefix + "METRICS_ENDPOINT"

	environmentName   = prefix + "ENVIRONMENT"
	minimumUptimeName = prefix + "MINIMUM_UPTIME"
	maximumAgeName    = prefix + "MAXIMUM_AGE"
	stuckAfterName    = prefix + "STUCK_AFTER"
	bootDeadlineName  = prefix + "BOOT_DEADLINE"
	deadAfterName     = prefix + "DEAD_AFTER"
	reserveName       = prefix + "RESERVE"
	retentionName     = prefix + "RETENTION"
	dryRunName        = prefix + "DRY_RUN"
	profilesName      = prefix + "PROFILES"
)

// PublicResourceManager is Azure Resource Manager in public Azure.
const PublicResourceManager = "https://management.azure.com"

// maxValue bounds one setting, in bytes. Linux refuses to start a program with an environment variable of 128 KiB or
// more, and App Service repeats every setting under a second, longer name.
const maxValue = 100 << 10

// Tables returns the names of the tables in which the reaper remembers: machines (age, taint, step), decisions (audit)
// and usage (analytics).
func Tables() []string { return []string{"machines", "decisions", "usage"} }

// Settings are everything that the reaper is told from outside.
type Settings struct {
	// Environment is the name of the environment, for logs.
	Environment string
	// Schedule is the six-field cron expression, in UTC, by which the Functions host calls the reaper.
	Schedule string
	// MinimumUptime is how old a bridge must be before it may be retired.
	MinimumUptime time.Duration
	// MaximumAge is how old a bridge may become before it is drained while busy. Zero switches this off, as it does for the
	// three below.
	MaximumAge time.Duration
	// StuckAfter is how long a bridge must have had conferences without a participant of its own to count as idle.
	StuckAfter time.Duration
	// BootDeadline is the age by which a bridge must have come up; a machine that is later is replaced.
	BootDeadline time.Duration
	// DeadAfter is how long independent witnesses must call a bridge dead before it is replaced.
	DeadAfter time.Duration
	// Reserve is the warm reserve, in bridges: the capacity that a retirement must leave to its shard. Zero means none.
	Reserve float64
	// Retention is how long audit and usage are kept.
	Retention time.Duration
	// DryRun makes the reaper decide and report, but never act.
	DryRun bool
	// ResourceManager is the https URL of Azure Resource Manager; see [PublicResourceManager].
	ResourceManager string
	// MetricsEndpoint is the https URL at which Azure Monitor takes metrics of resources in the shards' region.
	MetricsEndpoint string
	// TableEndpoint is the URL of the storage account's table service, ending in a slash.
	TableEndpoint string
	// ClientID names the user-assigned identity that the reaper acts as.
	ClientID string
	// Targets are the scale sets that it looks after, one for each shard, in the order of the configuration.
	Targets []Target
	// Clock is the reaper's time: the real one, and another in the system test alone. See [ClockName].
	Clock clock.Clock
}

// Target is one shard's scale set.
type Target struct {
	// Shard is the shard's name.
	Shard string
	// ScaleSetID is the scale set's resource id.
	ScaleSetID string
	// Jicofo is where the shard's Jicofo answers: "http://", an IP address and a port, nothing more.
	Jicofo string
	// Profiles are the autoscale profiles as the stack deployed them, one JSON object or array: what the minimum in
	// force is computed from. This package carries them unread, and changes nothing but white space.
	Profiles json.RawMessage
}

// target is the form of a Target in the setting. Shards nearly always share their profiles, which are long, so a target
// refers to its profiles by their place in a setting of their own.
type target struct {
	Shard      string `json:"shard"`
	ScaleSetID string `json:"scaleSetId"`
	Jicofo     string `json:"jicofo"`
	Profiles   *int   `json:"profiles"`
}

// Values returns the app settings that say s, by name. It refuses to write a clock.
func (s Settings) Values() (map[string]string, error) {
	if !s.Clock.IsReal() {
		return nil, fmt.Errorf("%s: is never deployed: an app has the real clock", ClockName)
	}
	profiles, targets, err := encode(s.Targets)
	if err != nil {
		return nil, err
	}
	values := map[string]string{
		environmentName:     s.Environment,
		ScheduleName:        s.Schedule,
		minimumUptimeName:   s.MinimumUptime.String(),
		maximumAgeName:      s.MaximumAge.String(),
		stuckAfterName:      s.StuckAfter.String(),
		bootDeadlineName:    s.BootDeadline.String(),
		deadAfterName:       s.DeadAfter.String(),
		reserveName:         strconv.FormatFloat(s.Reserve, 'f', -1, 64),
		retentionName:       s.Retention.String(),
		dryRunName:          strconv.FormatBool(s.DryRun),
		ResourceManagerName: s.ResourceManager,
		MetricsEndpointName: s.MetricsEndpoint,
		TableEndpointName:   s.TableEndpoint,
		ClientIDName:        s.ClientID,
		profilesName:        profiles,
		TargetsName:         targets,
	}
	for name, value := range values {
		if len(value) > maxValue {
			return nil, fmt.Errorf("%s would take %d bytes; a setting has room for %d", name, len(value), maxValue)
		}
	}
	return values, nil
}

// encode writes the distinct profiles, in the order of their first use, and the targets that refer to them.
func encode(targets []Target) (profiles, references string, err error) {
	distinct := []json.RawMessage{}
	place := map[string]*int{}
	refer := make([]target, 0, len(targets))
	for _, t := range targets {
		var compact bytes.Buffer
		if err := json.Compact(&compact, t.Profiles); err != nil {
			return "", "", fmt.Errorf("writing the autoscale profiles of shard %s: %w", t.Shard, err)
		}
		if place[compact.String()] == nil {
			next := len(distinct)
			place[compact.String()] = &next
			distinct = append(distinct, compact.Bytes())
		}
		refer = append(refer, target{
			Shard: t.Shard, ScaleSetID: t.ScaleSetID, Jicofo: t.Jicofo, Profiles: place[compact.String()],
		})
	}
	if profiles, err = text(distinct); err != nil {
		return "", "", fmt.Errorf("writing the autoscale profiles: %w", err)
	}
	if references, err = text(refer); err != nil {
		return "", "", fmt.Errorf("writing the targets: %w", err)
	}
	return profiles, references, nil
}

// text is the value as JSON, with every character as it was given.
func text(value any) (string, error) {
	var out strings.Builder
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return strings.TrimSuffix(out.String(), "\n"), err
}

// Parse reads the settings out of a process environment, a list of NAME=value as os.Environ gives it. It reports every
// problem at once. A setting that it does not know but that carries the reaper's prefix is a problem as well: most
// likely a misspelt one, whose effect somebody is relying on.
func Parse(environ []string) (Settings, error) {
	r := &reader{values: map[string]string{}}
	for _, pair := range environ {
		if name, value, found := strings.Cut(pair, "="); found {
			r.values[name] = value
		}
	}
	parsed := Settings{
		Environment:     r.text(environmentName),
		Schedule:        r.schedule(ScheduleName),
		MinimumUptime:   r.duration(minimumUptimeName, span{least: time.Minute, most: day}),
		MaximumAge:      r.duration(maximumAgeName, span{least: 2 * time.Hour, most: 30 * day, off: true}),
		StuckAfter:      r.duration(stuckAfterName, span{least: 10 * time.Minute, most: day, off: true}),
		BootDeadline:    r.duration(bootDeadlineName, span{least: 10 * time.Minute, most: 4 * time.Hour, off: true}),
		DeadAfter:       r.duration(deadAfterName, span{least: 15 * time.Minute, most: 4 * time.Hour, off: true}),
		Reserve:         r.bridges(reserveName),
		Retention:       r.duration(retentionName, span{least: day, most: 3650 * day}),
		DryRun:          r.flag(dryRunName),
		ResourceManager: r.endpoint(ResourceManagerName),
		MetricsEndpoint: r.endpoint(MetricsEndpointName),
		TableEndpoint:   r.endpoint(TableEndpointName),
		ClientID:        r.text(ClientIDName),
		Targets:         r.targets(),
	}
	parsed.Clock = r.clock(parsed)
	r.refuseUnknown()
	if err := errors.Join(r.problems...); err != nil {
		return Settings{}, err
	}
	return parsed, nil
}

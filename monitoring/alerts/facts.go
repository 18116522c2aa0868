package alerts

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"jitsi-meet-azure/monitoring/schema"
)

// Facts are what the table depends on.
type Facts struct {
	// Shards are the names of the environment's shards, in order.
	Shards []string
	// Namespaces are the shards' namespaces in the cluster, in the same order.
	Namespaces []string
	// FrontDoor is the namespace of the proxies.
	FrontDoor string
	// Proxies is how many proxies there are.
	Proxies int
	// Maximum is how many bridges a shard may have.
	Maximum int
	// PrefixAddresses is how many addresses a shard's prefix holds.
	PrefixAddresses int
	// CPUPercent is the load above which autoscale adds a bridge.
	CPUPercent int
	// ReaperPause is the longest time between two runs of the reaper.
	ReaperPause time.Duration
	// AtMaximum is how long a shard may have its maximum of bridges.
	AtMaximum time.Duration
	// CertificateDays is how many days before its end a certificate counts as expiring.
	CertificateDays int
	// Certificates are those that the stack makes itself.
	Certificates []Certificate
	// Trusted says that the front door's certificate is one that browsers accept, so that it can be asked from outside.
	Trusted bool
}

// Certificate is one that the stack makes.
type Certificate struct {
	// Of is whose it is, for example "shard a".
	Of string
	// Expires is its end, in RFC 3339.
	Expires string
}

// Validate reports everything that is wrong with the facts. The certificates are left out: when they end is known only once they
// are made.
func (f Facts) Validate() error {
	var problems []error
	for name, wrong := range map[string]bool{
		"Shards": len(f.Shards) == 0, "Namespaces": len(f.Namespaces) != len(f.Shards), "FrontDoor": f.FrontDoor == "",
		"Proxies": f.Proxies < 1, "Maximum": f.Maximum < 1, "PrefixAddresses": f.PrefixAddresses < 1,
		"CPUPercent": f.CPUPercent < 1 || f.CPUPercent > 100, "ReaperPause": f.ReaperPause <= 0,
		"AtMaximum": !slices.Contains(Windows(), f.AtMaximum), "CertificateDays": f.CertificateDays < 1,
	} {
		if wrong {
			problems = append(problems, fmt.Errorf("%s is missing or out of range", name))
		}
	}
	slices.SortFunc(problems, func(a, b error) int { return compare(a.Error(), b.Error()) })
	return errors.Join(problems...)
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	default:
		return 0
	}
}

// Windows are the lengths of time over which Azure evaluates a query.
// Source: Azure docs, alerts-create-log-alert-rule (aggregation granularity), and the limits of the REST API.
func Windows() []time.Duration {
	return []time.Duration{
		time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute, 45 * time.Minute, time.Hour,
		2 * time.Hour, 3 * time.Hour, 4 * time.Hour, 5 * time.Hour, 6 * time.Hour, 24 * time.Hour, 48 * time.Hour,
	}
}

// windowFor is the shortest window that is at least so long.
func windowFor(atLeast time.Duration) time.Duration {
	for _, window := range Windows() {
		if window >= atLeast {
			return window
		}
	}
	return Windows()[len(Windows())-1]
}

// shards is a table of all shards, for what is wrong when there is nothing to be found about one of them.
func (f Facts) shards() string {
	return fmt.Sprintf("datatable(shard:string)[%s]", schema.List(f.Shards))
}

// watched is how far back a rule looks that counts ticks: fifteen minutes, or three ticks of a slower schedule.
func (f Facts) watched() time.Duration { return windowFor(max(15*time.Minute, 3*f.ReaperPause)) }

// mostTicks is two thirds of the ticks in that time, so that what fails so often does not pass by itself.
func (f Facts) mostTicks() int { return max(2, int(2*f.watched()/(3*f.ReaperPause))) }

// silence is how long the reaper may say nothing: three ticks, and time for a row to get into the workspace.
func (f Facts) silence() time.Duration {
	return windowFor(max(15*time.Minute, 3*f.ReaperPause+5*time.Minute))
}

// nearlyUsedUp is the number of addresses of a prefix from which on it counts as nearly used up: three quarters of them.
func (f Facts) nearlyUsedUp() int { return f.PrefixAddresses * 3 / 4 }

// busy is the load, in percent, above which autoscale has not helped: well above where it adds bridges.
func (f Facts) busy() float64 { return float64(min(95, f.CPUPercent+15)) }

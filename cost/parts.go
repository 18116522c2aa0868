package cost

import (
	"fmt"
	"math"
	"time"

	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/internal/prices"
	"jitsi-meet-azure/internal/vmsize"
)

// Rules are how often what watches the environment looks, one entry for each rule.
type Rules struct {
	// Queries are the rules over logs.
	Queries []time.Duration
	// Metrics is the number of rules over metrics.
	Metrics int
	// Tests are the tests from outside.
	Tests []Test
}

// Test is one test from outside, made from several places.
type Test struct {
	Every  time.Duration
	Places int
}

// number is an int as an amount.
func number(count int) float64 { return float64(count) }

// bridgesAt are how many bridges run in all shards.
func (e *estimator) bridgesAt() Quantity {
	scale, shards := e.env.Autoscale, number(len(e.env.Shards))
	busy := e.assumed.BusyHours * e.assumed.BusyDays / hoursOfMonth
	half := number(scale.Maximum-scale.Minimum) / 2
	// The nightly recycle adds one for at least the age below which the reaper retires none.
	recycle := e.env.Reaper.MinimumUptime.Hours() / 24
	typical := min(number(scale.Minimum)+half*busy+recycle, number(scale.Maximum))
	return Quantity{number(scale.Minimum), typical, number(scale.Maximum)}.times(shards)
}

func (e *estimator) bridges() {
	const part = "bridges"
	running := e.bridgesAt()
	e.add(part, fmt.Sprintf("%s, %.4g to %.4g", e.env.Bridges.VMSize, running.Least, running.Most),
		prices.Machine+e.env.Bridges.VMSize, running.times(hoursOfMonth))
	addresses := number(len(e.env.Shards)) * math.Exp2(number(32-e.env.Bridges.PrefixLength))
	// A prefix is paid for whole, whether its addresses are in use or not, and the addresses in it are not paid again.
	e.add(part, fmt.Sprintf("prefixes, %.0f addresses", addresses), "prefix-address", same(addresses*hoursOfMonth))
	e.add(part, "image versions", "image", e.assumed.ImageVersions.times(e.assumed.ImageGB))
	// A machine reads its secret when it boots, a few times.
	boots := Quantity{running.Least, running.Typical * 2, running.Most * 4}.times(daysOfMonth * 4 / 10000)
	e.add(part, "reading secrets", "secret-operations", boots)
}

func (e *estimator) addresses() {
	// The front door's, two for what the cluster sends, one for each shard's relays.
	count := 3 + len(e.env.Shards)
	e.add("network", fmt.Sprintf("public addresses, %d", count), "address", same(number(count)*hoursOfMonth))
}

func (e *estimator) cluster() {
	k := e.env.Cluster
	e.add("cluster", "tier "+k.Tier, "cluster/"+k.Tier, same(hoursOfMonth))
	zones := map[int]bool{}
	for _, shard := range e.env.Shards {
		zones[shard.Zone] = true
	}
	e.pool("system nodes", k.SystemPool, 1)
	e.pool("shard nodes", k.ShardPool, len(zones))
}

// nodeDiskGiB is what a node's system takes: on the local disk where that is large enough, which is free, otherwise on a disk
// of its own (aks/pools.go).
const nodeDiskGiB = 64

func (e *estimator) pool(what string, pool environment.Pool, pools int) {
	count := Quantity{number(pool.Minimum), number(pool.Minimum), number(pool.Maximum)}.times(number(pools))
	e.add("cluster", fmt.Sprintf("%s, %s, %.0f to %.0f", what, pool.VMSize, count.Least, count.Most),
		prices.Machine+pool.VMSize, count.times(hoursOfMonth))
	if size, known := vmsize.Find(pool.VMSize); !known || size.TempDiskGiB < nodeDiskGiB {
		e.add("cluster", what+", disks", "node-disk", count)
	}
}

// includedRules are in the price of a load balancer.
const includedRules = 5

// balancers are AKS' two: the public one has a rule for each port of the front door, for each shard's relays and for what the
// cluster sends; the internal one has Prosody and Jicofo of each shard.
func (e *estimator) balancers() {
	shards := len(e.env.Shards)
	e.add("network", "load balancers, 2", "balancer", same(2*hoursOfMonth))
	more := max(2+shards+1-includedRules, 0) + max(2*shards-includedRules, 0)
	e.add("network", fmt.Sprintf("their rules above %d each, %d", includedRules, more), "balancer-rule", same(number(more)*hoursOfMonth))
}

func (e *estimator) reaper() {
	const part = "reaper"
	e.add(part, "plan "+e.env.Reaper.Plan, "plan/"+e.env.Reaper.Plan, same(hoursOfMonth))
	e.add(part, "storage", "storage", Quantity{0.1, 1, 10})
	ticks := hoursOfMonth / e.env.Reaper.Pause().Hours()
	perTick := e.bridgesAt().plus(same(1)).times(e.assumed.TickOperations)
	e.add(part, "storage operations", "storage-operations", perTick.times(ticks/10000))
}

// freeRetentionDays are in the price of what is taken in. Source: Azure docs, "Azure Monitor Logs cost calculations and options".
const freeRetentionDays = 31

func (e *estimator) logs() {
	watch := e.env.Monitoring
	most := number(watch.DailyGigabytes)
	bridges := e.bridgesAt().times(e.assumed.LogsPerBridgeDay)
	daily := Quantity{
		min(bridges.Least+e.assumed.LogsPerDay/2, most), min(bridges.Typical+e.assumed.LogsPerDay, most), most,
	}
	e.add("logs", fmt.Sprintf("taken in, at most %d GB a day", watch.DailyGigabytes), "logs", daily.times(daysOfMonth))
	longer := number(max(watch.RetentionDays-freeRetentionDays, 0))
	e.add("logs", fmt.Sprintf("kept for %d days", watch.RetentionDays), "logs-kept", daily.times(longer))
}

func (e *estimator) watch(rules Rules) {
	by := map[string]int{}
	for _, every := range rules.Queries {
		switch {
		case every < 10*time.Minute:
			by["5m"]++
		case every < 15*time.Minute:
			by["10m"]++
		default:
			by["15m"]++
		}
	}
	for _, every := range []string{"5m", "10m", "15m"} {
		if by[every] > 0 {
			e.add("alerts", fmt.Sprintf("rules over logs, every %s, %d", every, by[every]), "query-rule/"+every, same(number(by[every])))
		}
	}
	if rules.Metrics > 0 {
		e.add("alerts", fmt.Sprintf("rules over metrics, %d", rules.Metrics), "metric-rule", same(number(rules.Metrics)))
	}
	runs := 0.0
	for _, test := range rules.Tests {
		runs += number(test.Places) * hoursOfMonth / test.Every.Hours()
	}
	if runs > 0 {
		e.add("alerts", fmt.Sprintf("tests from outside, %d", len(rules.Tests)), "web-test", same(runs))
	}
}

// gigabytesPerHour of a stream of one megabit (10^6 bits) a second.
const gigabytesPerHour = 3600.0 / 8 / 1000

// rates are what is paid by use. What comes in is free.
func (e *estimator) rates() []Rate {
	out, balancer := e.price("egress"), e.price("balancer-data")
	received := e.assumed.ReceivedMbps
	full := number(e.env.Bridges.NICMbps) * number(e.env.Autoscale.NetworkPercent) / 100 * gigabytesPerHour
	return []Rate{
		{"media to participants", same(out.Price), "GB", out.Estimate},
		{
			fmt.Sprintf("a participant who receives %.1f, %.1f or %.1f Mbit/s", received.Least, received.Typical, received.Most),
			received.times(gigabytesPerHour * out.Price), "participant-hour", out.Estimate,
		},
		{
			"a participant behind a relay, twice through the load balancer besides", received.times(gigabytesPerHour * (out.Price +
				2*balancer.Price)), "participant-hour", out.Estimate || balancer.Estimate,
		},
		{
			fmt.Sprintf("a bridge that sends as much as the next one is added at, %d %% of %d Mbit/s", e.env.Autoscale.NetworkPercent,
				e.env.Bridges.NICMbps), same(full * out.Price), "bridge-hour", out.Estimate,
		},
	}
}

func (e *estimator) assumptions() []string {
	a := e.assumed
	return []string{
		fmt.Sprintf("a typical month has %.0f busy days, on which half of the bridges above the minimum run for %.0f hours; the nightly "+
			"recycle adds one to each shard for %.0f minutes; nodes are at their minimum", a.BusyDays, a.BusyHours,
			e.env.Reaper.MinimumUptime.Minutes()),
		fmt.Sprintf("a bridge sends %.2g GB of logs and numbers a day, everything else %.2g GB", a.LogsPerBridgeDay, a.LogsPerDay),
		fmt.Sprintf("the gallery holds %.0f versions of %.0f GB, at most %.0f", a.ImageVersions.Typical, a.ImageGB, a.ImageVersions.Most),
		"free amounts of a subscription (logs, egress) are not taken off, and traffic between zones costs nothing",
		"left out: the machine that builds an image, nodes that upgrades add for minutes, the domain, e-mails of alerts",
	}
}

package environment

import (
	"net/netip"
	"strconv"
	"time"
)

// build makes the environment out of the accepted values. What was refused stays zero; the rules leave it alone.
func (c *checker) build() Environment {
	return Environment{
		Name:     c.stack,
		Location: c.values["location"],
		Domain:   c.values["domain"],
		Phase:    Phase(c.values["phase"]),
		Network: Network{
			AddressSpace:  c.prefix("network.addressSpace"),
			Nodes:         c.prefix("network.nodes"),
			LoadBalancers: c.prefix("network.loadBalancers"),
			Function:      c.prefix("network.function"),
			Pods:          c.prefix("network.pods"),
			Services:      c.prefix("network.services"),
		},
		Shards:    c.buildShards(),
		Bridges:   c.buildBridges(),
		Autoscale: c.buildAutoscale(),
		Cluster:   c.buildCluster(),
		Jitsi: Jitsi{
			ImageTag:      c.values["jitsi.imageTag"],
			ResolutionCap: c.number("jitsi.resolutionCap"),
			FrameRateCap:  c.number("jitsi.frameRateCap"),
			WebReplicas: Range{
				Minimum: c.number("jitsi.webReplicas.minimum"), Maximum: c.number("jitsi.webReplicas.maximum"),
			},
		},
		FrontDoor:  c.buildFrontDoor(),
		Turn:       Turn{ImageTag: c.values["turn.imageTag"], Replicas: c.number("turn.replicas")},
		Reaper:     c.buildReaper(),
		Monitoring: c.buildMonitoring(),
		Tags:       c.labels,
		Protect:    c.flag("protect"),
	}
}

func (c *checker) buildShards() []Shard {
	shards := make([]Shard, c.counts["shards"])
	for i := range shards {
		at := element("shards", i)
		address, _ := netip.ParseAddr(c.values[at+".signallingAddress"])
		shards[i] = Shard{
			Name:              c.values[at+".name"],
			Zone:              c.number(at + ".zone"),
			BridgeSubnet:      c.prefix(at + ".bridgeSubnet"),
			SignallingAddress: address,
		}
	}
	return shards
}

func (c *checker) buildBridges() Bridges {
	return Bridges{
		VMSize:         c.values["bridges.vmSize"],
		NICMbps:        c.number("bridges.nicMbps"),
		PrefixLength:   c.number("bridges.prefixLength"),
		PackageVersion: c.values["bridges.packageVersion"],
		Image: Image{
			Definition:      c.values["bridges.image.definition"],
			Publisher:       c.values["bridges.image.publisher"],
			Offer:           c.values["bridges.image.offer"],
			SKU:             c.values["bridges.image.sku"],
			BaselineVersion: c.values["bridges.image.baselineVersion"],
		},
		AdminPublicKey: c.values["bridges.adminPublicKey"],
		HeapMiB:        c.number("bridges.heapMiB"),
		STUNServers:    c.texts("bridges.stunServers"),
	}
}

func (c *checker) buildAutoscale() Autoscale {
	start, _ := time.Parse("15:04", c.values["autoscale.recycle.time"])
	return Autoscale{
		Minimum:        c.number("autoscale.minimum"),
		Maximum:        c.number("autoscale.maximum"),
		Default:        c.number("autoscale.default"),
		NetworkPercent: c.number("autoscale.networkPercent"),
		CPUPercent:     c.number("autoscale.cpuPercent"),
		StressPercent:  c.number("autoscale.stressPercent"),
		ReservePercent: c.number("autoscale.reservePercent"),
		BusyHours:      c.buildBusyHours(),
		Cooldown:       c.minutes("autoscale.cooldownMinutes"),
		Recycle: Recycle{
			Hour:     start.Hour(),
			Minute:   start.Minute(),
			TimeZone: c.values["autoscale.recycle.timeZone"],
			Window:   c.minutes("autoscale.recycle.windowMinutes"),
		},
	}
}

func (c *checker) buildCluster() Cluster {
	return Cluster{
		KubernetesVersion:    c.values["cluster.kubernetesVersion"],
		Tier:                 c.values["cluster.tier"],
		SystemPool:           c.pool("cluster.systemPool"),
		ShardPool:            c.pool("cluster.shardPool"),
		AuthorizedIPRanges:   c.prefixList("cluster.authorizedIpRanges"),
		AdminGroupIDs:        c.texts("cluster.adminGroupIds"),
		LocalAccounts:        c.flag("cluster.localAccounts"),
		UpgradeChannel:       c.values["cluster.upgradeChannel"],
		NodeOSUpgradeChannel: c.values["cluster.nodeOsUpgradeChannel"],
		Maintenance: Maintenance{
			Weekday:  weekday(c.values["cluster.maintenance.weekday"]),
			Hour:     c.number("cluster.maintenance.hour"),
			Duration: time.Duration(c.number("cluster.maintenance.durationHours")) * time.Hour,
		},
	}
}

func (c *checker) buildFrontDoor() FrontDoor {
	return FrontDoor{
		Replicas: c.number("frontDoor.replicas"),
		ImageTag: c.values["frontDoor.imageTag"],
		PerAddress: PerAddress{
			Connections:       c.number("frontDoor.perAddress.connections"),
			RequestsPerSecond: c.number("frontDoor.perAddress.requestsPerSecond"),
		},
		CertificateSecret: c.values["frontDoor.certificateSecret"],
		KeyVaultCertificate: KeyVaultCertificate{
			VaultID:  c.values["frontDoor.keyVaultCertificate.vaultId"],
			Name:     c.values["frontDoor.keyVaultCertificate.name"],
			TenantID: c.values["frontDoor.keyVaultCertificate.tenantId"],
		},
	}
}

func (c *checker) buildReaper() Reaper {
	const day = 24 * time.Hour
	return Reaper{
		Schedule:      c.values["reaper.schedule"],
		MinimumUptime: c.minutes("reaper.minimumUptimeMinutes"),
		MaximumAge:    time.Duration(c.number("reaper.maximumAgeHours")) * time.Hour,
		StuckAfter:    c.minutes("reaper.stuckConferenceMinutes"),
		BootDeadline:  c.minutes("reaper.bootDeadlineMinutes"),
		DeadAfter:     c.minutes("reaper.deadMinutes"),
		Retention:     time.Duration(c.number("reaper.retentionDays")) * day,
		Plan:          c.values["reaper.plan"],
		DryRun:        c.flag("reaper.dryRun"),
	}
}

func (c *checker) buildMonitoring() Monitoring {
	return Monitoring{
		RetentionDays:  c.number("monitoring.retentionDays"),
		DailyGigabytes: c.number("monitoring.dailyGigabytes"),
		Alerts: Alerts{
			Emails:          c.texts("monitoring.alerts.emails"),
			Webhooks:        c.texts("monitoring.alerts.webhooks"),
			Runbook:         c.values["monitoring.alerts.runbook"],
			AtMaximum:       c.minutes("monitoring.alerts.atMaximumMinutes"),
			CertificateDays: c.number("monitoring.alerts.certificateDays"),
		},
	}
}

func (c *checker) pool(path string) Pool {
	return Pool{
		VMSize: c.values[path+".vmSize"], Minimum: c.number(path + ".minimum"), Maximum: c.number(path + ".maximum"),
	}
}

func (c *checker) number(path string) int {
	n, err := strconv.Atoi(c.values[path])
	if err != nil {
		return 0 // refused or left out
	}
	return n
}

func (c *checker) minutes(path string) time.Duration {
	return time.Duration(c.number(path)) * time.Minute
}

func (c *checker) flag(path string) bool { return c.values[path] == "true" }

func (c *checker) prefix(path string) netip.Prefix {
	p, _ := parseRange(c.values[path])
	return p
}

func (c *checker) texts(path string) []string {
	var all []string
	for i := range c.counts[path] {
		all = append(all, c.values[element(path, i)])
	}
	return all
}

func (c *checker) prefixList(path string) []netip.Prefix {
	var all []netip.Prefix
	for i := range c.counts[path] {
		all = append(all, c.prefix(element(path, i)))
	}
	return all
}

func weekday(name string) time.Weekday {
	for day := time.Sunday; day <= time.Saturday; day++ {
		if day.String() == name {
			return day
		}
	}
	return time.Sunday
}

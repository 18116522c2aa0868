package engine_test

// dayTwo is one change to a deployed environment, a row of docs/day2.md.
type dayTwo struct {
	// what is the change in an operator's words, where the setting or the command that makes it.
	what, where string
	// stack is dev, unless the change matters only where the environment is protected.
	stack string
	// bridges is how many the first shard has when the change comes; 2 unless given.
	bridges int
	change  func(*workspace)
	// touches is everything that conferences or their users notice, and why the reason that the table gives for it.
	touches []effect
	why     string
	// refused is a part of the error of a change that must not be made.
	refused string
	// note is what else an operator should know.
	note string
}

// with are the rows with the same effects, for the same reason.
func with(why string, touches []effect, rows ...dayTwo) []dayTwo {
	for i := range rows {
		rows[i].touches, rows[i].why = touches, why
	}
	return rows
}

// noted adds what else an operator should know.
func (d dayTwo) noted(note string) dayTwo {
	d.note = note
	return d
}

// on moves the row to another environment.
func (d dayTwo) on(stack string) dayTwo {
	d.stack = stack
	return d
}

// mustFail says that the change is refused, in these words.
func (d dayTwo) mustFail(words, note string) dayTwo {
	d.refused, d.note = words, note
	return d
}

// setting is a row that changes one setting, of which the path is given in parts.
func setting(what string, value any, path ...string) dayTwo {
	where := path[0]
	for _, step := range path[1:] {
		where += "." + step
	}
	return dayTwo{what: what, where: where, change: func(w *workspace) { w.set("meet:"+path[0], value, path[1:]...) }}
}

// sharded is a row that changes the list of shards.
func sharded(what, where string, change func([]any) []any) dayTwo {
	return dayTwo{what: what, where: where, change: func(w *workspace) { w.shards(change) }}
}

// shards changes the configured shards.
func (w *workspace) shards(change func([]any) []any) {
	w.t.Helper()
	w.configure(func(config map[string]any) { config["meet:shards"] = change(config["meet:shards"].([]any)) })
}

// withShardC adds a third shard to those of dev.
func withShardC(all []any) []any {
	return append(all, map[string]any{"name": "c", "zone": 3, "bridgeSubnet": "10.40.2.64/27", "signallingAddress": "10.40.1.12"})
}

// chapter is a part of the table.
type chapter struct {
	title string
	rows  []dayTwo
}

func dayTwoChapters() []chapter {
	return []chapter{
		{"Bridges", bridgeChanges()},
		{"Scaling", scalingChanges()},
		{"Shards", shardChanges()},
		{"Jitsi, front door and relays", serviceChanges()},
		{"The reaper", reaperChanges()},
		{"The cluster", clusterChanges()},
		{"The environment", environmentChanges()},
	}
}

const (
	anotherKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHA494Grw2UYyel8OuhhFCbIJxBPK0CGVfq+/qYbSbrl operator@example.org"
	onNew      = "Bridges that run keep what they have; new ones, the nightly one first, come up with it."
)

func bridgeChanges() []dayTwo {
	return []dayTwo{
		{
			what: "A newer bridge image", where: "make image", change: func(w *workspace) { w.publishImage("1.0.1") },
			note: "No deployment: scale sets name no version. " + onNew,
		},
		setting("Another videobridge package", "2.3-308-gabcdef012-1", "bridges", "packageVersion").noted(onNew),
		{
			what: "Another baseline version", where: "bridges.image.baselineVersion", note: "Only checked: bridges boot the newest version.",
			change: func(w *workspace) {
				w.publishImage("1.0.1")
				w.set("meet:bridges", "1.0.1", "image", "baselineVersion")
			},
		},
		setting("A baseline version that nobody has published", "1.0.9", "bridges", "image", "baselineVersion").
			mustFail("version 1.0.9 of jitsi-videobridge is not in the gallery", "Publish it first."),
		setting("Larger machines", "Standard_F16s_v2", "bridges", "vmSize").noted(onNew),
		setting("A larger heap", 8192, "bridges", "heapMiB").noted(onNew),
		setting("Other STUN servers", []any{"stun.example.org:3478"}, "bridges", "stunServers").noted(onNew),
		setting("Another administrator's key", anotherKey, "bridges", "adminPublicKey").noted(onNew),
		setting("A larger prefix", 28, "bridges", "prefixLength").mustFail("InUsePublicIpPrefixCannotBeDeleted",
			"Azure resizes no prefix and deletes none in use. Add a shard with the new one, drain the old shard, remove it."),
	}
}

func scalingChanges() []dayTwo {
	fewer := setting("A maximum below the number of bridges", 2, "autoscale", "maximum")
	fewer.bridges = 3
	rows := []dayTwo{
		setting("A higher maximum", 4, "autoscale", "maximum"),
		setting("A lower maximum, not below the number of bridges", 2, "autoscale", "maximum"),
		{
			what: "A higher minimum", where: "autoscale.minimum, autoscale.default", note: "Azure adds what is missing.",
			change: func(w *workspace) {
				w.set("meet:autoscale", 2, "minimum")
				w.set("meet:autoscale", 2, "default")
			},
		},
		setting("Another network threshold", 60, "autoscale", "networkPercent"),
		setting("Another processor threshold", 60, "autoscale", "cpuPercent"),
		setting("Another stress threshold", 60, "autoscale", "stressPercent"),
		setting("A reserve", 100, "autoscale", "reservePercent").noted("Azure adds what is missing, once the reaper publishes."),
		setting("Busy hours", []any{map[string]any{
			"name": "office", "days": []any{"Monday", "Tuesday"}, "from": "07:40", "to": "18:00", "minimum": 2,
		}}, "autoscale", "busyHours").noted("Azure adds what is missing when they begin; nothing is removed when they end."),
		setting("Another cooldown", 7, "autoscale", "cooldownMinutes"),
		setting("Another time of the recycle", "03:30", "autoscale", "recycle", "time"),
		setting("Another time zone", "UTC", "autoscale", "recycle", "timeZone"),
	}
	return append(rows, with("Azure's autoscale deletes at once what is above the maximum, the newest first, without asking whether "+
		"it is in use. Count the bridges first (`az vmss list-instances`), and let the reaper bring them down.",
		[]effect{bridgesGone}, fewer)...)
}

func shardChanges() []dayTwo {
	const cut = "Everything of the shard goes. Drain it first, and wait until nobody meets on it: `shardctl drain`, `shardctl wait-empty`."
	without := func(all []any) []any { return all[:2] }
	rows := with("The proxies learn the new shard one by one; clients that lose their connection resume through another proxy.",
		[]effect{proxiesRestart}, sharded("Another shard", "shards[2]", withShardC).noted("Nothing of the other shards changes."))
	rows = append(rows,
		sharded("Shards in another order", "shards", func(all []any) []any { return []any{all[1], all[0]} }),
		sharded("A shard in another zone", "shards[0].zone", func(all []any) []any {
			all[0].(map[string]any)["zone"] = 3
			return all
		}).mustFail("InUsePublicIpPrefixCannotBeDeleted", "The prefix is tied to its zone. Add a shard there, then remove this one."),
		sharded("A shard removed where `protect` is true", "shards[2]", without).on("prod").
			mustFail("protected", "The preview refuses it; `--skip-preview` would delete the shard's web servers and load balancers first. Lift the protection of the shard's resources by hand, when it is empty."))
	rows = append(rows, with("Bridges that run go on looking for Prosody at the old address: Jicofo loses them, and with them the "+
		"conferences that they carry. Drain the shard and let it empty first; have its bridges replaced afterwards.",
		[]effect{addressMoves}, sharded("Another signalling address", "shards[0].signallingAddress", func(all []any) []any {
			all[0].(map[string]any)["signallingAddress"] = "10.40.1.20"
			return all
		}))...)
	removed := sharded("A shard removed where `protect` is false", "shards[2]", without)
	leave := removed.change
	removed.change = func(w *workspace) {
		w.shards(withShardC)
		w.up()
		w.reference()
		leave(w)
	}
	return append(rows, with(cut, []effect{
		bridgesGone, singletonsGone, relaysGone, addressMoves, proxiesRestart, webRestarts,
	}, removed)...)
}

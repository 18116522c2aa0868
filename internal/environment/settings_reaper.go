package environment

// everyMinute is the schedule that the reaper is made for.
const everyMinute = "0 * * * * *"

func reaperSettings() setting {
	plans := []string{"B1", "B2", "B3", "P0v3", "P1v3"}
	members := []setting{
		{
			name: "schedule", fallback: everyMinute, example: everyMinute, valid: isSchedule, advise: adviseSchedule,
			allowed: "six cron fields in UTC: second, minute, hour, day, month, day of the week",
			meaning: "When the reaper runs. With 5 minutes or more between two runs there is a warning: it then forgets what it " +
				"has watched, and replaces no machine.",
		},
		{
			name: "minimumUptimeMinutes", kind: integer, unit: "minutes", fallback: "55", example: "55", allowed: "1 to 1440",
			valid: within(1, 1440), meaning: "How old a bridge must be before it may be retired.",
		},
		{
			name: "maximumAgeHours", kind: integer, unit: "hours", fallback: "24", example: "24", valid: offOr(2, 720),
			allowed: "2 to 720, more than `reaper.minimumUptimeMinutes`, or 0, which switches it off",
			meaning: "The age above which a bridge is drained while it is busy, so that it empties and can be retired.",
		},
	}
	members = append(members, reaperWatches()...)
	return setting{name: "reaper", kind: object, meaning: "The function that scales in.", members: append(members,
		setting{
			name: "retentionDays", kind: integer, unit: "days", fallback: "90", example: "90", allowed: "1 to 3650",
			valid: within(1, 3650), meaning: "How long the audit of decisions and the usage of bridges are kept.",
		},
		setting{
			name: "plan", fallback: "B1", example: "B1", allowed: list(plans), valid: oneOf(plans...),
			meaning: "The size of the Dedicated App Service plan.",
		},
		setting{
			name: "dryRun", kind: boolean, fallback: "false", example: "true", allowed: "true or false",
			meaning: "Makes the reaper decide and report, but never act.",
		},
	)}
}

// reaperWatches are the settings for which the reaper has to look at a bridge again and again.
func reaperWatches() []setting {
	return []setting{
		{
			name: "stuckConferenceMinutes", kind: integer, unit: "minutes", fallback: "30", example: "30", valid: offOr(10, 1440),
			allowed: "10 to 1440, or 0, which switches it off",
			meaning: "How long a bridge must have had conferences, but not one participant of its own, to count as idle.",
		},
		{
			name: "bootDeadlineMinutes", kind: integer, unit: "minutes", fallback: "20", example: "20", valid: offOr(10, 240),
			allowed: "10 to 240, or 0, which switches it off",
			meaning: "The age by which a bridge must have come up on a machine. One that is later is replaced.",
		},
		{
			name: "deadMinutes", kind: integer, unit: "minutes", fallback: "15", example: "15", valid: offOr(15, 240),
			allowed: "15 to 240, or 0, which switches it off",
			meaning: "How long independent witnesses (the bridge's port, Jicofo, Azure) must call a bridge dead before it is replaced.",
		},
	}
}

package environment

func autoscaleSettings() setting {
	return setting{
		name: "autoscale", kind: object, meaning: "How a shard's bridges are scaled out and recycled.",
		members: []setting{
			{
				name: "minimum", kind: integer, unit: "bridges", fallback: "1", example: "1", allowed: "1 or more",
				valid: within(1, 1000), meaning: "The smallest number of bridges in a shard.",
			},
			{
				name: "maximum", kind: integer, unit: "bridges", example: "14",
				computed: "the addresses of the prefix, less 2: 14 for a /28", valid: within(1, 1000),
				allowed: "at least one more than `minimum` (for the recycle), at most the addresses of the prefix less 2",
				meaning: "The largest number of bridges in a shard. Two addresses of the prefix stay free for machines that " +
					"are still being deleted.",
			},
			{
				name: "default", kind: integer, unit: "bridges", computed: "`minimum`", example: "1",
				allowed: "`minimum` to `maximum`", valid: within(1, 1000),
				meaning: "What Azure lifts a shard to when it cannot read the metrics.",
			},
			{
				name: "networkPercent", kind: integer, unit: "percent", fallback: "70", example: "70", allowed: "1 to 100",
				valid: within(1, 100), meaning: "The share of `bridges.nicMbps`, in or out, above which a bridge is added.",
			},
			{
				name: "cpuPercent", kind: integer, unit: "percent", fallback: "70", example: "70", allowed: "1 to 100",
				valid: within(1, 100), meaning: "The processor load above which a bridge is added.",
			},
			{
				name: "cooldownMinutes", kind: integer, unit: "minutes", fallback: "5", example: "5",
				allowed: "1 to 10080 (a week)", valid: within(1, 10080),
				meaning: "The pause after a scale action. Below 5 there is a warning: a new bridge needs minutes to take load.",
			},
			recycleSettings(),
		},
	}
}

func recycleSettings() setting {
	return setting{
		name: "recycle", kind: object,
		meaning: "The nightly window in which every shard gets one more machine, of the newest image.",
		members: []setting{
			{
				name: "time", fallback: "04:00", example: "04:00", allowed: "a time of day from 00:00 to 23:59",
				valid: matches(`([01][0-9]|2[0-3]):[0-5][0-9]`), meaning: "The start of the window.",
			},
			{
				name: "timeZone", fallback: "UTC", example: "W. Europe Standard Time", valid: isTimeZone, advise: adviseTimeZone,
				allowed: "a Windows time-zone id, such as UTC or W. Europe Standard Time (Azure takes no IANA name)",
				meaning: "The time zone of the window. Daylight saving is followed.",
			},
			{
				name: "windowMinutes", kind: integer, unit: "minutes", fallback: "10", example: "10",
				allowed: "5 to 719: autoscale must run within it at least once, and it must be shorter than half a day",
				valid:   within(5, 719), meaning: "The length of the window.",
			},
		},
	}
}

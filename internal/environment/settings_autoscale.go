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
				name: "stressPercent", kind: integer, unit: "percent of a full bridge", fallback: "70", example: "70",
				allowed: "0 to 100; 0 for no such rule", valid: within(0, 100),
				meaning: "The mean stress of a shard's bridges above which one is added, as the reaper publishes it.",
			},
			{
				name: "reservePercent", kind: integer, unit: "percent of one bridge", fallback: "50", example: "50",
				allowed: "0 to 1000, at most 90 for each bridge of `maximum` but one; 0 for none", valid: within(0, 1000),
				meaning: "The free capacity that a shard keeps warm. Where less is free a bridge is added, and the reaper retires none " +
					"that is part of it. One idle bridge keeps less than 100, as it reports a little stress.",
			},
			busyHoursSettings(),
			{
				name: "cooldownMinutes", kind: integer, unit: "minutes", fallback: "5", example: "5",
				allowed: "1 to 10080 (a week)", valid: within(1, 10080),
				meaning: "The pause after a scale action. Below 5 there is a warning: a new bridge needs minutes to take load.",
			},
			recycleSettings(),
		},
	}
}

// Times of day. Only the end of something can be midnight at the end of the day.
const timeOfDay, timeOfEnd = `([01][0-9]|2[0-3]):[0-5][0-9]`, `([01][0-9]|2[0-3]):[0-5][0-9]|24:00`

func busyHoursSettings() setting {
	return setting{
		name: "busyHours", kind: items, optional: true, allowed: "a list of up to 6 objects",
		meaning: "Hours that are known to be busy: the minimum is higher then. Where they overlap, the highest counts.",
		members: []setting{{kind: object, members: []setting{
			{
				name: "name", meaning: "A name for people, unique in the list.", allowed: "1 to 20 lower-case letters, digits and hyphens",
				example: "mornings", valid: matches(`[a-z0-9-]{1,20}`),
			},
			{
				name: "days", kind: items, allowed: "a list of weekdays in English, none of them twice",
				meaning: "The days on which they begin, and end.", example: "Monday",
				members: []setting{{allowed: "Monday to Sunday", example: "Monday", valid: oneOf(weekdays()...)}},
			},
			{
				name: "from", example: "07:45", allowed: "a time of day from 00:00 to 23:59", valid: matches(timeOfDay),
				meaning: "When they begin, in the time zone of the recycle. A bridge needs about three minutes to come up.",
			},
			{
				name: "to", example: "18:00", allowed: "a time of day after `from`, up to 24:00", valid: matches(timeOfEnd),
				meaning: "When they end. Nothing is removed then: the reaper retires what becomes idle.",
			},
			{
				name: "minimum", kind: integer, unit: "bridges", example: "2", valid: within(2, 1000),
				allowed: "more than `autoscale.minimum`, less than `autoscale.maximum`",
				meaning: "The smallest number of bridges in a shard during these hours.",
			},
		}}},
	}
}

// weekdays are the days of the week in English, from Monday on.
func weekdays() []string {
	return []string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}
}

func recycleSettings() setting {
	return setting{
		name: "recycle", kind: object,
		meaning: "The nightly window in which every shard gets one more machine, of the newest image.",
		members: []setting{
			{
				name: "time", fallback: "04:00", example: "04:00", allowed: "a time of day from 00:00 to 23:59",
				valid: matches(timeOfDay), meaning: "The start of the window.",
			},
			{
				name: "timeZone", fallback: "UTC", example: "W. Europe Standard Time", valid: isTimeZone, advise: adviseTimeZone,
				allowed: "a Windows time-zone id, such as UTC or W. Europe Standard Time (Azure takes no IANA name)",
				meaning: "The time zone of the window. Daylight saving is followed.",
			},
			{
				name: "windowMinutes", kind: integer, unit: "minutes", fallback: "5", example: "5",
				allowed: "5 to 719: autoscale must run within it at least once, and it must be shorter than half a day",
				valid:   within(5, 719),
				meaning: "The length of the window. Above `cooldownMinutes` a night can bring two machines instead of one.",
			},
		},
	}
}

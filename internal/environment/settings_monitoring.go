package environment

// monitoringSettings has the limits of a workspace that is paid by the amount of data.
// Source: Azure docs, "Manage data retention in a Log Analytics workspace".
func monitoringSettings() setting {
	return setting{
		name: "monitoring", kind: object, meaning: "The environment's logs and metrics, and who is told when something is wrong.",
		members: []setting{{
			name: "retentionDays", kind: integer, unit: "days", fallback: "30", example: "90", allowed: "30 to 730",
			valid: within(30, 730), meaning: "How long logs and metrics are kept.",
		}, {
			name: "dailyGigabytes", kind: integer, unit: "GB a day", fallback: "5", example: "20", allowed: "1 to 1000",
			valid: within(1, 1000), meaning: "How much the workspace takes in a day; the rest of the day's is dropped. It is paid by the " +
				"amount, and something that logs in a loop would have no other limit.",
		}, alertSettings()},
	}
}

// Limits of what one action group tells, and of what a certificate's test counts.
// Source: Azure docs, "Azure Monitor service limits" (action groups) and "Standard test" (proactive lifetime check).
const (
	mostEmails   = 20
	mostWebhooks = 10
)

// webhookFix keeps the address out of the shell's history, if it comes from the right place.
const webhookFix = `"$WEBHOOK_URL"`

func alertSettings() setting {
	return setting{name: "alerts", kind: object, meaning: "The environment's alerts.", members: []setting{
		{
			name: "emails", kind: items, optional: true, example: "oncall@example.org",
			meaning: "Who gets an e-mail for every alert, and for its end. Where `protect` is true, somebody must be told: an address " +
				"here or a webhook.",
			allowed: "at most 20 e-mail addresses",
			members: []setting{{
				allowed: "an e-mail address, without a name", example: "oncall@example.org", valid: isEmail,
			}},
		},
		{
			name: "webhooks", kind: items, optional: true, example: "https://hooks.example.org/alerts/TOKEN",
			meaning: "Where every alert, and its end, is posted to in Azure's common alert schema. An address may hold a token: set it " +
				"with `--secret`.",
			allowed: "at most 10 https addresses",
			members: []setting{{
				allowed: "an https address, without a user name", example: "https://hooks.example.org/alerts/TOKEN",
				fix: webhookFix, secret: true, valid: isWebhook,
			}},
		},
		{
			name: "runbook", fallback: "docs/operations.md", example: "https://git.example.org/meet/blob/main/docs/operations.md",
			allowed: "a path or an https address, without a fragment", valid: isRunbook,
			meaning: "Where operators read the runbook. Every alert says this, followed by # and its own name.",
		},
		{
			name: "atMaximumMinutes", kind: integer, unit: "minutes", fallback: "15", example: "15", allowed: "5, 10, 15, 30, 45 or 60",
			valid: oneOf("5", "10", "15", "30", "45", "60"), meaning: "How long a shard may have all the bridges that it can have before " +
				"somebody is told.",
		},
		{
			name: "certificateDays", kind: integer, unit: "days", fallback: "21", example: "21", allowed: "1 to 59", valid: within(1, 59),
			meaning: "How long before a certificate expires somebody is told. Those that the stack makes itself are made anew by any " +
				"deployment in their last 60 days.",
		},
	}}
}

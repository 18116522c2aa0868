package environment

import "time"

// Monitoring describes where the environment's logs and metrics go, and who is told when something is wrong.
type Monitoring struct {
	// RetentionDays is how long the Log Analytics workspace keeps them, 30 to 730 days.
	RetentionDays int
	// DailyGigabytes is how much the workspace takes in a day, in GB; it drops the rest.
	DailyGigabytes int
	// Alerts describes the alerts.
	Alerts Alerts
}

// Alerts describes who is told of what.
type Alerts struct {
	// Emails are the addresses that get every alert, at most 20. Where Protect is set, there is one of these or a webhook.
	Emails []string
	// Webhooks are the https addresses that every alert is posted to, at most 10. They may hold tokens: treat them as secrets.
	Webhooks []string
	// Runbook is the path or the address of the runbook, to which every alert adds # and its name.
	Runbook string
	// AtMaximum is how long a shard may have its maximum of bridges before an alert, whole minutes.
	AtMaximum time.Duration
	// CertificateDays is how many days before a certificate's end there is an alert.
	CertificateDays int
}

// Pause is the longest time between two runs of the reaper's schedule, exact below an hour; an hour stands for all that is
// longer.
func (r Reaper) Pause() time.Duration { return pause(r.Schedule) }

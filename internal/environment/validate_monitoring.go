package environment

import (
	"fmt"
	"net/mail"
	"net/url"
	"strings"
)

// longestWebhook is the longest address that an action group takes, in characters.
// Source: Azure REST API, ActionGroups; the portal's own limit.
const longestWebhook = 2048

// checkMonitoring refuses a protected environment of which nobody hears, and lists that Azure would not take.
func checkMonitoring(c *checker, env *Environment) {
	const emails, webhooks = "monitoring.alerts.emails", "monitoring.alerts.webhooks"
	told := env.Monitoring.Alerts
	checkReceivers(c, emails, told.Emails, mostEmails, false)
	checkReceivers(c, webhooks, told.Webhooks, mostWebhooks, true)
	if c.fine("protect", emails, webhooks) && env.Protect && len(told.Emails)+len(told.Webhooks) == 0 {
		c.refuse(emails, missing, "at least one address here or in "+webhooks+": in a protected environment somebody must hear of "+
			"alerts", c.set(element(emails, 0), "oncall@example.org"))
	}
}

// checkReceivers refuses too many receivers, and one that is there twice.
func checkReceivers(c *checker, path string, receivers []string, most int, hidden bool) {
	if len(receivers) > most && c.fine(path) {
		c.refuse(path, count(len(receivers), "receiver"), fmt.Sprintf("at most %d", most), c.remove(element(path, most)))
	}
	seen := map[string]bool{}
	for i, receiver := range receivers {
		at := element(path, i)
		if seen[strings.ToLower(receiver)] && c.fine(at) {
			shown := show(receiver)
			if hidden {
				shown = hiddenValue
			}
			c.refuse(at, shown, "every receiver once", c.remove(at))
		}
		seen[strings.ToLower(receiver)] = true
	}
}

func isEmail(value string) bool {
	parsed, err := mail.ParseAddress(value)
	if err != nil || parsed.Address != value || len(value) > 254 {
		return false
	}
	return isDomain(strings.ToLower(value[strings.LastIndex(value, "@")+1:]))
}

func isWebhook(value string) bool {
	parsed, err := url.Parse(value)
	return err == nil && len(value) <= longestWebhook && parsed.Scheme == "https" && parsed.User == nil && parsed.Fragment == "" &&
		(isDomain(strings.ToLower(parsed.Hostname())) || isAddress(parsed.Hostname()))
}

// isRunbook accepts what a # and a name may be added to.
func isRunbook(value string) bool {
	if matches(`[A-Za-z0-9_./-]{1,200}`)(value) {
		return true
	}
	return len(value) <= 500 && matches(`https://[!-~]+`)(value) && !strings.Contains(value, "#") && isWebhook(value)
}

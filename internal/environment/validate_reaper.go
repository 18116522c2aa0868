package environment

import (
	"fmt"
	"strconv"
	"time"
)

// longestPause is the time between two runs after which the reaper trusts nothing that it watched before. Timers fire a
// little late, so that a schedule of just this pause crosses it every other time.
const longestPause = 5 * time.Minute

func checkReaper(c *checker, env *Environment) {
	checkMaximumAge(c, env.Reaper)
	checkPause(c, env.Reaper)
}

// checkMaximumAge refuses an age at which no bridge may be touched yet.
func checkMaximumAge(c *checker, r Reaper) {
	const path, other = "reaper.maximumAgeHours", "reaper.minimumUptimeMinutes"
	if !c.fine(path, other) || r.MaximumAge == 0 || r.MaximumAge > r.MinimumUptime {
		return
	}
	enough := int(r.MinimumUptime/time.Hour) + 1
	c.refuse(path, c.values[path],
		fmt.Sprintf("at least %d, so that it is more than the %s of %s, or 0, which switches it off",
			enough, count(int(r.MinimumUptime/time.Minute), "minute"), other),
		c.set(path, strconv.Itoa(enough)))
}

// checkPause warns of a schedule by which the reaper sees too little of a bridge to judge it by its past.
func checkPause(c *checker, r Reaper) {
	const path = "reaper.schedule"
	watches := r.StuckAfter > 0 || r.BootDeadline > 0 || r.DeadAfter > 0
	if !c.fine(path) || !watches || pause(r.Schedule) < longestPause {
		return
	}
	c.warn(path, show(r.Schedule),
		"less than 5 minutes between two runs is advised: after a longer pause the reaper forgets what it has watched, so that "+
			"no stuck conference ends and no dead machine is replaced",
		c.set(path, everyMinute))
}

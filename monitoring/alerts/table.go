package alerts

import "time"

// How often rules look. Azure charges by it: what can wait looks less often.
const (
	soon  = 5 * time.Minute
	later = 15 * time.Minute
)

// Table is every alert of an environment, in the order of the documentation.
func Table(f Facts) []Alert {
	var all []Alert
	for _, part := range [][]Alert{shardAlerts(f), doorAlerts(f), scaleAlerts(f), bridgeAlerts(f), reaperAlerts(f), platformAlerts(f)} {
		all = append(all, part...)
	}
	return all
}

package controlplane

import (
	"fmt"
	"time"
)

// Interval is a time of the control plane's. All of them pass in reality, however fast the day is played.
type Interval struct {
	Name string
	// Real is how long it takes here, Usual in a cluster of AKS.
	Real, Usual time.Duration
	Why         string
}

// Times of the control plane that are shorter here than in a cluster: all of them bound how often something is looked at, and
// none of them is a promise to a pod.
const (
	scalerSync   = 2 * time.Second
	nodeMonitor  = time.Second
	nodeGrace    = 16 * time.Second
	leaseRenewal = 2 * time.Second
	usageWindow  = 2 * time.Second
)

// Intervals lists them: those that are shortened and why, and then those that stay what they are although the day is played faster.
// Sources: the defaults of kube-controller-manager 1.34, of the kubelet, of metrics-server, and of the admission plugin
// DefaultTolerationSeconds.
func Intervals() []Interval {
	const rest = "a controller of Kubernetes: stays"
	return []Interval{
		{"horizontal-pod-autoscaler-sync-period", scalerSync, 15 * time.Second, "only saves work; a peak passes in seconds"},
		{"window of the metrics API", usageWindow, 15 * time.Second, "the load is known without scraping"},
		{"renewal of a node's lease", leaseRenewal, 10 * time.Second, "lets a lost node be seen sooner"},
		{"node-monitor-period", nodeMonitor, 5 * time.Second, "only saves work"},
		{"node-monitor-grace-period", nodeGrace, 50 * time.Second, "8 renewals may be missed, in a cluster 5"},
		{"node-eviction-rate, between two lost nodes of a zone", 10 * time.Second, 10 * time.Second, rest},
		{"toleration of a node that is not ready", 5 * time.Minute, 5 * time.Minute, rest},
		{"horizontal-pod-autoscaler-cpu-initialization-period", 5 * time.Minute, 5 * time.Minute, rest},
		{"horizontal-pod-autoscaler-initial-readiness-delay", 30 * time.Second, 30 * time.Second, rest},
		{"collection of the pods of a deleted node", 40 * time.Second, 40 * time.Second, rest},
	}
}

// String is a line of a report.
func (i Interval) String() string {
	if i.Real == i.Usual {
		return fmt.Sprintf("%s: %s (%s)", i.Name, i.Real, i.Why)
	}
	return fmt.Sprintf("%s: %s instead of %s (%s)", i.Name, i.Real, i.Usual, i.Why)
}

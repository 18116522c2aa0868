package day

import (
	"fmt"

	"jitsi-meet-azure/test/e2e/controlplane"
	"jitsi-meet-azure/test/e2e/report"
)

// realTime is what does not go by the clock.
func (w *World) realTime() []report.RealTime {
	all := []report.RealTime{
		{
			What:   "HAProxy's checks, time-outs and agreement between proxies",
			Reason: "its own clock; the deployed text stays as it is",
		},
		{
			What:   fmt.Sprintf("the proxies remember a room for %s instead of 5 min", roomsForgotten),
			Reason: "in real time 5 min would be half a day, and no shard would ever count as empty",
		},
		{
			What:   fmt.Sprintf("clients ask for their shard every %s to %s instead of every 1 to 2 min", clientsCheck, 2*clientsCheck),
			Reason: "a room must not be forgotten while somebody is in it",
		},
		{
			What:   "clients: connecting again, giving up; Prosody keeps a broken session for at least 5 s",
			Reason: "TLS and this machine take the time that they take",
		},
		{
			What:   "the reaper: TLS, tokens, HTTP time-outs, the start of its process",
			Reason: "certificates and Azurite go by the real clock",
		},
		{
			What:   "probes, hooks and grace periods of pods; kubectl and shardctl",
			Reason: "they wait for real processes",
		},
	}
	for _, interval := range controlplane.Intervals() {
		all = append(all, report.RealTime{
			What:   fmt.Sprintf("Kubernetes: %s %s (usually %s)", interval.Name, interval.Real, interval.Usual),
			Reason: interval.Why,
		})
	}
	return all
}

// substitutions are what was played instead of the real thing.
func (w *World) substitutions() []report.Substitution {
	const offline = "their packages cannot be had offline"
	all := []report.Substitution{
		{What: "virtual networks", Instead: "10.b.c.d is 127.b.c.d", Reason: "no privileges are needed"},
		{What: "kubelet, container runtime", Instead: "an agent that runs pods as processes", Reason: "no containers are needed"},
		{What: "Prosody, Jicofo, web servers, relays", Instead: "stand-ins that hold meetings", Reason: offline},
		{What: "videobridges", Instead: "stand-ins with their REST interface", Reason: offline},
		{
			What:    "Azure",
			Instead: "the local cloud, a resource manager, and a model of Monitor's autoscale engine; it lists bridges at 127.b.c.d",
			Reason:  "no subscription is needed",
		},
	}
	for _, d := range w.reaper.Differences() {
		all = append(all, report.Substitution{What: "the reaper's " + d.Name, Instead: d.Played, Reason: d.Reason})
	}
	return all
}

// Package targets makes what Prometheus watches of an environment from the environment's outputs: a list for file-based service
// discovery (prometheus.io, file_sd_config). The package is pure.
//
// What is not in it cannot be scraped, on purpose: only the reaper reaches the HTTP servers of the bridges, and only the reaper
// and the front door that of Jicofo. The bridges' numbers are in the workspace instead, and what the front door sees of every
// shard in the proxies' metrics.
package targets

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/common/model"

	"jitsi-meet-azure/outputs"
)

// Group is one entry of the list: targets with the same labels.
type Group struct {
	// Targets are host:port or, where an exporter probes them, what the exporter is given.
	Targets []string `json:"targets"`
	// Labels are added to everything that comes from the targets.
	Labels map[string]string `json:"labels"`
}

// Values of the label job.
const (
	// JobFrontDoor are the proxies' own metrics.
	JobFrontDoor = "front-door"
	// JobProbe is the address that users open, for the blackbox exporter's module http_2xx.
	JobProbe = "front-door-probe"
	// JobRelay are the TURN relays of a shard, for the blackbox exporter's module tls_connect.
	JobRelay = "relay-probe"
)

// Values of the label from: where a target can be reached from.
const (
	// FromCluster are targets that only pods of the cluster reach.
	FromCluster = "cluster"
	// FromAnywhere are public targets.
	FromAnywhere = "anywhere"
)

// moduleLabel becomes the parameter module of the blackbox exporter. Prometheus drops it after relabelling.
const moduleLabel = "__param_module"

const httpsPort = "443"

// Of lists the targets of an environment: nothing in the image phase. The order is always the same.
func Of(of outputs.Outputs) []Group {
	groups := []Group{}
	labels := func(more map[string]string) map[string]string {
		all := map[string]string{"environment": of.Environment}
		maps.Copy(all, more)
		return all
	}
	if door := of.FrontDoor; door != nil {
		groups = append(groups,
			Group{slices.Clone(door.Metrics), labels(map[string]string{"job": JobFrontDoor, "from": FromCluster})},
			Group{[]string{door.URL}, labels(map[string]string{"job": JobProbe, "from": FromAnywhere, moduleLabel: "http_2xx"})})
	}
	for _, name := range slices.Sorted(maps.Keys(of.Shards)) {
		shard := of.Shards[name]
		groups = append(groups, Group{
			[]string{net.JoinHostPort(shard.Turn.Host, httpsPort)},
			labels(map[string]string{
				"job": JobRelay, "from": FromAnywhere, "shard": name, "zone": strconv.Itoa(shard.Zone), moduleLabel: "tls_connect",
			}),
		})
	}
	return groups
}

// JSON writes the list as Prometheus reads it. A list that Prometheus would refuse is an error, which names everything that is
// wrong; it means that the outputs are not those of a deployed environment.
func JSON(groups []Group) ([]byte, error) {
	if err := Validate(groups); err != nil {
		return nil, fmt.Errorf("the list of targets: %w", err)
	}
	text, err := json.MarshalIndent(groups, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing the list of targets: %w", err)
	}
	return append(text, '\n'), nil
}

// Validate applies Prometheus' own rules: names and values of labels, and, for what Prometheus connects to itself, addresses
// without a path (prometheus, config.CheckTargetAddress). Probed targets may be addresses of the web.
func Validate(groups []Group) error {
	var problems []error
	seen := map[string]bool{}
	for i, group := range groups {
		set := model.LabelSet{}
		for name, value := range group.Labels {
			set[model.LabelName(name)] = model.LabelValue(value)
			if !model.LegacyValidation.IsValidLabelName(name) {
				problems = append(problems, fmt.Errorf("group %d: %q is no name of a label", i, name))
			}
		}
		if err := set.Validate(); err != nil {
			problems = append(problems, fmt.Errorf("group %d: %w", i, err))
		}
		if len(group.Targets) == 0 {
			problems = append(problems, fmt.Errorf("group %d has no target", i))
		}
		for _, target := range group.Targets {
			if problem := wrong(target, group.Labels[moduleLabel]); problem != "" {
				problems = append(problems, fmt.Errorf("group %d: %q %s", i, target, problem))
			}
			key := group.Labels["job"] + " " + target
			if seen[key] {
				problems = append(problems, fmt.Errorf("group %d: %q is listed twice", i, target))
			}
			seen[key] = true
		}
	}
	return errors.Join(problems...)
}

// wrong says what is wrong with a target, or nothing.
func wrong(target, module string) string {
	if module == "http_2xx" {
		if parsed, err := url.Parse(target); err != nil || parsed.Scheme != "https" || parsed.Host == "" {
			return "is no https address"
		}
		return ""
	}
	if strings.Contains(target, "/") {
		return "is no host"
	}
	host, port, err := net.SplitHostPort(target)
	if err != nil || host == "" {
		return "is no host:port"
	}
	if number, err := strconv.ParseUint(port, 10, 16); err != nil || number == 0 {
		return "has no port"
	}
	return ""
}

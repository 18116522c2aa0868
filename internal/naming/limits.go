package naming

import (
	"fmt"
	"regexp"
)

// Shard is what the names of a shard depend on.
type Shard struct {
	Name string
	Zone int
}

// limit is Azure's rule for one kind of name.
// Source: learn.microsoft.com "Naming rules and restrictions for Azure resources".
type limit struct {
	kind     string
	pattern  *regexp.Regexp
	longest  int
	allowed  string
	expanded func(Names, Shard) string
}

var (
	hyphenated = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]$`)
	alnum      = regexp.MustCompile(`^[a-z0-9]{3,}$`)
	underscore = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_]*[a-zA-Z0-9]$`)
	hostName   = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)
	vault      = regexp.MustCompile(`^[a-zA-Z](-?[a-zA-Z0-9]){2,}$`)
)

const (
	hyphenatedText = "letters, digits and hyphens, no hyphen at either end"
	lowerText      = "lower-case letters, digits and hyphens"
)

// limits lists every kind of name whose expansion depends on the configuration.
func limits() []limit { return append(environmentLimits(), shardLimits()...) }

func environmentLimits() []limit {
	return []limit{
		{"node resource group", hyphenated, 80, hyphenatedText, func(n Names, _ Shard) string {
			return n.NodeResourceGroup()
		}},
		{"virtual network", hyphenated, 64, hyphenatedText, func(n Names, _ Shard) string {
			return n.VirtualNetwork()
		}},
		{"cluster", hyphenated, 54, hyphenatedText, func(n Names, _ Shard) string {
			return n.Cluster() // also the DNS prefix, whose limit is the lower one
		}},
		{"gallery", underscore, 80, "letters, digits and underscores", func(n Names, _ Shard) string {
			return n.Gallery()
		}},
		{"App Service plan", hyphenated, 40, hyphenatedText, func(n Names, _ Shard) string {
			return n.Plan()
		}},
		{"function app", hyphenated, 60, hyphenatedText, func(n Names, _ Shard) string {
			return n.FunctionApp()
		}},
		{"storage account", alnum, 24, "lower-case letters and digits", func(n Names, _ Shard) string {
			return n.StorageAccount("state") // the longest role
		}},
		{"Key Vault", vault, 24, "letters, digits and single hyphens, a letter first and no hyphen last", func(n Names, _ Shard) string {
			return n.Vault()
		}},
		{"Log Analytics workspace", hyphenated, 63, hyphenatedText, func(n Names, _ Shard) string {
			return n.Workspace()
		}},
		{"data collection endpoint", hyphenated, 44, hyphenatedText, func(n Names, _ Shard) string {
			return n.CollectionEndpoint()
		}},
		{"data collection rule", hyphenated, 64, hyphenatedText, func(n Names, _ Shard) string {
			return n.CollectionRule("bridges")
		}},
	}
}

func shardLimits() []limit {
	return []limit{
		{"bridge secret", hyphenated, 127, hyphenatedText, func(n Names, s Shard) string {
			return n.BridgeSecret(s.Name, "")
		}},
		{"public IP prefix", hyphenated, 80, hyphenatedText, func(n Names, s Shard) string {
			return n.BridgePrefix(s.Name, s.Zone)
		}},
		{"TURN address", hyphenated, 80, hyphenatedText, func(n Names, s Shard) string {
			return n.TurnAddress(s.Name)
		}},
		{"network security group", hyphenated, 80, hyphenatedText, func(n Names, s Shard) string {
			return n.SecurityGroup("bridges-" + s.Name)
		}},
		{"scale set", hyphenated, 64, hyphenatedText, func(n Names, s Shard) string {
			return n.ScaleSet(s.Name)
		}},
		{"bridge host name prefix", hostName, 58, lowerText, func(n Names, s Shard) string {
			return n.ComputerNamePrefix(s.Name)
		}},
		{"autoscale setting", hyphenated, 260, hyphenatedText, func(n Names, s Shard) string {
			return n.Autoscale(s.Name)
		}},
		{"shard namespace", hostName, 63, lowerText, func(n Names, s Shard) string {
			return n.ShardNamespace(s.Name)
		}},
		// Kubernetes adds a hyphen and ten characters to the name of a StatefulSet, and makes a label of it.
		{"TURN relay", hostName, 52, lowerText, func(n Names, s Shard) string {
			return n.Relay(s.Name)
		}},
	}
}

// Violation is a name that Azure or Kubernetes would refuse.
type Violation struct {
	// Kind is what the name is for, for example "storage account".
	Kind string
	// Name is the expanded name.
	Name string
	// Allowed says what is accepted.
	Allowed string
}

// Check expands every name of the environment and of the shards and returns those that are outside Azure's limits, each
// name once.
func Check(n Names, shards []Shard) []Violation {
	var found []Violation
	seen := map[string]bool{}
	for _, shard := range append([]Shard{{}}, shards...) {
		for _, l := range limits() {
			name := l.expanded(n, shard)
			dependsOnShard := name != l.expanded(n, Shard{Name: shard.Name + "x", Zone: shard.Zone})
			if seen[l.kind+name] || dependsOnShard == (shard == Shard{}) {
				continue
			}
			seen[l.kind+name] = true
			if len(name) > l.longest || !l.pattern.MatchString(name) {
				allowed := fmt.Sprintf("%s, at most %d characters", l.allowed, l.longest)
				found = append(found, Violation{Kind: l.kind, Name: name, Allowed: allowed})
			}
		}
	}
	return found
}

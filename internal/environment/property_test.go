package environment

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// settingsOf gives a stack file's settings as Parse takes them.
func settingsOf(tb testing.TB, c config) map[string]string {
	tb.Helper()
	raw, err := EncodePulumiConfig(c)
	if err != nil {
		tb.Fatal(err)
	}
	given, found := FromPulumiConfig(raw, Namespace)
	if len(found) > 0 {
		tb.Fatal(found)
	}
	return given
}

// summary is everything that Parse says, as one text.
func summary(stack string, given map[string]string) string {
	env, warnings, err := Parse(stack, given)
	return fmt.Sprintf("%+v\n%v\n%v", env, warnings, err)
}

// Whatever is put in the place of any value, Parse answers, and always the same; what it accepts keeps the promises of
// the types.
func TestAnyValueAnywhere(t *testing.T) {
	t.Parallel()
	paths := leaves("", settings())
	odd := []any{
		nil, true, 0, -1, 1, 3, 15, 65536, 1 << 40, 0.5, 1e30, "", " ", "0", "a", "true", "10.40.0.0/16", "10.40.1.4",
		"0.0.0.0/0", "Europe/Berlin", "Standard_D2s_v5", "\x00", "\u202e",
		[]any{},
		[]any{1},
		map[string]any{},
		map[string]any{"a": 1},
	}
	rapid.Check(t, func(r *rapid.T) {
		stack := rapid.SampledFrom([]string{"dev", "prod"}).Draw(r, "stack")
		c := withBusyHours(t, stack, rapid.SampledFrom([]string{"[]", oneBusyHours}).Draw(r, "busy hours"))
		for range rapid.IntRange(1, 4).Draw(r, "changes") {
			path := rapid.SampledFrom(paths).Draw(r, "path")
			value := rapid.OneOf(rapid.SampledFrom(odd), rapid.Map(rapid.String(), func(s string) any { return s })).Draw(r, "value")
			tryPut(c, steps(t, Namespace+":"+path), value)
		}
		given := settingsOf(t, c)
		if summary(stack, given) != summary(stack, maps.Clone(given)) {
			r.Fatal("two answers to one configuration")
		}
		env, _, err := Parse(stack, given)
		if err == nil {
			checkPromises(r, env)
		}
	})
}

// leaves are the paths of all scalars, with the first element for lists.
func leaves(path string, members []setting) []string {
	var all []string
	for _, s := range members {
		at := path
		if s.name != "" {
			at = join(path, s.name)
		}
		switch s.kind {
		case items:
			all = append(all, at)
			all = append(all, leaves(element(at, 0), s.members)...)
		case object:
			all = append(all, at)
			all = append(all, leaves(at, s.members)...)
		case labels:
			all = append(all, at, at+".owner")
		case text, integer, boolean:
			all = append(all, at)
		}
	}
	return all
}

// tryPut sets a value where the tree still has the shape for it.
func tryPut(tree any, path []any, value any) {
	switch parent := tree.(type) {
	case config:
		tryPut(map[string]any(parent), path, value)
	case map[string]any:
		key, _ := path[0].(string)
		if len(path) == 1 {
			parent[key] = value
			return
		}
		tryPut(parent[key], path[1:], value)
	case []any:
		if index, ok := path[0].(int); ok && index < len(parent) {
			if len(path) == 1 {
				parent[index] = value
				return
			}
			tryPut(parent[index], path[1:], value)
		}
	}
}

// checkPromises checks what components rely on, in other words than the rules.
func checkPromises(r *rapid.T, env Environment) {
	n := env.Network
	subnets := []netip.Prefix{n.Nodes, n.LoadBalancers, n.Function}
	addresses := map[netip.Addr]bool{}
	for _, shard := range env.Shards {
		subnets = append(subnets, shard.BridgeSubnet)
		addresses[shard.SignallingAddress] = n.LoadBalancers.Contains(shard.SignallingAddress)
	}
	if len(addresses) != len(env.Shards) || len(env.Shards) < 2 || slices.Contains(slices.Collect(maps.Values(addresses)), false) {
		r.Fatalf("%d shards, addresses %v of %s", len(env.Shards), addresses, n.LoadBalancers)
	}
	for _, p := range subnets {
		if p.Bits() < n.AddressSpace.Bits() || !n.AddressSpace.Contains(p.Addr()) {
			r.Fatalf("%s is not in %s", p, n.AddressSpace)
		}
	}
	checkApart(r, append(subnets, n.Pods, n.Services))
	checkApart(r, []netip.Prefix{n.AddressSpace, n.Pods, n.Services})
	a := env.Autoscale
	if !slices.IsSorted([]int{1, a.Minimum, a.Default, a.Maximum, 1<<(32-env.Bridges.PrefixLength) - 2}) {
		r.Fatalf("%+v", a)
	}
	checkBusyPromises(r, a)
	door := env.FrontDoor
	if door.Replicas < 2 || door.Replicas > 8 || door.PerAddress.Connections < 100 || door.PerAddress.RequestsPerSecond < 50 {
		r.Fatalf("%+v", door)
	}
	if vault := door.KeyVaultCertificate; vault.Given() &&
		(door.CertificateSecret != "" || vault.VaultName() == "" || vault.Name == "" || vault.TenantID == "") {
		r.Fatalf("%+v", door)
	}
	if t := env.Turn; t.Replicas < 1 || t.Replicas > 3 || t.ImageTag == "" || env.Monitoring.RetentionDays < 30 {
		r.Fatalf("%+v %+v", t, env.Monitoring)
	}
	reaper := env.Reaper
	if reaper.MinimumUptime <= 0 || reaper.Retention <= 0 || reaper.MaximumAge != 0 && reaper.MaximumAge <= reaper.MinimumUptime {
		r.Fatalf("%+v", reaper)
	}
}

func checkApart(r *rapid.T, ranges []netip.Prefix) {
	for i, p := range ranges {
		if slices.ContainsFunc(ranges[:i], p.Overlaps) {
			r.Fatalf("%s overlaps another range", p)
		}
	}
}

// The answer must not depend on the order in which JSON gives the keys.
func TestOrderOfKeysDoesNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		var i invalid
		file := rapid.SampledFrom(invalidFiles(t)).Draw(r, "file")
		readYAML(t, file, &i)
		given := settingsOf(t, i.config(t))
		shuffled := maps.Clone(given)
		for name, raw := range given {
			if i.Raw[name] == "" {
				shuffled[name] = shuffle(r, raw)
			}
		}
		if a, b := summary(i.stack(), given), summary(i.stack(), shuffled); withoutValues(a) != withoutValues(b) {
			r.Fatalf("%s\n\n%s", a, b)
		}
	})
}

// withoutValues leaves out what a message quotes: that is given as it was written.
func withoutValues(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i], _, _ = strings.Cut(line, " is ")
	}
	return strings.Join(lines, "\n")
}

func shuffle(r *rapid.T, raw string) string {
	var value any
	if err := json.Unmarshal([]byte(raw), &value); err != nil {
		return raw
	}
	return shuffled(r, value)
}

func shuffled(r *rapid.T, value any) string {
	switch value := value.(type) {
	case map[string]any:
		var members []string
		for _, name := range rapid.Permutation(slices.Sorted(maps.Keys(value))).Draw(r, "keys") {
			members = append(members, fmt.Sprintf("%s: %s", encode(name), shuffled(r, value[name])))
		}
		return "{" + strings.Join(members, ", ") + "}"
	case []any:
		var elements []string
		for _, item := range value {
			elements = append(elements, shuffled(r, item))
		}
		return "[" + strings.Join(elements, ",") + "]"
	default:
		return encode(value)
	}
}

func encode(value any) string {
	encoded, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return string(encoded)
}

// An environment may have as many shards as its address plan holds.
func TestManyShards(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		number := rapid.IntRange(2, 27).Draw(r, "shards")
		c := readStack(t, "prod")
		c["meet:shards"] = manyShards(number)
		env, warnings, err := load(t, "prod", c)
		if err != nil || len(warnings) > 0 || len(env.Shards) != number {
			r.Fatal(warnings, err)
		}
	})
}

func manyShards(number int) []any {
	shards := make([]any, 0, number)
	for i := range number {
		shards = append(shards, map[string]any{
			"name": fmt.Sprintf("s%d", i), "zone": i%3 + 1,
			"bridgeSubnet":      fmt.Sprintf("10.48.%d.%d/27", 2+i/8, i%8*32),
			"signallingAddress": fmt.Sprintf("10.48.1.%d", 4+i),
		})
	}
	return shards
}

// A shell must see a quoted text as one word, whatever it holds.
func TestQuote(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		text := rapid.StringOf(rapid.SampledFrom([]rune(`ab '"\$&;<>()|*?#~`+"`\n\t"))).Draw(r, "text")
		words := shellWords(t, "echo "+quote(text)+" end")
		if len(words) != 3 || words[1] != text {
			r.Fatalf("%q became %q", text, words)
		}
	})
}

package naming_test

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"jitsi-meet-azure/internal/naming"
)

// dev is an environment whose names are written out below. A change here renames, and so replaces, what is deployed.
func dev() naming.Names { return naming.For("dev", "dev.meet.example.org", "westeurope") }

func TestNames(t *testing.T) {
	t.Parallel()
	n := dev()
	for _, test := range []struct{ got, want string }{
		{n.Environment(), "dev"},
		{n.ResourceGroup(), "rg-meet-dev"},
		{n.NodeResourceGroup(), "rg-meet-dev-nodes"},
		{n.VirtualNetwork(), "vnet-meet-dev"},
		{n.Subnet("nodes"), "snet-nodes"},
		{n.SecurityGroup("bridges-a"), "nsg-meet-dev-bridges-a"},
		{n.EgressAddress(1), "pip-meet-dev-egress-1"},
		{n.FrontDoorAddress(), "pip-meet-dev-front-door"},
		{n.TurnAddress("a"), "pip-meet-dev-turn-a"},
		{n.BridgePrefix("a", 1), "ippre-meet-dev-a-z1"},
		{n.Cluster(), "aks-meet-dev"},
		{n.SystemPool(), "system"},
		{n.ZonePool(3), "zone3"},
		{n.Identity("cluster"), "id-meet-dev-cluster"},
		{n.ScaleSet("a"), "vmss-meet-dev-a"},
		{n.ComputerNamePrefix("a"), "jvb-dev-a-"},
		{n.Autoscale("a"), "as-meet-dev-a"},
		{n.Gallery(), "gal_meet_dev"},
		{n.Plan(), "asp-meet-dev"},
		{n.FunctionApp(), "func-meet-dev-b066ce"},
		{n.StorageAccount("state"), "stmeetdevstateb066ce"},
		{n.Vault(), "kv-meet-dev-b066ce"},
		{n.BridgeSecret("a", "certificate"), "bridge-a-03d66d"},
		{n.Workspace(), "log-meet-dev"},
		{n.CollectionEndpoint(), "dce-meet-dev"},
		{n.CollectionRule("bridges"), "dcr-meet-dev-bridges"},
		{n.ApplicationInsights(), "appi-meet-dev"},
		{n.ActionGroup(), "ag-meet-dev"},
		{n.ActionGroupShort(), "meet-dev"},
		{n.Alert("shard-down", ""), "alert-meet-dev-shard-down"},
		{n.Alert("shard-cpu-high", "a"), "alert-meet-dev-shard-cpu-high-a"},
		{n.WebTest("page"), "webtest-meet-dev-page"},
		{n.ReaperRole(), "Bridge reaper (meet-dev-b066ce)"},
		{n.ShardNamespace("a"), "shard-a"},
		{n.FrontDoorNamespace(), "front-door"},
		{n.Relay("a"), "turn-a"},
		{naming.TurnHost("meet.example.org", "a"), "turn-a.meet.example.org"},
	} {
		if test.got != test.want {
			t.Errorf("got %q, want %q", test.got, test.want)
		}
	}
}

// Only the names that are unique in the whole of Azure depend on more than the environment's name.
func TestUniqueNamesTellDeploymentsApart(t *testing.T) {
	t.Parallel()
	n := dev()
	for _, other := range []naming.Names{
		naming.For("dev", "meet.example.com", "westeurope"),
		naming.For("dev", "dev.meet.example.org", "northeurope"),
	} {
		if other.FunctionApp() == n.FunctionApp() || other.StorageAccount("state") == n.StorageAccount("state") ||
			other.Vault() == n.Vault() || other.ReaperRole() == n.ReaperRole() {
			t.Error("two deployments share a name that is unique in Azure")
		}
		if other.ResourceGroup() != n.ResourceGroup() || other.ScaleSet("a") != n.ScaleSet("a") {
			t.Error("a name depends on more than the environment")
		}
	}
	// The parts of the hash must not run into each other.
	if naming.For("a", "bc", "d").FunctionApp() == naming.For("a", "b", "cd").FunctionApp() {
		t.Error("different domains and locations give one hash")
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	shards := []naming.Shard{{Name: "a", Zone: 1}, {Name: "b", Zone: 2}}
	for _, test := range []struct {
		env    string
		shards []naming.Shard
		want   string // kinds, in order
	}{
		{"dev", shards, ""},
		{"prod", shards, ""},
		{"staging", shards, ""},
		{"prod-eu", shards, ""},
		{"staging1", shards, "storage account"},
		{"production-europe", shards, "storage account, Key Vault"},
		{
			"dev",
			[]naming.Shard{{Name: strings.Repeat("x", 70), Zone: 1}},
			"public IP prefix, TURN address, network security group, scale set, bridge host name prefix, shard namespace, TURN relay",
		},
		{"Dev", nil, "storage account"},
	} {
		var kinds []string
		for _, v := range naming.Check(naming.For(test.env, "meet.example.org", "westeurope"), test.shards) {
			kinds = append(kinds, v.Kind)
			if v.Name == "" || v.Allowed == "" {
				t.Errorf("an incomplete violation: %+v", v)
			}
		}
		if got := strings.Join(kinds, ", "); got != test.want {
			t.Errorf("%s with %v: got %q, want %q", test.env, test.shards, got, test.want)
		}
	}
}

func TestCheckNamesEveryViolationOnce(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, v := range naming.Check(naming.For("dev_1", "d", "l"), []naming.Shard{{Name: "a", Zone: 1}, {Name: "b", Zone: 2}}) {
		if seen[v.Kind+v.Name] {
			t.Errorf("%s %s is reported twice", v.Kind, v.Name)
		}
		seen[v.Kind+v.Name] = true
	}
}

// Azure's rules, written down a second time and independently of the code's.
// Source: learn.microsoft.com "Naming rules and restrictions for Azure resources".
func checkLimits(t interface{ Errorf(string, ...any) }, n naming.Names, shards []naming.Shard) {
	plain := regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$`)
	check := func(name string, longest int, pattern *regexp.Regexp) {
		if len(name) > longest || !pattern.MatchString(name) {
			t.Errorf("%q would be refused (at most %d characters, %s)", name, longest, pattern)
		}
	}
	check(n.ResourceGroup(), 90, plain)
	check(n.NodeResourceGroup(), 80, plain)
	check(n.VirtualNetwork(), 64, plain)
	check(n.Cluster(), 54, plain)
	check(n.Gallery(), 80, regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9_.]*[A-Za-z0-9])?$`))
	check(n.Plan(), 40, plain)
	check(n.FunctionApp(), 60, plain)
	check(n.Vault(), 24, regexp.MustCompile(`^[A-Za-z]([A-Za-z0-9]|-[A-Za-z0-9])+$`))
	check(n.Workspace(), 63, plain)
	check(n.CollectionEndpoint(), 44, plain)
	check(n.CollectionRule("bridges"), 64, plain)
	check(n.FrontDoorAddress(), 80, plain)
	check(n.EgressAddress(2), 80, plain)
	pool := regexp.MustCompile(`^[a-z][a-z0-9]*$`)
	check(n.SystemPool(), 12, pool)
	check(n.ZonePool(3), 12, pool)
	for _, role := range []string{"host", "state"} {
		check(n.StorageAccount(role), 24, regexp.MustCompile(`^[a-z0-9]{3,}$`))
	}
	for _, role := range []string{"cluster", "reaper"} {
		check(n.Identity(role), 128, plain)
	}
	for _, s := range shards {
		check(n.BridgePrefix(s.Name, s.Zone), 80, plain)
		check(n.Subnet("bridges-"+s.Name), 80, plain)
		check(n.SecurityGroup("bridges-"+s.Name), 80, plain)
		check(n.Identity("bridges-"+s.Name), 128, plain)
		check(n.ScaleSet(s.Name), 64, plain)
		check(n.ComputerNamePrefix(s.Name), 58, regexp.MustCompile(`^[a-z][a-z0-9-]*$`))
		check(n.Autoscale(s.Name), 260, plain)
		check(n.ShardNamespace(s.Name), 63, regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`))
	}
}

// What Check accepts, Azure accepts.
func TestNamesAreInLimitsWhenCheckFindsNothing(t *testing.T) {
	t.Parallel()
	accepted := 0
	rapid.Check(t, func(r *rapid.T) {
		env := rapid.OneOf(
			rapid.StringMatching(`[a-z][a-z0-9-]{0,12}`), rapid.StringMatching(`[A-Za-z0-9_.-]{0,12}`), rapid.String(),
		).Draw(r, "environment")
		shards := rapid.SliceOfN(rapid.Custom(drawShard), 1, 4).Draw(r, "shards")
		n := naming.For(env, "meet.example.org", "westeurope")
		if len(naming.Check(n, shards)) == 0 {
			accepted++
			checkLimits(r, n, shards)
		}
	})
	if accepted == 0 {
		t.Error("no case was accepted, so nothing was checked")
	}
}

func drawShard(r *rapid.T) naming.Shard {
	return naming.Shard{
		Name: rapid.StringMatching(`[a-z][a-z0-9]{0,7}`).Draw(r, "name"),
		Zone: rapid.IntRange(1, 3).Draw(r, "zone"),
	}
}

// Two shards, or two roles, never get one name.
func TestNamesAreInjective(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		n := dev()
		name := rapid.StringMatching(`[a-z][a-z0-9]{0,7}`)
		one, other := name.Draw(r, "one"), name.Draw(r, "other")
		if one == other {
			return
		}
		for kind, names := range map[string][2]string{
			"prefix":          {n.BridgePrefix(one, 1), n.BridgePrefix(other, 1)},
			"scale set":       {n.ScaleSet(one), n.ScaleSet(other)},
			"autoscale":       {n.Autoscale(one), n.Autoscale(other)},
			"host name":       {n.ComputerNamePrefix(one), n.ComputerNamePrefix(other)},
			"namespace":       {n.ShardNamespace(one), n.ShardNamespace(other)},
			"subnet":          {n.Subnet(one), n.Subnet(other)},
			"security group":  {n.SecurityGroup(one), n.SecurityGroup(other)},
			"identity":        {n.Identity(one), n.Identity(other)},
			"storage account": {n.StorageAccount(one), n.StorageAccount(other)},
		} {
			if names[0] == names[1] {
				r.Errorf("%q and %q both have the %s %q", one, other, kind, names[0])
			}
		}
		if strings.HasPrefix(n.ComputerNamePrefix(one), n.ComputerNamePrefix(other)) {
			r.Errorf("hosts of %q would pass for hosts of %q", one, other)
		}
		if n.BridgePrefix(one, 1) == n.BridgePrefix(one, 2) {
			r.Errorf("a prefix that moves to another zone keeps its name")
		}
	})
}

// The same environment always gets the same names, whatever it is called, and Check never fails on it.
func FuzzNames(f *testing.F) {
	f.Add("dev", "dev.meet.example.org", "westeurope", "a", 1)
	f.Add("", "", "", "", 0)
	f.Add("prod-eu", "\x00", "\xff", "a-b", -1)
	f.Fuzz(func(t *testing.T, env, domain, location, shard string, zone int) {
		n, again := naming.For(env, domain, location), naming.For(env, domain, location)
		shards := []naming.Shard{{Name: shard, Zone: zone}}
		if n.StorageAccount("state") != again.StorageAccount("state") || n.BridgePrefix(shard, zone) != again.BridgePrefix(shard, zone) {
			t.Error("one environment has two names")
		}
		if len(naming.Check(n, shards)) == 0 && shard != "" && zone > 0 {
			checkLimits(t, n, shards)
		}
	})
}

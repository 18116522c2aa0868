package environment

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"jitsi-meet-azure/internal/golden"
)

// The environments that the project ships, as the program sees them.
func TestShippedStacks(t *testing.T) {
	t.Parallel()
	for _, stack := range []string{"dev", "prod"} {
		t.Run(stack, func(t *testing.T) {
			t.Parallel()
			env, warnings, err := load(t, stack, readStack(t, stack))
			if err != nil {
				t.Fatal(err)
			}
			for _, warning := range warnings {
				t.Errorf("warning: %s", warning)
			}
			content, err := json.MarshalIndent(env, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			golden.Compare(t, "testdata/"+stack+".json", string(content)+"\n")
		})
	}
}

// minimal is a configuration with nothing but what is required.
func minimal(t *testing.T) config {
	t.Helper()
	dev := readStack(t, "dev")
	c := config{}
	for _, path := range []string{
		"location", "domain", "network", "shards", "bridges.packageVersion", "bridges.adminPublicKey",
		"cluster.kubernetesVersion", "jitsi.imageTag",
	} {
		put(t, map[string]any(c), steps(t, Namespace+":"+path), at(t, map[string]any(dev), steps(t, Namespace+":"+path)))
	}
	put(t, map[string]any(c), steps(t, Namespace+":cluster.adminGroupIds[0]"), exampleGUID)
	// The default prefix is larger than dev's.
	put(t, map[string]any(c), steps(t, Namespace+":shards[0].bridgeSubnet"), "10.40.2.0/27")
	return c
}

func at(t *testing.T, tree any, path []any) any {
	t.Helper()
	for _, step := range path {
		object, ok := tree.(map[string]any)
		if !ok {
			t.Fatalf("nothing at %v", path)
		}
		key, _ := step.(string)
		tree = object[key]
	}
	return tree
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	env, warnings, err := load(t, "dev", minimal(t))
	if err != nil || len(warnings) > 0 {
		t.Fatalf("%v %v", warnings, err)
	}
	env.Location, env.Domain, env.Network, env.Shards, env.Bridges.AdminPublicKey = "", "", Network{}, nil, ""
	env.Tags = nil
	want := Environment{
		Name: "dev", Phase: PhaseFull,
		Bridges: Bridges{
			VMSize: "Standard_F8s_v2", NICMbps: 12000, PrefixLength: 28, PackageVersion: "2.3-307-g4bb0aead1-1", HeapMiB: 6144,
			Image: Image{
				Definition: "jitsi-videobridge", Publisher: "meet", Offer: "jitsi-videobridge", SKU: "ubuntu-24.04",
				BaselineVersion: "1.0.0",
			},
			STUNServers: []string{"meet-jit-si-turnrelay.jitsi.net:443"},
		},
		Turn: Turn{ImageTag: "4.6.3", Replicas: 1}, Monitoring: Monitoring{
			RetentionDays: 30, DailyGigabytes: 5,
			Alerts: Alerts{Runbook: "docs/operations.md", AtMaximum: 15 * time.Minute, CertificateDays: 21},
		},
		Autoscale: Autoscale{
			Minimum: 1, Maximum: 14, Default: 1, NetworkPercent: 70, CPUPercent: 70, StressPercent: 70, ReservePercent: 50,
			Cooldown: 5 * time.Minute,
			Recycle:  Recycle{Hour: 4, TimeZone: "UTC", Window: 5 * time.Minute},
		},
		Cluster: Cluster{
			KubernetesVersion: "1.34", Tier: "Standard",
			SystemPool:    Pool{VMSize: "Standard_D4s_v5", Minimum: 3, Maximum: 5},
			ShardPool:     Pool{VMSize: "Standard_D4s_v5", Minimum: 1, Maximum: 3},
			AdminGroupIDs: []string{exampleGUID}, UpgradeChannel: "patch", NodeOSUpgradeChannel: "SecurityPatch",
			Maintenance: Maintenance{Weekday: time.Sunday, Hour: 2, Duration: 4 * time.Hour},
		},
		Jitsi: Jitsi{
			ImageTag: "stable-11146-2", ResolutionCap: 720, FrameRateCap: 5, WebReplicas: Range{Minimum: 2, Maximum: 4},
		},
		FrontDoor: FrontDoor{
			Replicas: 2, ImageTag: "2.6.18-alpine", PerAddress: PerAddress{Connections: 4000, RequestsPerSecond: 1000},
		},
		Reaper: Reaper{
			Schedule: "0 * * * * *", MinimumUptime: 55 * time.Minute, MaximumAge: 24 * time.Hour, StuckAfter: 30 * time.Minute,
			BootDeadline: 20 * time.Minute, DeadAfter: 15 * time.Minute, Retention: 90 * 24 * time.Hour, Plan: "B1",
		},
	}
	if got := fmt.Sprintf("%+v", env); got != fmt.Sprintf("%+v", want) {
		t.Errorf("got\n%s\nwant\n%+v", got, want)
	}
}

// Every fallback and example of a setting must be one that the setting itself accepts.
func TestSettingsAcceptTheirOwnExamples(t *testing.T) {
	t.Parallel()
	everySetting("", settings(), func(path string, s setting) {
		for _, value := range []string{s.fallback, s.example} {
			if value != "" && s.valid != nil && s.fix == "" && !s.valid(value) {
				t.Errorf("%s does not accept its own %q", path, value)
			}
		}
	})
}

func TestSettingsAreDescribed(t *testing.T) {
	t.Parallel()
	everySetting("", settings(), func(path string, s setting) {
		if s.name != "" && s.meaning == "" {
			t.Errorf("%s has no meaning", path)
		}
		if s.kind == integer && s.unit == "" && !strings.HasSuffix(path, "zone") {
			t.Errorf("%s has no unit", path)
		}
		if s.kind != object && s.allowed == "" {
			t.Errorf("%s does not say what is allowed", path)
		}
		if s.kind != object && s.kind != items && s.example == "" {
			t.Errorf("%s has no example", path)
		}
	})
}

// everySetting visits the settings and everything within them.
func everySetting(path string, members []setting, visit func(string, setting)) {
	for _, s := range members {
		at := join(path, s.name)
		visit(at, s)
		everySetting(at, s.members, visit)
	}
}

// The forms in which Pulumi hands over one and the same value.
func TestScalarForms(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		kind     kind
		document string
		want     string
		ok       bool
	}{
		{integer, `3`, "3", true},
		{integer, `"3"`, "3", true},
		{integer, `-3`, "-3", true},
		{integer, `3.0`, "", false},
		{integer, `3e0`, "", false},
		{integer, `"03"`, "", false},
		{integer, `"+3"`, "", false},
		{integer, `" 3"`, "", false},
		{integer, `""`, "", false},
		{integer, `true`, "", false},
		{integer, `null`, "", false},
		{boolean, `true`, "true", true},
		{boolean, `"false"`, "false", true},
		{boolean, `"True"`, "", false},
		{boolean, `1`, "", false},
		{text, `"a"`, "a", true},
		{text, `""`, "", true},
		{text, `4711`, "4711", true},
		{text, `true`, "true", true},
		{text, `1.30`, "", false},
		{text, `["a"]`, "", false},
		{text, `{}`, "", false},
		{text, `null`, "", false},
	} {
		n, err := decode(test.document)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := scalar(test.kind, n)
		if ok != test.ok || ok && got != test.want {
			t.Errorf("%s as kind %d: got %q, %v", test.document, test.kind, got, ok)
		}
	}
}

func TestScalarsOfTheTopLevelAreText(t *testing.T) {
	t.Parallel()
	c := readStack(t, "prod")
	c["meet:protect"] = "true" // as "pulumi config set" writes it
	env, _, err := load(t, "prod", c)
	if err != nil || !env.Protect {
		t.Errorf("protect is %v, %v", env.Protect, err)
	}
}

func TestFromPulumiConfig(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, raw string
		want      map[string]string
		problems  []string
	}{
		{"nothing configured", "", map[string]string{}, nil},
		{"an empty object", "{}", map[string]string{}, nil},
		{
			"other namespaces", `{"meet:domain":"a.b","azure-native:location":"x","pulumi:tags":"{}","meeting:domain":"c"}`,
			map[string]string{"domain": "a.b"},
			nil,
		},
		{"unknown settings stay", `{"meet:colour":"blue"}`, map[string]string{"colour": "blue"}, nil},
		{"not JSON", `meet:domain=a`, map[string]string{}, []string{"PULUMI_CONFIG"}},
		{"a list", `[]`, map[string]string{}, []string{"PULUMI_CONFIG"}},
		{
			"not text", `{"meet:protect":true,"azure-native:x":1}`,
			map[string]string{},
			[]string{"PULUMI_CONFIG[meet:protect]"},
		},
		{
			"given twice", `{"meet:phase":"image","meet:phase":"full","aws:a":"1","aws:a":"2"}`,
			map[string]string{"phase": "full"},
			[]string{"PULUMI_CONFIG[meet:phase]"},
		},
	} {
		got, problems := FromPulumiConfig(test.raw, "meet")
		if !maps.Equal(got, test.want) {
			t.Errorf("%s: got %v", test.name, got)
		}
		var paths []string
		for _, p := range problems {
			paths = append(paths, p.Path)
		}
		if !slices.Equal(paths, test.problems) {
			t.Errorf("%s: problems %v", test.name, paths)
		}
	}
}

func TestLoadReportsWhatCannotBeReadAlone(t *testing.T) {
	t.Parallel()
	_, _, err := Load("dev", "nonsense", "meet")
	if err == nil || strings.Count(err.Error(), "allowed:") != 1 {
		t.Errorf("want one problem, got %v", err)
	}
	_, _, err = Load("dev", `{"meet:phase":"full","meet:phase":"full"}`, "meet")
	if err == nil || !strings.Contains(err.Error(), "given twice") || !strings.Contains(err.Error(), "domain is missing") {
		t.Errorf("want both kinds of problems, got %v", err)
	}
}

// What is doubtful is said, but does not keep anyone from deploying.
func TestWarnings(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		stack string
		set   map[string]any
		want  string
	}{
		{"prod", map[string]any{"bridges.nicMbps": 11249}, "bridges.nicMbps is 11249"},
		{"prod", map[string]any{"bridges.nicMbps": 11250}, ""},
		{"prod", map[string]any{"autoscale.cooldownMinutes": 4}, "autoscale.cooldownMinutes is 4"},
		{"prod", map[string]any{"autoscale.recycle.windowMinutes": 6}, "autoscale.recycle.windowMinutes is 6"},
		{"prod", map[string]any{"autoscale.recycle.windowMinutes": 10, "autoscale.cooldownMinutes": 10}, ""},
		{"prod", map[string]any{"cluster.systemPool.minimum": 2}, "cluster.systemPool.minimum is 2"},
		{"prod", map[string]any{"cluster.tier": "Free"}, "cluster.tier is Free"},
		{"prod", map[string]any{"cluster.localAccounts": true}, "cluster.localAccounts is true"},
		{"prod", map[string]any{"frontDoor.certificateSecret": ""}, "frontDoor.certificateSecret is missing"},
		{"dev", map[string]any{"frontDoor.certificateSecret": ""}, ""},
		{"prod", map[string]any{"frontDoor.certificateSecret": "", "frontDoor.keyVaultCertificate": keyVaultCertificate()}, ""},
		{"prod", map[string]any{"reaper.schedule": "0 */5 * * * *"}, `reaper.schedule is "0 */5 * * * *"`},
		{"prod", map[string]any{"reaper.schedule": "0 */4 * * * *"}, ""},
		{
			"prod",
			map[string]any{"reaper.schedule": "0 0 * * * *", "reaper.deadMinutes": 0, "reaper.bootDeadlineMinutes": 0},
			`reaper.schedule is "0 0 * * * *"`,
		},
		// With nothing to watch, nothing is forgotten.
		{
			"prod",
			map[string]any{
				"reaper.schedule": "0 0 * * * *", "reaper.deadMinutes": 0, "reaper.bootDeadlineMinutes": 0,
				"reaper.stuckConferenceMinutes": 0,
			},
			"",
		},
	} {
		c := readStack(t, test.stack)
		for path, value := range test.set {
			put(t, map[string]any(c), steps(t, Namespace+":"+path), value)
		}
		_, warnings, err := load(t, test.stack, c)
		if err != nil {
			t.Error(err)
			continue
		}
		checkWarning(t, test.stack, c, warnings, test.want)
	}
}

// exampleVault is the id of a Key Vault.
const exampleVault = "/subscriptions/" + exampleGUID + "/resourceGroups/rg-vaults/providers/Microsoft.KeyVault/vaults/kv-meet"

func keyVaultCertificate() map[string]any {
	return map[string]any{"vaultId": exampleVault, "name": "meet", "tenantId": exampleGUID}
}

func TestKeyVaultCertificate(t *testing.T) {
	t.Parallel()
	c := readStack(t, "dev")
	put(t, map[string]any(c), steps(t, "meet:frontDoor.keyVaultCertificate"), keyVaultCertificate())
	env, warnings, err := load(t, "dev", c)
	if err != nil || len(warnings) > 0 {
		t.Fatal(warnings, err)
	}
	vault := env.FrontDoor.KeyVaultCertificate
	if want := (KeyVaultCertificate{VaultID: exampleVault, Name: "meet", TenantID: exampleGUID}); vault != want {
		t.Errorf("got %+v, want %+v", vault, want)
	}
	if vault.VaultName() != "kv-meet" || !vault.Given() || (KeyVaultCertificate{}).Given() {
		t.Errorf("the vault %q is given: %t", vault.VaultName(), vault.Given())
	}
}

func checkWarning(t *testing.T, stack string, c config, warnings []Problem, want string) {
	t.Helper()
	if want == "" {
		if len(warnings) > 0 {
			t.Errorf("unexpected: %v", warnings)
		}
		return
	}
	if len(warnings) != 1 || !strings.HasPrefix(warnings[0].String(), want+"\n") {
		t.Errorf("want %q, got %v", want, warnings)
		return
	}
	c.run(t, warnings[0].Fix)
	if _, left, err := load(t, stack, c); err != nil || len(left) > 0 {
		t.Errorf("the fix of %q does not mend it: %v %v", want, left, err)
	}
}

// Limits whose test data would be tedious to write down.
func TestLongLists(t *testing.T) {
	t.Parallel()
	c := readStack(t, "prod")
	ranges := make([]any, 0, mostRanges+1)
	for i := range mostRanges + 1 {
		ranges = append(ranges, netip.PrefixFrom(netip.AddrFrom4([4]byte{203, 0, byte(i), 0}), 24).String())
	}
	tagged := map[string]any{}
	for i := range 47 {
		tagged[fmt.Sprintf("tag%02d", i)] = "x"
	}
	put(t, map[string]any(c), steps(t, "meet:cluster.authorizedIpRanges"), ranges)
	put(t, map[string]any(c), steps(t, "meet:tags"), tagged)
	found := problems(t, "prod", c)
	if len(found) != 2 || found[0].Value != "a list of 199 ranges" || found[1].Value != "an object of 47 tags" {
		t.Fatalf("got %v", found)
	}
	for _, problem := range found {
		c.run(t, problem.Fix)
	}
	if _, _, err := load(t, "prod", c); err != nil {
		t.Error(err)
	}
}

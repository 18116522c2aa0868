package autoscale_test

import (
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	azurenative "github.com/pulumi/pulumi-azure-native-sdk/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/autoscale"
	"jitsi-meet-azure/autoscale/profile"
	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/internal/golden"
	"jitsi-meet-azure/internal/graphtest"
	"jitsi-meet-azure/internal/naming"
)

const token = "azure-native:insights:AutoscaleSetting"

func usual() autoscale.Args {
	return autoscale.Args{
		Names:    naming.For("dev", "meet.example.org", "westeurope"),
		Location: "westeurope",
		Tags:     map[string]string{"owner": "video"},
		Shard:    environment.Shard{Name: "a", Zone: 1},
		Autoscale: environment.Autoscale{
			Minimum: 1, Maximum: 14, Default: 1,
			NetworkPercent: 70, CPUPercent: 65, StressPercent: 70, ReservePercent: 80, Cooldown: 10 * time.Minute,
			Recycle: environment.Recycle{Hour: 4, TimeZone: "UTC", Window: 5 * time.Minute},
		},
		NICMbps:           12_000,
		ResourceGroupName: pulumi.String("rg"),
		ScaleSetID:        pulumi.String("/scale-set"),
	}
}

func record(t *testing.T, args autoscale.Args) (graphtest.Graph, *autoscale.Setting) {
	t.Helper()
	var made *autoscale.Setting
	graph, err := graphtest.Run(graphtest.Options{Stack: "dev"}, func(ctx *pulumi.Context) error {
		azure, err := azurenative.NewProvider(ctx, "azure", nil)
		if err != nil {
			return err
		}
		made, err = autoscale.New(ctx, "autoscale-a", args, pulumi.Providers(azure))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return graph, made
}

// The whole setting is in git, to be compared with Azure's documentation by eye.
func TestSettingIsAsInGit(t *testing.T) {
	t.Parallel()
	graph, _ := record(t, usual())
	rendered, err := graphtest.Graph{Resources: graph.Of(token)}.YAML()
	if err != nil {
		t.Fatal(err)
	}
	golden.Compare(t, "testdata/setting.golden.yaml", rendered)
}

func TestSetting(t *testing.T) {
	t.Parallel()
	graph, made := record(t, usual())
	settings := graph.Of(token)
	if len(settings) != 1 {
		t.Fatalf("%d settings", len(settings))
	}
	setting := settings[0]
	got := []any{
		setting.Parent, setting.ParentType, setting.Provider, setting.Options["deleteBeforeReplace"],
		setting.Options["replaceOnChanges"], setting.Inputs["enabled"], setting.Inputs["targetResourceUri"],
	}
	want := []any{"autoscale-a", "meet:autoscale:Setting", "azure", true, []string{"targetResourceUri"}, true, "/scale-set"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if made.NetworkThreshold != 63_000_000_000 || made.CPUPercent != 65 || len(made.Profiles) != 2 {
		t.Errorf("outputs: %v bytes a minute, %d %%, %d profiles", made.NetworkThreshold, made.CPUPercent, len(made.Profiles))
	}
}

func TestCapacityIsText(t *testing.T) {
	t.Parallel()
	graph, _ := record(t, usual())
	var got []any
	for _, p := range graph.Of(token)[0].Inputs["profiles"].([]any) {
		got = append(got, p.(map[string]any)["capacity"])
	}
	want := []any{
		map[string]any{"minimum": "2", "maximum": "14", "default": "2"},
		map[string]any{"minimum": "1", "maximum": "14", "default": "1"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// Azure's form must say what the plain profiles say, rule by rule: the reaper and the simulator read only the latter.
func TestRulesAreThoseOfTheProfiles(t *testing.T) {
	t.Parallel()
	graph, made := record(t, usual())
	for i, p := range graph.Of(token)[0].Inputs["profiles"].([]any) {
		written := p.(map[string]any)["rules"].([]any)
		want := make([]any, 0, len(written))
		for _, rule := range made.Profiles[i].Rules {
			want = append(want, inAzure(rule))
		}
		if !reflect.DeepEqual(written, want) {
			t.Errorf("profile %d:\ngot  %v\nwant %v", i, written, want)
		}
	}
}

func inAzure(rule profile.Rule) map[string]any {
	namespace := "microsoft.compute/virtualmachinescalesets"
	if rule.Metric == "Bridge Stress" || rule.Metric == "Spare Bridges" {
		namespace = "Jitsi Bridges"
	}
	return map[string]any{
		"metricTrigger": map[string]any{
			"metricName": rule.Metric, "metricNamespace": namespace,
			"metricResourceUri": "/scale-set", "timeGrain": "PT1M", "statistic": "Average", "timeWindow": "PT5M",
			"timeAggregation": rule.Aggregation, "operator": string(rule.Operator), "threshold": rule.Threshold,
			"dividePerInstance": false, "dimensions": []any{},
		},
		"scaleAction": map[string]any{
			"direction": "Increase", "type": "ChangeCount", "value": strconv.Itoa(rule.Increase), "cooldown": rule.Cooldown.String(),
		},
	}
}

func TestValidateReportsEverything(t *testing.T) {
	t.Parallel()
	err := autoscale.Args{}.Validate()
	if err == nil {
		t.Fatal("empty arguments are accepted")
	}
	for _, want := range []string{
		"Names is missing", "Location is missing", "Shard.Name is missing", "ResourceGroupName is missing", "ScaleSetID is missing",
		"minimum 0", "0 Mbit/s", "cooldown", "recycle window",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not reported: %v", want, err)
		}
	}
	if err := usual().Validate(); err != nil {
		t.Error(err)
	}
	broken := usual()
	broken.Autoscale.Maximum = 0
	_, err = graphtest.Run(graphtest.Options{Stack: "dev"}, func(ctx *pulumi.Context) error {
		_, err := autoscale.New(ctx, "autoscale-a", broken)
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "maximum 0") {
		t.Errorf("New does not validate: %v", err)
	}
}

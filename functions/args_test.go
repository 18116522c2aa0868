package functions_test

import (
	"math"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/functions"
	"jitsi-meet-azure/internal/graphtest"
)

func TestValidateRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*functions.Args)
		want   string
	}{
		{"no location", func(a *functions.Args) { a.Location = "" }, "location: is empty"},
		{"no group", func(a *functions.Args) { a.ResourceGroupName = nil }, "resourceGroupName: is not set"},
		{"no group id", func(a *functions.Args) { a.ResourceGroupID = nil }, "resourceGroupID: is not set"},
		{"no subnet", func(a *functions.Args) { a.FunctionSubnetID = nil }, "functionSubnetID: is not set"},
		{"nowhere to report to", func(a *functions.Args) { a.ConnectionString = nil }, "connectionString: is not set"},
		{"a consumption plan", func(a *functions.Args) { a.Reaper.Plan = "Y1" }, `reaper.plan: "Y1" is none of B1, B2, B3, P0v3, P1v3`},
		{"a free plan", func(a *functions.Args) { a.Reaper.Plan = "F1" }, `reaper.plan: "F1" is none of B1, B2, B3, P0v3, P1v3`},
		{"no uptime", func(a *functions.Args) { a.Reaper.MinimumUptime = 0 }, "reaper.minimumUptime: 0s is not above zero"},
		{"a negative age", func(a *functions.Args) { a.Reaper.MaximumAge = -1 }, "reaper.maximumAge: -1ns is not above zero"},
		{"a negative wait", func(a *functions.Args) { a.Reaper.DeadAfter = -1 }, "reaper.deadAfter: -1ns is not above zero"},
		{"no retention", func(a *functions.Args) { a.Reaper.Retention = 0 }, "reaper.retention: 0s is not above zero"},
		{"a negative reserve", func(a *functions.Args) { a.Reserve = -0.5 }, "reserve: -0.5 is not 0 to 100 bridges"},
		{"too large a reserve", func(a *functions.Args) { a.Reserve = 100.5 }, "reserve: 100.5 is not 0 to 100 bridges"},
		{"a reserve that is no number", func(a *functions.Args) { a.Reserve = math.NaN() }, "reserve: NaN is not 0 to 100 bridges"},
		{"no package", func(a *functions.Args) { a.Package.Path = "" }, "package.path: is empty; pack.Build makes the package"},
		{"no hash", func(a *functions.Args) { a.Package.Hash = "" }, `package.hash: "" is not a SHA-256 in hexadecimal`},
		{"no target", func(a *functions.Args) { a.Targets = nil }, "targets: at least one scale set is needed"},
		{"a shard without a name", func(a *functions.Args) { a.Targets[1].Shard = "" }, "targets[1]: shard: is empty"},
		{"one shard twice", func(a *functions.Args) { a.Targets[1].Shard = "a" }, `targets[1]: shard: "a" is named twice`},
		{"no scale set", func(a *functions.Args) { a.Targets[0].ScaleSetID = nil }, "targets[0]: scaleSetID: is not set"},
		{
			"a Jicofo by name", func(a *functions.Args) { a.Targets[0].Jicofo = "http://jicofo:8888" },
			`targets[0]: jicofo: "http://jicofo:8888" is not http:// with an IP address and a port`,
		},
		{
			"broken profiles", func(a *functions.Args) { a.Targets[0].Profiles = "[" },
			`targets[0]: profiles: "[" is not a JSON object or array`,
		},
		{
			"no profiles", func(a *functions.Args) { a.Targets[0].Profiles = "1" },
			`targets[0]: profiles: "1" is not a JSON object or array`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			args := example(t)
			c.change(&args)
			if err := args.Validate(); err == nil || err.Error() != c.want {
				t.Errorf("error %v\nwant  %v", err, c.want)
			}
		})
	}
}

func TestValidateAcceptsWhatIsSwitchedOff(t *testing.T) {
	t.Parallel()
	args := example(t)
	args.Reaper.MaximumAge, args.Reaper.StuckAfter, args.Reaper.BootDeadline, args.Reaper.DeadAfter = 0, 0, 0, 0
	if err := args.Validate(); err != nil {
		t.Error(err)
	}
}

// Wrong arguments are refused before anything is registered, all of them at once.
func TestNewValidatesFirst(t *testing.T) {
	t.Parallel()
	graph, err := graphtest.Run(graphtest.Options{Stack: "dev"}, func(ctx *pulumi.Context) error {
		_, err := functions.New(ctx, "reaper", functions.Args{})
		return err
	})
	if err == nil || strings.Count(err.Error(), "\n") < 6 || !strings.Contains(err.Error(), "reaper: ") {
		t.Errorf("error %v", err)
	}
	if len(graph.Resources) > 0 {
		t.Errorf("registered %v", graph.Resources)
	}
}

func TestNewReportsAGroupWithoutASubscription(t *testing.T) {
	t.Parallel()
	args := example(t)
	args.ResourceGroupID = pulumi.String("rg-meet-dev")
	_, err := graphtest.Run(graphtest.Options{Stack: "dev", Outputs: computed}, func(ctx *pulumi.Context) error {
		_, err := functions.New(ctx, "reaper", args)
		return err
	})
	if err == nil || !strings.Contains(err.Error(), `resource id "rg-meet-dev" does not start with /subscriptions/<id>`) {
		t.Errorf("error %v", err)
	}
}

package azurenative

import (
	"context"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
)

func TestCheckConfig(t *testing.T) {
	t.Parallel()
	p := newCloud(t).p
	for name, test := range map[string]struct {
		settings props
		failures int
	}{
		"empty":            {props{}, 0},
		"usual":            {props{"location": "westeurope", "subscriptionId": Subscription, "version": "2.90.0", "useOidc": "true"}, 0},
		"flag as a flag":   {props{"useMsi": true}, 0},
		"unknown":          {props{"subscription": Subscription}, 1},
		"not a flag":       {props{"useOidc": "yes"}, 1},
		"not a GUID":       {props{"subscriptionId": "mine"}, 1},
		"location by list": {props{"location": list("westeurope")}, 1},
	} {
		answer, err := p.CheckConfig(context.Background(), plugin.CheckConfigRequest{
			News: resource.NewPropertyMapFromMap(test.settings),
		})
		if err != nil || len(answer.Failures) != test.failures {
			t.Errorf("%s: %v, %v", name, answer.Failures, err)
		}
	}
}

func TestDiffConfig(t *testing.T) {
	t.Parallel()
	p := newCloud(t).p
	diff := func(olds, news props) plugin.DiffResult {
		answer, err := p.DiffConfig(context.Background(), plugin.DiffConfigRequest{
			OldInputs: resource.NewPropertyMapFromMap(olds), NewInputs: resource.NewPropertyMapFromMap(news),
		})
		if err != nil {
			t.Fatal(err)
		}
		return answer
	}
	if d := diff(props{"location": "a"}, props{"location": "b"}); d.Replace() || d.Changes != plugin.DiffSome {
		t.Errorf("location: %+v", d)
	}
	if d := diff(props{"subscriptionId": "a"}, props{"subscriptionId": "b"}); !d.Replace() {
		t.Errorf("subscription: %+v", d)
	}
}

func TestConfigureShapesIdsAndLocations(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	const other = "00000000-0000-0000-0000-000000000001"
	if _, err := c.p.Configure(context.Background(), plugin.ConfigureRequest{Inputs: resource.NewPropertyMapFromMap(props{
		"subscriptionId": other, "location": "northeurope",
	})}); err != nil {
		t.Fatal(err)
	}
	id := c.must(groupToken, props{"resourceGroupName": "rg"})
	if id != "/subscriptions/"+other+"/resourceGroups/rg" || c.out(id).text("location") != "northeurope" {
		t.Errorf("id %s, location %s", id, c.out(id).text("location"))
	}
}

func TestLocationComesFromTheGroup(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.must(groupToken, groupInputs())
	checked, failures := c.check(identityToken, identityInputs())
	if failures != "" || viewOf(checked).text("location") != "westeurope" {
		t.Errorf("location %v %s", checked["location"], failures)
	}
}

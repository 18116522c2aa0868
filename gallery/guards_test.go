package gallery_test

import (
	"errors"
	"strings"
	"testing"

	azurenative "github.com/pulumi/pulumi-azure-native-sdk/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/gallery"
	"jitsi-meet-azure/internal/graphtest"
)

// answer is what Azure says when asked for something.
type answer func(pulumi.MockCallArgs) (resource.PropertyMap, error)

func says(text string) answer {
	return func(pulumi.MockCallArgs) (resource.PropertyMap, error) { return nil, errors.New(text) }
}

func state(name string) answer {
	return func(pulumi.MockCallArgs) (resource.PropertyMap, error) {
		return resource.PropertyMap{"name": resource.NewProperty("x"), "provisioningState": resource.NewProperty(name)}, nil
	}
}

const (
	notThere = `request failed /x: Status=404 Code="ResourceNotFound" Message="not found"`
	noGroup  = `request failed /x: Status=404 Code="ResourceGroupNotFound" Message="no group"`
	refused  = `request failed /x: Status=403 Code="AuthorizationFailed" Message="no right"`
	silent   = `dial tcp: i/o timeout`
)

// ask runs a guard against the answer and returns the guard's error, and whom it asked.
func ask(t *testing.T, reply answer, guard func(*pulumi.Context, pulumi.InvokeOption) error) (graphtest.Graph, error) {
	t.Helper()
	return graphtest.Run(graphtest.Options{Stack: "dev", Call: reply}, func(ctx *pulumi.Context) error {
		azure, err := azurenative.NewProvider(ctx, "azure", nil)
		if err != nil {
			return err
		}
		return guard(ctx, pulumi.Provider(azure))
	})
}

func TestRequireVersion(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		reply answer
		want  []string // parts of the error; none: no error
	}{
		"published":       {state("Succeeded"), nil},
		"no state given":  {state(""), nil},
		"being copied":    {state("Updating"), nil},
		"being published": {state("Creating"), []string{"is in the state Creating", "wait until"}},
		"broken":          {state("Failed"), []string{"is in the state Failed", "publish it again"}},
		"going":           {state("Deleting"), []string{"is in the state Deleting"}},
		"not published": {says(notThere), []string{
			"version 1.0.0 of jitsi-videobridge is not in the gallery gal_meet_dev", "resource group rg-meet-dev",
			"pulumi config set meet:phase image", "publish version 1.0.0", "pulumi config rm meet:phase",
		}},
		"nothing at all": {says(noGroup), []string{"pulumi config set meet:phase image"}},
		"no right":       {says(refused), []string{"looking for version 1.0.0", "AuthorizationFailed"}},
		"no answer":      {says(silent), []string{"looking for version 1.0.0", "i/o timeout"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := usual()
			graph, err := ask(t, c.reply, func(ctx *pulumi.Context, on pulumi.InvokeOption) error {
				return gallery.RequireVersion(ctx, args.Names, args.Image, on)
			})
			check(t, err, c.want)
			if len(graph.Calls) != 1 || graph.Calls[0].Provider != "azure" {
				t.Errorf("calls %v", graph.Calls)
			}
		})
	}
}

func TestRequireVersionAsksForTheRightOne(t *testing.T) {
	t.Parallel()
	args := usual()
	_, err := ask(t, func(call pulumi.MockCallArgs) (resource.PropertyMap, error) {
		for key, want := range map[resource.PropertyKey]string{
			"resourceGroupName": "rg-meet-dev", "galleryName": "gal_meet_dev", "galleryImageName": "jitsi-videobridge",
			"galleryImageVersionName": "1.0.0",
		} {
			if got := call.Args[key].StringValue(); got != want {
				t.Errorf("%s is %s, not %s", key, got, want)
			}
		}
		return resource.PropertyMap{}, nil
	}, func(ctx *pulumi.Context, on pulumi.InvokeOption) error {
		return gallery.RequireVersion(ctx, args.Names, args.Image, on)
	})
	if err != nil {
		t.Error(err)
	}
}

func TestRefuseImagePhase(t *testing.T) {
	t.Parallel()
	onlyB := func(call pulumi.MockCallArgs) (resource.PropertyMap, error) {
		if call.Args["vmScaleSetName"].StringValue() == "vmss-meet-dev-b" {
			return resource.PropertyMap{}, nil
		}
		return nil, errors.New(notThere)
	}
	for name, c := range map[string]struct {
		reply answer
		want  []string
	}{
		"no scale set":  {says(notThere), nil},
		"no group":      {says(noGroup), nil},
		"one scale set": {onlyB, []string{"the scale set vmss-meet-dev-b exists", "pulumi config rm meet:phase"}},
		"no right": {says(refused), []string{
			"looking for the scale set vmss-meet-dev-a", "looking for the scale set vmss-meet-dev-b", "AuthorizationFailed",
		}},
		"no answer": {says(silent), []string{"looking for the scale set vmss-meet-dev-a"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			graph, err := ask(t, c.reply, func(ctx *pulumi.Context, on pulumi.InvokeOption) error {
				return gallery.RefuseImagePhase(ctx, usual().Names, []string{"a", "b"}, on)
			})
			check(t, err, c.want)
			if len(graph.Calls) != 2 {
				t.Errorf("calls %v", graph.Calls)
			}
		})
	}
}

func check(t *testing.T, err error, want []string) {
	t.Helper()
	if len(want) == 0 && err != nil {
		t.Errorf("refused: %v", err)
	}
	for _, part := range want {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("the error does not say %q: %v", part, err)
		}
	}
}

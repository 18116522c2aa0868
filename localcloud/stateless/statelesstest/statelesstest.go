// Package statelesstest drives a stateless provider the way the engine does, for tests.
package statelesstest

import (
	"context"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"

	"jitsi-meet-azure/localcloud/rpcprovider"
	"jitsi-meet-azure/localcloud/store"
)

// Driver holds a provider and the clock that it sees.
type Driver struct {
	Provider rpcprovider.Provider
	// Cloud is the store in which faults are ordered.
	Cloud *store.Store
	// Now is the provider's time; tests move it.
	Now time.Time
}

// New makes the driver of the provider that build makes.
func New(t *testing.T, build func(rpcprovider.Config) rpcprovider.Provider) *Driver {
	t.Helper()
	cloud, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	d := &Driver{Cloud: cloud, Now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	d.Provider = build(rpcprovider.Config{Store: cloud, Now: func() time.Time { return d.Now }})
	return d
}

// Check gives the reasons for which the inputs are refused.
func (d *Driver) Check(t *testing.T, token string, inputs resource.PropertyMap) []string {
	t.Helper()
	resp, err := d.Provider.Check(context.Background(), plugin.CheckRequest{
		Type: tokens.Type(token), Name: "x", News: inputs,
	})
	if err != nil {
		t.Fatal(err)
	}
	var reasons []string
	for _, f := range resp.Failures {
		reasons = append(reasons, f.Reason)
	}
	return reasons
}

// Create checks the inputs and makes the resource.
func (d *Driver) Create(t *testing.T, token string, inputs map[string]any) plugin.CreateResponse {
	t.Helper()
	properties := resource.NewPropertyMapFromMap(inputs)
	if reasons := d.Check(t, token, properties); len(reasons) > 0 {
		t.Fatalf("%s is refused: %q", token, reasons)
	}
	resp, err := d.Provider.Create(context.Background(), plugin.CreateRequest{
		Type: tokens.Type(token), Name: "x", Properties: properties,
	})
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

// Diff compares inputs.
func (d *Driver) Diff(
	t *testing.T, token string, olds, outputs, news resource.PropertyMap,
) plugin.DiffResult {
	t.Helper()
	diff, err := d.Provider.Diff(context.Background(), plugin.DiffRequest{
		Type: tokens.Type(token), Name: "x", OldInputs: olds, OldOutputs: outputs, NewInputs: news,
	})
	if err != nil {
		t.Fatal(err)
	}
	return diff
}

// Text opens an output that is a string, secret or not.
func Text(t *testing.T, outputs resource.PropertyMap, key string) string {
	t.Helper()
	text, ok := rpcprovider.Plain(outputs)[key].(string)
	if !ok {
		t.Fatalf("output %q is no string: %v", key, outputs[resource.PropertyKey(key)])
	}
	return text
}

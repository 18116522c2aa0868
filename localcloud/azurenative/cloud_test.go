package azurenative

import (
	"context"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"

	"jitsi-meet-azure/localcloud/azurenative/live"
	"jitsi-meet-azure/localcloud/rpcprovider"
	"jitsi-meet-azure/localcloud/store"
)

// props are inputs as a test writes them.
type props = map[string]any

// list makes test data shorter.
func list(items ...any) []any { return items }

// cloud drives a provider as the engine does.
type cloud struct {
	*testing.T

	p     *Provider
	store *store.Store
	// states is what the engine would remember, by id.
	states map[string]*state
}

type state struct {
	token   string
	name    string
	inputs  resource.PropertyMap
	outputs resource.PropertyMap
}

func newCloud(t *testing.T) *cloud {
	t.Helper()
	s, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return &cloud{T: t, p: New(config(s)), store: s, states: map[string]*state{}}
}

func config(s *store.Store) rpcprovider.Config {
	now := time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC)
	return rpcprovider.Config{Store: s, Now: func() time.Time { return now }}
}

func urnOf(token, name string) resource.URN {
	return resource.NewURN("dev", "meet", "", tokens.Type(token), name)
}

// check gives the checked inputs and the failures as one text.
func (c *cloud) check(token string, inputs props) (resource.PropertyMap, string) {
	c.Helper()
	news := resource.NewPropertyMapFromMap(inputs)
	answer, err := c.p.Check(context.Background(), plugin.CheckRequest{
		URN: urnOf(token, "x"), Type: tokens.Type(token), News: news, AllowUnknowns: true,
	})
	if err != nil {
		return nil, err.Error()
	}
	var failures []string
	for _, f := range answer.Failures {
		failures = append(failures, string(f.Property)+": "+f.Reason)
	}
	return answer.Properties, strings.Join(failures, "\n")
}

// create checks and creates, and gives the id.
func (c *cloud) create(token string, inputs props) (string, error) {
	c.Helper()
	checked, failures := c.check(token, inputs)
	if failures != "" {
		c.Fatalf("check %s: %s", token, failures)
	}
	answer, err := c.p.Create(context.Background(), plugin.CreateRequest{
		URN: urnOf(token, "x"), Name: "x", Type: tokens.Type(token), Properties: checked,
	})
	if err != nil {
		return "", err
	}
	c.states[string(answer.ID)] = &state{token: token, name: "x", inputs: checked, outputs: answer.Properties}
	return string(answer.ID), nil
}

func (c *cloud) must(token string, inputs props) string {
	c.Helper()
	id, err := c.create(token, inputs)
	if err != nil {
		c.Fatalf("create %s: %v", token, err)
	}
	return id
}

// refuses demands that a create fails with the given code.
func (c *cloud) refuses(code, token string, inputs props) {
	c.Helper()
	_, err := c.create(token, inputs)
	c.demandCode(code, err)
}

func (c *cloud) demandCode(code string, err error) {
	c.Helper()
	if err == nil || !strings.Contains(err.Error(), `Code="`+code+`"`) {
		c.Errorf("got error %v, want code %s", err, code)
	}
}

// update changes the inputs as a deployment without refresh does.
func (c *cloud) update(id string, inputs props) error {
	c.Helper()
	s := c.states[id]
	checked, failures := c.check(s.token, inputs)
	if failures != "" {
		c.Fatalf("check %s: %s", s.token, failures)
	}
	answer, err := c.p.Update(context.Background(), plugin.UpdateRequest{
		URN: urnOf(s.token, s.name), Name: s.name, Type: tokens.Type(s.token), ID: resource.ID(id),
		OldInputs: s.inputs, OldOutputs: s.outputs, NewInputs: checked,
	})
	if err != nil {
		return err
	}
	s.inputs, s.outputs = checked, answer.Properties
	return nil
}

// refresh reads and remembers, as `pulumi refresh` does. It tells whether the resource is still there.
func (c *cloud) refresh(id string) bool {
	c.Helper()
	s := c.states[id]
	answer, err := c.p.Read(context.Background(), plugin.ReadRequest{
		URN: urnOf(s.token, s.name), Name: s.name, Type: tokens.Type(s.token), ID: resource.ID(id),
		Inputs: s.inputs, State: s.outputs,
	})
	if err != nil {
		c.Fatalf("read %s: %v", id, err)
	}
	if answer.ID == "" {
		return false
	}
	s.inputs, s.outputs = answer.Inputs, answer.Outputs
	return true
}

func (c *cloud) delete(id string) error {
	s := c.states[id]
	_, err := c.p.Delete(context.Background(), plugin.DeleteRequest{
		URN: urnOf(s.token, s.name), Name: s.name, Type: tokens.Type(s.token), ID: resource.ID(id),
		Inputs: s.inputs, Outputs: s.outputs,
	})
	return err
}

func (c *cloud) diff(token string, olds, news props) plugin.DiffResult {
	c.Helper()
	answer, err := c.p.Diff(context.Background(), plugin.DiffRequest{
		URN: urnOf(token, "x"), Type: tokens.Type(token),
		OldInputs: resource.NewPropertyMapFromMap(olds), NewInputs: resource.NewPropertyMapFromMap(news),
	})
	if err != nil {
		c.Fatal(err)
	}
	return answer
}

func (c *cloud) out(id string) object { return viewOf(c.states[id].outputs) }

func (c *cloud) machines(id string) []live.Machine {
	c.Helper()
	all, err := c.p.Instances(id)
	if err != nil {
		c.Fatal(err)
	}
	return all
}

func (c *cloud) invoke(token string, args props) (object, error) {
	answer, err := c.p.Invoke(context.Background(), plugin.InvokeRequest{
		Tok: tokens.ModuleMember(token), Args: resource.NewPropertyMapFromMap(args),
	})
	if err == nil && len(answer.Failures) > 0 {
		c.Fatalf("invoke %s: %v", token, answer.Failures)
	}
	return viewOf(answer.Properties), err
}

// with gives a copy of inputs with changes.
func with(inputs props, changes props) props {
	changed := maps.Clone(inputs)
	maps.Copy(changed, changes)
	return changed
}

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"

	"jitsi-meet-azure/localcloud/azurenative"
	"jitsi-meet-azure/localcloud/rpcprovider"
	"jitsi-meet-azure/localcloud/store"
)

const group = "/subscriptions/" + azurenative.Subscription + "/resourceGroups/rg"

// bench is a cloud with a gallery, and the commands on it.
type bench struct {
	*testing.T

	dir   string
	cloud *store.Store
}

func newBench(t *testing.T) *bench {
	t.Helper()
	dir := t.TempDir()
	cloud, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{T: t, dir: dir, cloud: cloud}
	b.create("azure-native:resources:ResourceGroup", map[string]any{"resourceGroupName": "rg", "location": "westeurope"})
	b.create("azure-native:compute:Gallery", map[string]any{"resourceGroupName": "rg", "galleryName": "gal"})
	b.create("azure-native:compute:GalleryImage", map[string]any{
		"resourceGroupName": "rg", "galleryName": "gal", "galleryImageName": "jvb", "osType": "Linux", "osState": "Generalized",
		"identifier": map[string]any{"publisher": "p", "offer": "o", "sku": "s"},
	})
	return b
}

func (b *bench) create(token string, inputs map[string]any) {
	b.Helper()
	p := azurenative.New(rpcprovider.Config{Store: b.cloud})
	if _, err := p.Create(context.Background(), plugin.CreateRequest{
		Type: tokens.Type(token), Properties: resource.NewPropertyMapFromMap(inputs),
	}); err != nil {
		b.Fatal(err)
	}
}

// do carries out a command line and gives its output.
func (b *bench) do(args ...string) (string, error) {
	var out bytes.Buffer
	err := run(context.Background(), append([]string{"/bin/localcloud"}, args...), outside{dir: b.dir}, &out)
	return out.String(), err
}

func (b *bench) must(args ...string) string {
	b.Helper()
	out, err := b.do(args...)
	if err != nil {
		b.Fatalf("%v: %v", args, err)
	}
	return out
}

func (b *bench) fleet() {
	b.Helper()
	b.must("image", "publish", "--gallery", "gal", "--definition", "jvb", "--version", "1.0.0")
	raw, err := json.Marshal(map[string]any{"next": 0, "machines": []any{}})
	if err != nil {
		b.Fatal(err)
	}
	if err := b.cloud.Update(func(tx *store.Tx) error {
		tx.Put(store.Resource{
			ID: group + "/providers/Microsoft.Compute/virtualMachineScaleSets/vmss", Provider: azurenative.Package,
			Type: scaleSetToken, Created: time.Now(), Live: raw, Outputs: json.RawMessage(`{}`),
			Inputs: json.RawMessage(`{"zones":["1"]}`),
		})
		return nil
	}); err != nil {
		b.Fatal(err)
	}
}

func TestMachinesByHand(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.fleet()
	b.must("set-capacity", "vmss", "2")
	b.must("delete-instance", "vmss", "0")
	out := strings.TrimSpace(b.must("instances", "vmss"))
	var machine struct{ ScaleSet, ID string }
	if err := json.Unmarshal([]byte(out), &machine); err != nil || machine.ID != "1" || !strings.HasSuffix(machine.ScaleSet, "/vmss") {
		t.Errorf("instances %q, %v", out, err)
	}
	if b.must("instances") == "" || strings.Count(b.must("log"), "instance-created") != 2 {
		t.Errorf("log %s", b.must("log"))
	}
}

func TestResourcesByHand(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.must("drift", group, `tags={"by":"hand"}`)
	if r, err := b.cloud.Get(group); err != nil || !strings.Contains(string(r.Outputs), "hand") {
		t.Errorf("drift: %s, %v", r.Outputs, err)
	}
	b.must("image", "publish", "--gallery", "gal", "--definition", "jvb", "--version", "1.0.0")
	if !strings.Contains(b.must("list"), "/images/jvb/versions/1.0.0") {
		t.Error("the image is not listed")
	}
	b.must("image", "delete", "--gallery", "gal", "--definition", "jvb")
	if strings.Contains(b.must("list"), "/versions/") {
		t.Error("the image is still listed")
	}
	b.must("delete", group)
	if out := b.must("list"); out != "" {
		t.Errorf("left: %s", out)
	}
}

func TestFaultCommand(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.must("fault", "add", "--op", "create", "--type", "VirtualNetwork", "--times", "2", "--error", `Code="Boom"`)
	b.must("fault", "add", "--before", "update", "--type", scaleSetToken, "--name", "vmss", "--set-capacity", "8")
	first, err := b.cloud.TakeFaults(store.OpCreate, "azure-native:network:VirtualNetwork")
	if err != nil || len(first) != 1 || first[0].Error != `Code="Boom"` || first[0].Times != 2 {
		t.Errorf("got %+v, %v", first, err)
	}
	second, err := b.cloud.TakeFaults(store.OpUpdate, scaleSetToken, "vmss")
	if err != nil || len(second) != 1 || *second[0].SetCapacity != 8 {
		t.Errorf("got %+v, %v", second, err)
	}
}

func TestWrongCommands(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, args := range [][]string{
		{},
		{"unknown"},
		{"set-capacity", "vmss"},
		{"set-capacity", "nothing", "1"},
		{"set-capacity", "vmss", "-1"},
		{"delete-instance", "vmss"},
		{"delete-instance", "nothing", "0"},
		{"drift", group},
		{"drift", group, "tags"},
		{"delete"},
		{"delete", group + "/providers/x"},
		{"image"},
		{"image", "build"},
		{"image", "publish", "--gallery", "other"},
		{"image", "publish", "--gallery", "gal", "--definition", "jvb", "--version", "newest"},
		{"fault"},
		{"fault", "add"},
		{"fault", "add", "--op", "create"},
		{"instances", "nothing"},
	} {
		if out, err := b.do(args...); err == nil {
			t.Errorf("%v: no error, output %q", args, out)
		}
	}
}

func TestPluginsAreServedByName(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	out := b.must("plugins")
	for _, want := range []string{"azure-native 2.90.0\n", "kubernetes 4.23.0\n", "random 4.16.0\n", "tls 5.2.0\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in %q", want, out)
		}
	}
	err := run(context.Background(), []string{"/x/pulumi-resource-aws"}, outside{dir: b.dir}, &bytes.Buffer{})
	if err == nil || !strings.Contains(err.Error(), `no local provider "aws"`) {
		t.Errorf("got %v", err)
	}
	err = run(context.Background(), []string{"/x/pulumi-resource-azure-native"}, outside{dir: b.dir}, &bytes.Buffer{})
	if err == nil || !strings.Contains(err.Error(), "engine's address") {
		t.Errorf("got %v", err)
	}
	if err := run(context.Background(), []string{"localcloud", "list"}, outside{}, &bytes.Buffer{}); err == nil {
		t.Error("no directory, and no error")
	}
}

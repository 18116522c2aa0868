package azurenative

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"

	"jitsi-meet-azure/localcloud/azurenative/arm"
	"jitsi-meet-azure/localcloud/store"
)

func TestOutputsAreRealistic(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.network()
	prefix := c.must("azure-native:network:PublicIPPrefix", prefixInputs("1"))
	address := c.must("azure-native:network:PublicIPAddress", addressInputs("a"))
	identity := c.must(identityToken, identityInputs())
	account := c.must(accountToken, accountInputs())
	cluster := c.must(clusterToken, clusterInputs())

	if prefix != armPath("Microsoft.Network/publicIPPrefixes/prefix") {
		t.Errorf("id %s", prefix)
	}
	block, err := netip.ParsePrefix(c.out(prefix).text("ipPrefix"))
	if err != nil || block.Bits() != 30 || block != block.Masked() {
		t.Errorf("prefix %v, %v", block, err)
	}
	if _, err := netip.ParseAddr(c.out(address).text("ipAddress")); err != nil {
		t.Error(err)
	}
	for path, want := range map[string]string{
		"name": "prefix", "type": "Microsoft.Network/publicIPPrefixes", "location": "westeurope",
		"provisioningState": "Succeeded", "sku.name": "Standard",
	} {
		if got := c.out(prefix).text(path); got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
	for _, path := range []string{"clientId", "principalId"} {
		if !arm.IsGUID(c.out(identity).text(path)) {
			t.Errorf("%s is %q", path, c.out(identity).text(path))
		}
	}
	if got := c.out(account).text("primaryEndpoints.table"); got != "https://stmeet.table.core.windows.net/" {
		t.Errorf("endpoint %q", got)
	}
	out := c.out(cluster)
	if !strings.HasPrefix(out.text("oidcIssuerProfile.issuerURL"), "https://westeurope.oic.prod-aks.azure.com/"+Tenant) ||
		!strings.HasSuffix(out.text("fqdn"), ".hcp.westeurope.azmk8s.io") ||
		out.text("nodeResourceGroup") != "MC_rg_aks_westeurope" || out.text("currentKubernetesVersion") != "1.33.3" {
		t.Errorf("cluster outputs %v", out)
	}
	if len(out.object("identity.userAssignedIdentities")) != 1 {
		t.Errorf("identities are %v", out.get("identity"))
	}
}

func TestPrefixesNeverOverlapAndDoNotDependOnOrder(t *testing.T) {
	t.Parallel()
	given := func(names ...string) map[string]string {
		c := newCloud(t)
		c.must(groupToken, groupInputs())
		blocks := map[string]string{}
		for _, name := range names {
			id := c.must("azure-native:network:PublicIPPrefix", with(prefixInputs("1"), props{
				"publicIpPrefixName": name, "prefixLength": 28.0,
			}))
			blocks[name] = c.out(id).text("ipPrefix")
		}
		return blocks
	}
	forth, back := given("a", "b", "c", "d"), given("d", "c", "b", "a")
	seen := map[string]bool{}
	for name, block := range forth {
		if back[name] != block || seen[block] {
			t.Errorf("%s has %s, in the other order %s", name, block, back[name])
		}
		seen[block] = true
	}
}

func TestSecretsStaySecret(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.must(groupToken, groupInputs())
	id := c.must(identityToken, with(identityInputs(), props{
		"tags": props{"key": resource.MakeSecret(resource.NewStringProperty("hidden"))},
	}))
	isSecret := func() bool { return c.states[id].outputs["tags"].ObjectValue()["key"].IsSecret() }
	if !isSecret() {
		t.Error("not secret after the create")
	}
	c.refresh(id)
	if !isSecret() {
		t.Error("not secret after the refresh")
	}
}

func TestDiff(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	vnet := networkInputs()
	tests := []struct {
		name, token string
		olds, news  props
		changes     []string
		replace     bool
	}{
		{"nothing", scaleSetToken, scaleSetInputs(), scaleSetInputs(), nil, false},
		{"a tag", scaleSetToken, scaleSetInputs(), edit(scaleSetInputs(), "tags.owner", "x"), []string{"tags.owner"}, false},
		{"zones are for Azure to refuse", scaleSetToken, scaleSetInputs(), with(scaleSetInputs(), props{"zones": list("2")}), []string{"zones[0]"}, false},
		{"name", "azure-native:network:VirtualNetwork", vnet, with(vnet, props{"virtualNetworkName": "b"}), []string{"virtualNetworkName"}, true},
		{"group", "azure-native:network:VirtualNetwork", vnet, with(vnet, props{"resourceGroupName": "b"}), []string{"resourceGroupName"}, true},
		{"location", "azure-native:network:VirtualNetwork", vnet, with(vnet, props{"location": "b"}), []string{"location"}, true},
		{"prefix zone", "azure-native:network:PublicIPPrefix", prefixInputs("1"), prefixInputs("2"), []string{"zones[0]"}, false},
		{"address sku", "azure-native:network:PublicIPAddress", addressInputs("a"), edit(addressInputs("a"), "sku.name", "Basic"), []string{"sku.name"}, true},
		{"cluster network", clusterToken, clusterInputs(), edit(clusterInputs(), "networkProfile.podCidr", "10.9.0.0/16"), []string{"networkProfile.podCidr"}, true},
		{"cluster version", clusterToken, clusterInputs(), edit(clusterInputs(), "kubernetesVersion", "1.34"), []string{"kubernetesVersion"}, false},
	}
	for _, test := range tests {
		d := c.diff(test.token, test.olds, test.news)
		if !slices.Equal(sortedKeys(d.DetailedDiff), test.changes) || d.Replace() != test.replace {
			t.Errorf("%s: got %+v", test.name, d)
		}
		if (d.Changes == plugin.DiffNone) != (len(test.changes) == 0) {
			t.Errorf("%s: changes %v", test.name, d.Changes)
		}
	}
	renamed := c.diff("azure-native:network:VirtualNetwork", vnet, with(vnet, props{"virtualNetworkName": "b"}))
	moved := c.diff("azure-native:network:VirtualNetwork", vnet, with(vnet, props{"location": "b"}))
	if renamed.DeleteBeforeReplace || !moved.DeleteBeforeReplace {
		t.Error("what keeps its id must be deleted first, and only that")
	}
}

func TestPreviewKnowsInputsAndNothingElse(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	preview := func(token string, inputs props) resource.PropertyMap {
		answer, err := c.p.Create(context.Background(), plugin.CreateRequest{
			URN: urnOf(token, "x"), Type: tokens.Type(token), Preview: true, Properties: resource.NewPropertyMapFromMap(inputs),
		})
		if err != nil || answer.ID != "" {
			t.Fatal(answer.ID, err)
		}
		return answer.Properties
	}
	address := preview("azure-native:network:PublicIPAddress", addressInputs("a"))
	if !address["ipAddress"].IsComputed() || !address["name"].IsComputed() || !address["zones"].IsArray() {
		t.Errorf("address %v", address)
	}
	cluster := preview(clusterToken, clusterInputs())
	issuer := cluster["oidcIssuerProfile"].ObjectValue()
	if !issuer["issuerURL"].IsComputed() || !issuer["enabled"].BoolValue() || !cluster["nodeResourceGroup"].IsComputed() {
		t.Errorf("cluster %v", cluster)
	}
	if events, err := c.store.Events(); err != nil || len(events) != 0 {
		t.Errorf("a preview did something: %v %v", events, err)
	}
}

func TestPreviewOfAnUpdateKeepsOutputs(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	id := c.cluster()
	s := c.states[id]
	answer, err := c.p.Update(context.Background(), plugin.UpdateRequest{
		URN: urnOf(s.token, "x"), Type: tokens.Type(s.token), ID: resource.ID(id), Preview: true,
		OldInputs: s.inputs, OldOutputs: s.outputs,
		NewInputs: resource.NewPropertyMapFromMap(edit(clusterInputs(), "kubernetesVersion", "1.34")),
	})
	if err != nil {
		t.Fatal(err)
	}
	out := viewOf(answer.Properties)
	if out.text("fqdn") == "" || out.text("oidcIssuerProfile.issuerURL") == "" || out.text("kubernetesVersion") != "1.34" {
		t.Errorf("outputs %v", out)
	}
}

func TestDriftAndDeletionAreSeenByARefresh(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.network()
	id := armPath("Microsoft.Network/virtualNetworks/vnet")
	if err := c.p.Drift(id, "tags", `{"by":"hand"}`); err != nil {
		t.Fatal(err)
	}
	c.refresh(id)
	if got := viewOf(c.states[id].inputs).text("tags.by"); got != "hand" {
		t.Errorf("tag %q in the inputs", got)
	}
	if err := c.p.DeleteByHand(id); err != nil {
		t.Fatal(err)
	}
	if c.refresh(id) || c.refresh(id+"/subnets/nodes") {
		t.Error("still there")
	}
}

func TestImport(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.network()
	id := armPath("Microsoft.Network/virtualNetworks/vnet/subnets/nodes")
	token := "azure-native:network:Subnet"
	answer, err := c.p.Read(context.Background(), plugin.ReadRequest{
		URN: urnOf(token, "x"), Type: tokens.Type(token), ID: resource.ID(id),
	})
	if err != nil {
		t.Fatal(err)
	}
	in := viewOf(answer.Inputs)
	if in.text("subnetName") != "nodes" || in.text("virtualNetworkName") != "vnet" || in.text("addressPrefix") != "10.0.2.0/24" {
		t.Errorf("inputs %v", in)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.must(groupToken, groupInputs())
	order := func(f store.Fault) {
		f.Times = 1
		if err := c.store.AddFault(f); err != nil {
			t.Fatal(err)
		}
	}
	order(store.Fault{Op: store.OpCreate, Type: "VirtualNetwork", Error: `Code="Boom"`})
	c.refuses("Boom", "azure-native:network:VirtualNetwork", networkInputs())
	id := c.must("azure-native:network:VirtualNetwork", networkInputs())

	order(store.Fault{Op: store.OpUpdate, Name: "vnet", Error: `Code="Busy"`})
	c.demandCode("Busy", c.update(id, networkInputs()))
	order(store.Fault{Op: store.OpDelete, Error: `Code="Locked"`})
	c.demandCode("Locked", c.delete(id))
	if err := c.update(id, networkInputs()); err != nil {
		t.Errorf("after the faults: %v", err)
	}

	order(store.Fault{Op: store.OpCreate, Error: `Code="Slow"`, HalfWay: true})
	token := "azure-native:network:Subnet"
	if _, err := c.create(token, subnetInputs("a", "10.0.1.0/24")); err == nil {
		t.Fatal("no error half-way")
	}
	half := id + "/subnets/a"
	if _, err := c.store.Get(half); err != nil {
		t.Errorf("half-way nothing is left: %v", err)
	}
	inputs, _ := c.check(token, subnetInputs("a", "10.0.1.0/24"))
	c.states[half] = &state{token: token, inputs: inputs}
	if err := c.update(half, subnetInputs("a", "10.0.1.0/24")); err != nil {
		t.Errorf("the next deployment does not resume: %v", err)
	}
}

func TestAutoscalerActsJustBeforeAnUpdate(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	id := c.fleet()
	four := 4
	if err := c.store.AddFault(store.Fault{Op: store.OpUpdate, Type: "VirtualMachineScaleSet", Times: 1, SetCapacity: &four}); err != nil {
		t.Fatal(err)
	}
	if err := c.update(id, edit(scaleSetInputs(), "tags.owner", "x")); err != nil {
		t.Fatal(err)
	}
	c.wantMachines(id, "0", "1", "2", "3")
}

func TestOperationsLog(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.must(groupToken, groupInputs())
	id := c.must("azure-native:network:VirtualNetwork", networkInputs())
	if err := c.update(id, with(networkInputs(), props{"tags": props{"a": "b"}})); err != nil {
		t.Fatal(err)
	}
	c.refuses("ResourceAlreadyExists", "azure-native:network:VirtualNetwork", networkInputs())
	if err := c.delete(id); err != nil {
		t.Fatal(err)
	}
	events, err := c.store.Events()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range events {
		got = append(got, e.Op+" "+e.Type[len("azure-native:"):]+" "+e.Detail)
		if e.Time.IsZero() {
			t.Errorf("no time: %+v", e)
		}
	}
	want := []string{
		"create resources:ResourceGroup ", "create network:VirtualNetwork ", "update network:VirtualNetwork tags",
		"create network:VirtualNetwork ", "delete network:VirtualNetwork ",
	}
	if !slices.Equal(got, want) || events[3].Error == "" {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The SDK fails on outputs of another shape than its resource structs have.
func TestOutputsFitTheSDK(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.fleet()
	c.must(autoscaleToken, autoscaleInputs("1", "4"))
	c.must(identityToken, identityInputs())
	c.must("azure-native:network:PublicIPAddress", addressInputs("a"))
	c.must("azure-native:network:NetworkSecurityGroup", securityGroup(rule("a", 100)))
	cluster := c.must(clusterToken, clusterInputs())
	c.must(poolToken, poolInputs())
	c.must(accountToken, accountInputs())
	c.must(roleToken, roleInputs(roleGUID))
	c.refresh(cluster)
	for id, s := range c.states {
		d := c.p.types[s.token]
		check := &checker{}
		fields := fieldsOf(d.outputs)
		for key, value := range s.outputs {
			field, known := fields[string(key)]
			if !known {
				t.Errorf("%s: output %s is not in the SDK", id, key)
				continue
			}
			check.value(string(key), plainOf(field.Type), value)
		}
		for _, f := range check.failures {
			if !strings.Contains(f.Reason, "is missing") { // Azure leaves out what is not set
				t.Errorf("%s: %s", id, f.Reason)
			}
		}
	}
}

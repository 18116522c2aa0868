package arm

import "testing"

const network = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v"

func TestParts(t *testing.T) {
	t.Parallel()
	const blob = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/a/blobServices/default/" +
		"containers/c/blobs/b"
	for _, test := range []struct{ id, kind, group, parent string }{
		{"/subscriptions/s/resourceGroups/rg", "Microsoft.Resources/resourceGroups", "", "/subscriptions/s"},
		{network, "Microsoft.Network/virtualNetworks", "/subscriptions/s/resourceGroups/rg", "/subscriptions/s/resourceGroups/rg"},
		{network + "/subnets/x", "Microsoft.Network/virtualNetworks/subnets", "/subscriptions/s/resourceGroups/rg", network},
		{
			blob, "Microsoft.Storage/storageAccounts/blobServices/containers/blobs", "/subscriptions/s/resourceGroups/rg",
			"/subscriptions/s/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/a/blobServices/default/containers/c",
		},
		{
			network + "/providers/Microsoft.Authorization/roleAssignments/g", "Microsoft.Authorization/roleAssignments",
			"/subscriptions/s/resourceGroups/rg", network,
		},
	} {
		if got := TypeOf(test.id); got != test.kind {
			t.Errorf("type of %s: %s, want %s", test.id, got, test.kind)
		}
		if got := GroupOf(test.id); got != test.group {
			t.Errorf("group of %s: %s, want %s", test.id, got, test.group)
		}
		if got := ParentOf(test.id); got != test.parent {
			t.Errorf("parent of %s: %s, want %s", test.id, got, test.parent)
		}
	}
	container := ParentOf(blob)
	if got := ParentOf(container); LastSegment(got) != "a" {
		t.Errorf("the parent of a container is its account, not %s", got)
	}
}

func TestWithin(t *testing.T) {
	t.Parallel()
	if !Within(network+"/Subnets/X", "/SUBSCRIPTIONS/s/resourceGroups/rg") || Within(network+"2", network) {
		t.Error("within goes by whole names, without case")
	}
}

func TestExpandNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	_, err := Expand(InGroup("/x/{name}"), "s", func(name string) string {
		return map[string]string{"resourceGroupName": "rg"}[name]
	})
	if err == nil || err.Error() != `the id needs the property "name"` {
		t.Errorf("got %v", err)
	}
}

func FuzzParseID(f *testing.F) {
	f.Add("/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v/subnets/s")
	f.Add("")
	f.Add("/")
	f.Add("providers//")
	path := InGroup("/providers/Microsoft.Network/virtualNetworks/{virtualNetworkName}")
	f.Fuzz(func(t *testing.T, id string) {
		_, _, _ = TypeOf(id), GroupOf(id), ParentOf(id)
		inputs, err := Parse(path, id)
		if err != nil {
			return
		}
		if _, err := Expand(path, "s", func(name string) string { return inputs[name] }); err != nil {
			t.Errorf("%q gives inputs that give no id: %v", id, err)
		}
	})
}

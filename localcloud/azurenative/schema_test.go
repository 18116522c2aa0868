package azurenative

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"jitsi-meet-azure/localcloud/azurenative/arm"
)

// edit changes one value inside nested test data.
func edit(inputs props, path string, value any) props {
	changed := resource.NewPropertyMapFromMap(inputs)
	return viewOf(withValue(changed, path, resource.NewPropertyValue(value)))
}

func TestCheckRefusesWhatDoesNotFitTheSchema(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, token string
		inputs      props
		want        string
	}{
		{"unknown type", "azure-native:network:Firewall", props{}, "unknown resource type azure-native:network:Firewall"},
		{
			"another API version", "azure-native:containerservice:ManagedCluster",
			props{},
			"it has azure-native:containerservice/v20240501:ManagedCluster",
		},
		{
			"unknown property", "azure-native:network:VirtualNetwork", with(networkInputs(), props{"adressSpace": props{}}),
			`could not find member 'adressSpace'. Path 'adressSpace'; did you mean 'addressSpace'?`,
		},
		{
			"unknown nested property", scaleSetToken, edit(scaleSetInputs(), "virtualMachineProfile.osProfile.userName", "x"),
			"Path 'virtualMachineProfile.osProfile.userName'",
		},
		{
			"unknown property in a list", "azure-native:network:NetworkSecurityGroup", props{
				"resourceGroupName": "rg", "networkSecurityGroupName": "nsg", "securityRules": list(with(rule("a", 100), props{"port": 1.0})),
			}, "Path 'securityRules[0].port'",
		},
		{
			"missing property", autoscaleToken, edit(autoscaleInputs("1", "4"), "profiles", list(props{"name": "a"})),
			"Required parameter 'profiles[0].capacity' is missing",
		},
		{
			"missing list", autoscaleToken, edit(autoscaleInputs("1", "4"), "profiles", nil),
			"Required parameter 'profiles' is missing",
		},
		{
			"number for text", autoscaleToken,
			edit(autoscaleInputs("1", "4"), "profiles", list(edit(profileInputs("1", "4"), "capacity.minimum", 1.0))),
			"cannot convert a value of type number to string. Path 'profiles[0].capacity.minimum'",
		},
		{"text for a flag", scaleSetToken, edit(scaleSetInputs(), "overprovision", "no"), "of type string to boolean"},
		{"fraction for a count", scaleSetToken, edit(scaleSetInputs(), "platformFaultDomainCount", 1.5), "to integer. Path"},
		{"text for a list", scaleSetToken, edit(scaleSetInputs(), "zones", "1"), "to array. Path 'zones'"},
		{"list for an object", scaleSetToken, edit(scaleSetInputs(), "sku", list()), "to object. Path 'sku'"},
		{"text in a map", scaleSetToken, edit(scaleSetInputs(), "tags", props{"a": 1.0}), `to string. Path 'tags["a"]'`},
		{"text for an asset", "azure-native:storage:Blob", blobInputs("x"), "to asset. Path 'source'"},
		{
			"value outside an enum", scaleSetToken, edit(scaleSetInputs(), "upgradePolicy.mode", "manual"),
			"The value 'manual' of parameter 'upgradePolicy.mode' is invalid. Allowed values are: Automatic, Manual, Rolling",
		},
		{"zone that does not exist", scaleSetToken, edit(scaleSetInputs(), "zones", list("4")), "zones[0]"},
		{
			"no name", "azure-native:network:VirtualNetwork", edit(networkInputs(), "virtualNetworkName", nil),
			`needs an explicit name: set "virtualNetworkName"`,
		},
		{"web type", "azure-native:web:WebApp", props{"resourceGroupName": "rg", "name": "f", "kindd": "x"}, "did you mean 'kind'?"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if _, failures := newCloud(t).check(test.token, test.inputs); !strings.Contains(failures, test.want) {
				t.Errorf("got %q, want %q in it", failures, test.want)
			}
		})
	}
}

func TestCheckTakesUnknownsAndSecrets(t *testing.T) {
	t.Parallel()
	inputs := networkInputs()
	inputs["resourceGroupName"] = resource.MakeComputed(resource.NewStringProperty(""))
	inputs["tags"] = resource.MakeSecret(resource.NewObjectProperty(resource.PropertyMap{
		"a": resource.NewStringProperty("b"),
	}))
	checked, failures := newCloud(t).check("azure-native:network:VirtualNetwork", inputs)
	if failures != "" {
		t.Fatal(failures)
	}
	if !checked["tags"].IsSecret() || !checked["resourceGroupName"].IsComputed() {
		t.Errorf("marks are lost: %v", checked)
	}
}

func TestEveryTypeIsWellFormed(t *testing.T) {
	t.Parallel()
	for token, d := range definitions() {
		fields := fieldsOf(d.args)
		for _, name := range arm.NameProperties(d.path) {
			if _, known := fields[name]; !known {
				t.Errorf("%s: the path needs the input %q, which does not exist", token, name)
			}
		}
		for _, path := range append(append([]string{}, d.required...), d.replaceOn...) {
			if _, known := fields[strings.TrimSuffix(topOf(path), "[]")]; !known {
				t.Errorf("%s: no input %q", token, path)
			}
		}
		for path := range d.enums {
			if _, known := fields[topOf(path)]; !known {
				t.Errorf("%s: enum for %q, which is no input", token, path)
			}
		}
	}
}

package azurenative

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/asset"
)

func rule(name string, priority float64) props {
	return props{
		"name": name, "priority": priority, "direction": "Inbound", "access": "Allow", "protocol": "Tcp",
		"sourceAddressPrefix": "Internet", "sourcePortRange": "*", "destinationAddressPrefix": "*", "destinationPortRange": "443",
	}
}

func securityGroup(rules ...any) props {
	return props{"resourceGroupName": "rg", "networkSecurityGroupName": "nsg", "securityRules": rules}
}

func blobInputs(source any) props {
	return props{
		"resourceGroupName": "rg", "accountName": "stmeet", "containerName": "pkg", "blobName": "a.zip", "source": source,
		"type": "Block",
	}
}

func roleInputs(id string) props {
	return props{
		"roleDefinitionId": id, "roleName": "Reaper", "scope": testGroup, "assignableScopes": list(testGroup),
		"permissions": list(props{"actions": list("Microsoft.Compute/virtualMachineScaleSets/delete/action")}),
	}
}

func grantInputs(role, principal string) props {
	return props{
		"scope": testGroup, "roleDefinitionId": role, "principalId": principal, "principalType": "ServicePrincipal",
	}
}

const (
	roleGUID    = "11111111-2222-4333-8444-555555555555"
	contributor = "/subscriptions/" + Subscription + "/providers/Microsoft.Authorization/roleDefinitions/" +
		"4d97b98b-1d4f-4787-a291-c67834d212e7"
)

func TestCreateRefusesWhatAzureRefuses(t *testing.T) {
	t.Parallel()
	const (
		nsg    = "azure-native:network:NetworkSecurityGroup"
		subnet = "azure-native:network:Subnet"
		prefix = "azure-native:network:PublicIPPrefix"
	)
	network, bridges := (*cloud).network, (*cloud).bridges
	published := func(c *cloud) { c.bridges(); c.publish("1.0.0") }
	fleet := func(c *cloud) { c.fleet() }
	cluster := func(c *cloud) { c.cluster() }
	identity := func(c *cloud) { c.network(); c.must(identityToken, identityInputs()) }
	group := func(c *cloud) { c.must(groupToken, groupInputs()) }
	account := func(inputs props) func(*cloud) {
		return func(c *cloud) {
			group(c)
			c.must(accountToken, with(accountInputs(), inputs))
			c.must("azure-native:storage:BlobContainer", props{"resourceGroupName": "rg", "accountName": "stmeet", "containerName": "pkg"})
		}
	}
	zip, err := asset.FromText("zip")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, code, token string
		before            func(*cloud)
		inputs            props
	}{
		{"no group", "ResourceGroupNotFound", "azure-native:network:VirtualNetwork", nil, networkInputs()},
		{"no parent", "ParentResourceNotFound", subnet, group, subnetInputs("a", "10.0.0.0/24")},
		{"same id twice", "ResourceAlreadyExists", subnet, network, subnetInputs("bridges", "10.0.9.0/24")},
		{"subnet outside", "NetcfgSubnetRangeOutsideVnet", subnet, network, subnetInputs("a", "10.1.0.0/24")},
		{"subnet overlaps", "NetcfgSubnetRangesOverlap", subnet, network, subnetInputs("a", "10.0.1.128/25")},
		{"subnet with host bits", "InvalidCIDRNotation", subnet, network, subnetInputs("a", "10.0.3.1/24")},
		{
			"subnet refers to nothing", "InvalidResourceReference", subnet, network,
			with(subnetInputs("a", "10.0.3.0/24"), props{"networkSecurityGroup": props{"id": armPath("Microsoft.Network/networkSecurityGroups/x")}}),
		},
		{"rules clash", "SecurityRuleConflict", nsg, group, securityGroup(rule("a", 100), rule("b", 100))},
		{"rule priority", "SecurityRuleInvalidPriority", nsg, group, securityGroup(rule("a", 99))},
		{"rule port", "SecurityRuleInvalidPortRange", nsg, group, securityGroup(with(rule("a", 100), props{"destinationPortRange": "70000"}))},
		{"rule address", "SecurityRuleInvalidAddressPrefix", nsg, group, securityGroup(with(rule("a", 100), props{"sourceAddressPrefix": "10.0.0.1/8"}))},
		{"rule without port", "SecurityRuleInvalidParameter", nsg, group, securityGroup(with(rule("a", 100), props{"destinationPortRange": nil}))},
		{"prefix too long", "InvalidPublicIPPrefixLength", prefix, group, with(prefixInputs("1"), props{"prefixLength": 24.0})},
		{
			"dynamic Standard address", "StandardSkuPublicIPAddressesMustBeStatic", "azure-native:network:PublicIPAddress", group,
			with(addressInputs("a"), props{"publicIPAllocationMethod": "Dynamic"}),
		},
		{"image without version", "GalleryImageNotFound", scaleSetToken, bridges, scaleSetInputs()},
		{"zones disagree", "ComputeResourceZoneConstraintDoesNotMatchPublicIPAddressZoneConstraint", scaleSetToken, published, with(scaleSetInputs(), props{"zones": list("2")})},
		{"no zone", "ComputeResourceZoneConstraintDoesNotMatchPublicIPAddressZoneConstraint", scaleSetToken, published, with(scaleSetInputs(), props{"zones": list()})},
		{"capacity beyond the prefix", "PublicIpPrefixOutOfIpAddressesForVMScaleSet", scaleSetToken, published, edit(scaleSetInputs(), "sku.capacity", 5.0)},
		{"custom data", "InvalidParameter", scaleSetToken, published, edit(scaleSetInputs(), "virtualMachineProfile.osProfile.customData", "#cloud-config")},
		{"machine size", "InvalidParameter", scaleSetToken, published, edit(scaleSetInputs(), "sku.name", "F8")},
		{"no network interface", "InvalidParameter", scaleSetToken, published, edit(scaleSetInputs(), "virtualMachineProfile.networkProfile", props{})},
		{"maximum beyond the prefix", "PublicIpPrefixOutOfIpAddressesForVMScaleSet", autoscaleToken, fleet, autoscaleInputs("1", "5")},
		{"second setting", "Conflict", autoscaleToken, func(c *cloud) {
			c.fleet()
			c.must(autoscaleToken, autoscaleInputs("1", "4"))
		}, with(autoscaleInputs("1", "4"), props{"autoscaleSettingName": "as2"})},
		{"setting without target", "ResourceNotFound", autoscaleToken, group, autoscaleInputs("1", "4")},
		{"cluster without Entra", "BadRequest", clusterToken, identity, with(clusterInputs(), props{"disableLocalAccounts": true})},
		{"cluster without system pool", "InvalidParameter", clusterToken, identity, with(clusterInputs(), props{"agentPoolProfiles": list()})},
		{"cluster DNS outside", "InvalidParameter", clusterToken, identity, edit(clusterInputs(), "networkProfile.dnsServiceIP", "10.3.0.10")},
		{"cluster services in a subnet", "ServiceCidrOverlapExistingSubnetsCidr", clusterToken, identity, edit(edit(clusterInputs(), "networkProfile.serviceCidr", "10.0.0.0/20"), "networkProfile.dnsServiceIP", "10.0.0.10")},
		{"cluster pods in a subnet", "PodCidrOverlap", clusterToken, identity, edit(clusterInputs(), "networkProfile.podCidr", "10.0.0.0/16")},
		{"node group taken", "NodeResourceGroupAlreadyExists", clusterToken, identity, with(clusterInputs(), props{"nodeResourceGroup": "rg"})},
		{"cluster without identity", "ResourceNotFound", clusterToken, network, clusterInputs()},
		{"pool name", "InvalidParameter", poolToken, cluster, with(poolInputs(), props{"agentPoolName": "zone-1"})},
		{"pool without limits", "InvalidParameter", poolToken, cluster, with(poolInputs(), props{"minCount": nil})},
		{"pool count outside", "InvalidParameter", poolToken, cluster, with(poolInputs(), props{"count": 6.0})},
		{"pool without count", "InvalidParameter", poolToken, cluster, with(poolInputs(), props{"count": nil})},
		{"pool without cluster", "ParentResourceNotFound", poolToken, network, poolInputs()},
		{
			"maintenance name", "InvalidParameter", "azure-native:containerservice/v20240501:MaintenanceConfiguration", cluster,
			props{"resourceGroupName": "rg", "resourceName": "aks", "configName": "weekly"},
		},
		{"account name", "AccountNameInvalid", accountToken, group, with(accountInputs(), props{"accountName": "st-meet"})},
		{"account taken", "StorageAccountAlreadyTaken", accountToken, func(c *cloud) {
			account(nil)(c)
			c.must(groupToken, props{"resourceGroupName": "rg2", "location": "westeurope"})
		}, with(accountInputs(), props{"resourceGroupName": "rg2"})},
		{"upload without keys", "KeyBasedAuthenticationNotPermitted", "azure-native:storage:Blob", account(props{"allowSharedKeyAccess": false}), blobInputs(zip)},
		{"public container", "PublicAccessNotPermitted", "azure-native:storage:BlobContainer", account(props{"allowBlobPublicAccess": false}), props{
			"resourceGroupName": "rg", "accountName": "stmeet", "containerName": "open", "publicAccess": "Blob",
		}},
		{"table name", "InvalidResourceName", "azure-native:storage:Table", account(nil), props{"resourceGroupName": "rg", "accountName": "stmeet", "tableName": "my-table"}},
		{"role id", "InvalidRoleDefinitionId", roleToken, group, roleInputs("reaper")},
		{"role action", "InvalidActionOrNotAction", roleToken, group, edit(roleInputs(roleGUID), "permissions", list(props{"actions": list("delete everything")}))},
		{"role name taken", "RoleDefinitionWithSameNameExists", roleToken, func(c *cloud) { group(c); c.must(roleToken, roleInputs(roleGUID)) }, roleInputs("22222222-2222-4333-8444-555555555555")},
		{"grant of no role", "RoleDefinitionDoesNotExist", grantToken, identity, grantInputs(armPath("Microsoft.Authorization/roleDefinitions/"+roleGUID), identityPrincipal(armPath("Microsoft.ManagedIdentity/userAssignedIdentities/id")))},
		{"grant to a client id", "PrincipalNotFound", grantToken, group, grantInputs(contributor, roleGUID)},
		{"grant to a name", "InvalidPrincipalId", grantToken, group, grantInputs(contributor, "reaper")},
		{"plan kind", "BadRequest", "azure-native:web:AppServicePlan", group, props{"resourceGroupName": "rg", "name": "asp", "kind": "linux", "sku": props{"name": "B1"}}},
		{"app without plan", "ResourceNotFound", "azure-native:web:WebApp", group, props{"resourceGroupName": "rg", "name": "f", "serverFarmId": armPath("Microsoft.Web/serverfarms/asp")}},
		{"app in a plain subnet", "BadRequest", "azure-native:web:WebApp", network, props{"resourceGroupName": "rg", "name": "f", "virtualNetworkSubnetId": armPath("Microsoft.Network/virtualNetworks/vnet/subnets/nodes")}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := newCloud(t)
			if test.before != nil {
				test.before(c)
			}
			c.refuses(test.code, test.token, test.inputs)
		})
	}
}

func TestUpdateRefusesWhatAzureRefuses(t *testing.T) {
	t.Parallel()
	make1 := func(token string, inputs props) func(*cloud) string {
		return func(c *cloud) string { return c.must(token, inputs) }
	}
	tests := []struct {
		name, code string
		before     func(*cloud)
		create     func(*cloud) string
		change     props
	}{
		{
			"prefix zones", "ResourceAvailabilityZonesCannotBeModified", (*cloud).network,
			make1("azure-native:network:PublicIPPrefix", prefixInputs("1")), prefixInputs("2"),
		},
		{
			"prefix length", "PropertyChangeNotAllowed", (*cloud).network,
			make1("azure-native:network:PublicIPPrefix", prefixInputs("1")), with(prefixInputs("1"), props{"prefixLength": 28.0}),
		},
		{
			"image offer", "PropertyChangeNotAllowed", nil,
			func(c *cloud) string { c.bridges(); return armPath("Microsoft.Compute/galleries/gal/images/jvb") },
			edit(imageInputs(), "identifier.offer", "other"),
		},
		{"scale set zones", "PropertyChangeNotAllowed", nil, func(c *cloud) string {
			id := c.fleet()
			c.refuseUpdate("ComputeResourceZoneConstraintDoesNotMatchPublicIPAddressZoneConstraint", id, with(scaleSetInputs(), props{"zones": list("2")}))
			return id
		}, edit(scaleSetInputs(), "virtualMachineProfile.osProfile.computerNamePrefix", "other-")},
		{"pool subnet", "PropertyChangeNotAllowed", nil, func(c *cloud) string {
			c.cluster()
			return c.must(poolToken, poolInputs())
		}, with(poolInputs(), props{"vnetSubnetID": armPath("Microsoft.Network/virtualNetworks/vnet/subnets/bridges")})},
		{"pool zones", "PropertyChangeNotAllowed", nil, func(c *cloud) string {
			c.cluster()
			return c.must(poolToken, poolInputs())
		}, with(poolInputs(), props{"availabilityZones": list("2")})},
		{"cluster services", "PropertyChangeNotAllowed", nil, (*cloud).cluster, edit(edit(clusterInputs(), "networkProfile.serviceCidr", "10.4.0.0/16"), "networkProfile.dnsServiceIP", "10.4.0.10")},
		{"network shrinks", "InUsePrefixCannotBeDeleted", nil, func(c *cloud) string {
			c.network()
			return armPath("Microsoft.Network/virtualNetworks/vnet")
		}, edit(networkInputs(), "addressSpace.addressPrefixes", list("10.9.0.0/16"))},
		{"used subnet moves", "InUseSubnetCannotBeUpdated", nil, func(c *cloud) string {
			c.fleet()
			return armPath("Microsoft.Network/virtualNetworks/vnet/subnets/bridges")
		}, subnetInputs("bridges", "10.0.7.0/24")},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := newCloud(t)
			if test.before != nil {
				test.before(c)
			}
			c.refuseUpdate(test.code, test.create(c), test.change)
		})
	}
}

func (c *cloud) refuseUpdate(code, id string, inputs props) {
	c.Helper()
	c.demandCode(code, c.update(id, inputs))
}

func TestDeleteRefusesWhatIsInUse(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	set := c.fleet()
	nodes := func(name string) string { return armPath("Microsoft.Network/virtualNetworks/vnet/subnets/" + name) }
	c.demandCode("InUsePublicIpPrefixCannotBeDeleted", c.delete(armPath("Microsoft.Network/publicIPPrefixes/prefix")))
	c.demandCode("InUseSubnetCannotBeDeleted", c.delete(nodes("bridges")))
	c.demandCode("InUseSubnetCannotBeDeleted", c.delete(armPath("Microsoft.Network/virtualNetworks/vnet")))
	c.demandCode("CannotDeleteResource", c.delete(armPath("Microsoft.Compute/galleries/gal/images/jvb")))
	if err := c.delete(nodes("nodes")); err != nil {
		t.Errorf("a free subnet: %v", err)
	}
	if err := c.delete(set); err != nil {
		t.Errorf("the scale set: %v", err)
	}
	if err := c.p.UnpublishImage("gal", "jvb", ""); err != nil {
		t.Error(err)
	}
	for _, id := range []string{
		armPath("Microsoft.Network/publicIPPrefixes/prefix"), nodes("bridges"),
		armPath("Microsoft.Compute/galleries/gal/images/jvb"), armPath("Microsoft.Compute/galleries/gal"),
	} {
		if err := c.delete(id); err != nil {
			t.Errorf("after the scale set %s: %v", id, err)
		}
	}
}

func TestGrantsFollowRoles(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.network()
	identity := c.must(identityToken, identityInputs())
	role := c.must(roleToken, roleInputs(roleGUID))
	grant := grantInputs(role, c.out(identity).text("principalId"))
	id := c.must(grantToken, grant)
	c.refuses("RoleAssignmentExists", grantToken, with(grant, props{"roleAssignmentName": "33333333-2222-4333-8444-555555555555"}))
	c.refuses("RoleDefinitionScopeInvalid", grantToken, with(grant, props{
		"scope": "/subscriptions/" + Subscription, "roleAssignmentName": "44444444-2222-4333-8444-555555555555",
	}))
	c.demandCode("RoleDefinitionHasAssignments", c.delete(role))
	if err := c.delete(id); err != nil {
		t.Error(err)
	}
	if err := c.delete(role); err != nil {
		t.Error(err)
	}
}

func TestAutoscaleSettingRules(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.fleet()
	profile := func(path string, value any) props { return edit(profileInputs("1", "4"), path, value) }
	rules := func(path string, value any) props {
		return profile("rules", list(edit(ruleInputs(), path, value)))
	}
	for name, bad := range map[string]props{
		"minimum above default": profile("capacity.minimum", "2"),
		"default above maximum": profile("capacity.maximum", "0"),
		"not a count":           profile("capacity.default", "one"),
		"window below 5 min":    rules("metricTrigger.timeWindow", "PT4M"),
		"window no duration":    rules("metricTrigger.timeWindow", "5m"),
		"cooldown zero":         rules("scaleAction.cooldown", "PT0M"),
		"average divided":       rules("metricTrigger.dividePerInstance", true),
		"value no count":        rules("scaleAction.value", "x"),
		"daily":                 profile("recurrence.frequency", "Day"),
		"IANA zone":             profile("recurrence.schedule.timeZone", "Europe/Berlin"),
		"two hours":             profile("recurrence.schedule.hours", list(4.0, 5.0)),
		"two minutes":           profile("recurrence.schedule.minutes", list(0.0, 10.0)),
		"hour 24":               profile("recurrence.schedule.hours", list(24.0)),
		"short day":             profile("recurrence.schedule.days", list("Mon")),
	} {
		_, err := c.create(autoscaleToken, edit(autoscaleInputs("1", "4"), "profiles", list(bad)))
		if err == nil {
			t.Errorf("%s was accepted", name)
			continue
		}
		c.demandCode("BadRequest", err)
	}
	c.refuses("BadRequest", autoscaleToken, edit(autoscaleInputs("1", "4"), "profiles",
		list(profileInputs("1", "4"), profileInputs("1", "4"))))
}

func TestBlobIsKept(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.must(groupToken, groupInputs())
	c.must(accountToken, accountInputs())
	c.must("azure-native:storage:BlobContainer", props{"resourceGroupName": "rg", "accountName": "stmeet", "containerName": "pkg"})
	zip, err := asset.FromText("zip")
	if err != nil {
		t.Fatal(err)
	}
	id := c.must("azure-native:storage:Blob", blobInputs(zip))
	if url := c.out(id).text("url"); url != "https://stmeet.blob.core.windows.net/pkg/a.zip" {
		t.Errorf("url %q", url)
	}
	content, err := c.store.Blob(zip.Hash)
	if err != nil || string(content) != "zip" {
		t.Errorf("content %q, %v", content, err)
	}
	other, err := asset.FromText("zap")
	if err != nil {
		t.Fatal(err)
	}
	if d := c.diff("azure-native:storage:Blob", blobInputs(zip), blobInputs(other)); !d.Replace() {
		t.Errorf("other content: %+v", d)
	}
	if _, ok := c.states[id].inputs["source"]; !ok || resource.PropertyKey("source") == "" {
		t.Error("the source is not in the inputs")
	}
}

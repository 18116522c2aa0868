package azurenative

const testGroup = "/subscriptions/" + Subscription + "/resourceGroups/rg"

func armPath(rest string) string { return testGroup + "/providers/" + rest }

func groupInputs() props { return props{"resourceGroupName": "rg", "location": "westeurope"} }

func networkInputs() props {
	return props{
		"resourceGroupName": "rg", "virtualNetworkName": "vnet",
		"addressSpace": props{"addressPrefixes": list("10.0.0.0/16")},
	}
}

func subnetInputs(name, prefix string) props {
	return props{
		"resourceGroupName": "rg", "virtualNetworkName": "vnet", "subnetName": name, "addressPrefix": prefix,
	}
}

func prefixInputs(zone string) props {
	return props{
		"resourceGroupName": "rg", "publicIpPrefixName": "prefix", "sku": props{"name": "Standard"},
		"prefixLength": 30.0, "zones": list(zone),
	}
}

func addressInputs(name string) props {
	return props{
		"resourceGroupName": "rg", "publicIpAddressName": name, "sku": props{"name": "Standard"},
		"publicIPAllocationMethod": "Static", "zones": list("1", "2", "3"),
	}
}

func imageInputs() props {
	return props{
		"resourceGroupName": "rg", "galleryName": "gal", "galleryImageName": "jvb", "osType": "Linux",
		"osState": "Generalized", "hyperVGeneration": "V2",
		"identifier": props{"publisher": "meet", "offer": "jvb", "sku": "ubuntu"},
	}
}

func scaleSetInputs() props {
	return props{
		"resourceGroupName": "rg", "vmScaleSetName": "vmss", "zones": list("1"), "overprovision": false,
		"sku": props{"name": "Standard_F8s_v2", "tier": "Standard"}, "upgradePolicy": props{"mode": "Manual"},
		"tags": props{"owner": "ops"},
		"virtualMachineProfile": props{
			"osProfile": props{"computerNamePrefix": "jvb-", "adminUsername": "meet", "customData": "aGVsbG8="},
			"storageProfile": props{
				"osDisk":         props{"createOption": "FromImage", "caching": "ReadOnly"},
				"imageReference": props{"id": armPath("Microsoft.Compute/galleries/gal/images/jvb")},
			},
			"networkProfile": props{"networkInterfaceConfigurations": list(props{
				"name": "nic", "primary": true,
				"ipConfigurations": list(props{
					"name": "ip", "subnet": props{"id": armPath("Microsoft.Network/virtualNetworks/vnet/subnets/bridges")},
					"publicIPAddressConfiguration": props{
						"name": "public", "publicIPPrefix": props{"id": armPath("Microsoft.Network/publicIPPrefixes/prefix")},
					},
				}),
			})},
		},
	}
}

func ruleInputs() props {
	return props{
		"metricTrigger": props{
			"metricName": "Percentage CPU", "metricResourceUri": armPath("Microsoft.Compute/virtualMachineScaleSets/vmss"),
			"operator": "GreaterThan", "statistic": "Average", "threshold": 70.0, "timeAggregation": "Average",
			"timeGrain": "PT1M", "timeWindow": "PT5M",
		},
		"scaleAction": props{"cooldown": "PT10M", "direction": "Increase", "type": "ChangeCount", "value": "1"},
	}
}

func profileInputs(minimum, maximum string) props {
	return props{
		"name": "day", "capacity": props{"minimum": minimum, "default": minimum, "maximum": maximum},
		"rules": list(ruleInputs()),
		"recurrence": props{"frequency": "Week", "schedule": props{
			"timeZone": "W. Europe Standard Time", "days": list("Monday"), "hours": list(4.0), "minutes": list(0.0),
		}},
	}
}

func autoscaleInputs(minimum, maximum string) props {
	return props{
		"resourceGroupName": "rg", "autoscaleSettingName": "as", "enabled": true,
		"targetResourceUri": armPath("Microsoft.Compute/virtualMachineScaleSets/vmss"),
		"profiles":          list(profileInputs(minimum, maximum)),
	}
}

func clusterInputs() props {
	return props{
		"resourceGroupName": "rg", "resourceName": "aks", "dnsPrefix": "aks", "kubernetesVersion": "1.33",
		"identity": props{
			"type": "UserAssigned", "userAssignedIdentities": list(armPath("Microsoft.ManagedIdentity/userAssignedIdentities/id")),
		},
		"oidcIssuerProfile": props{"enabled": true},
		"networkProfile": props{
			"networkPlugin": "azure", "networkPluginMode": "overlay", "podCidr": "10.244.0.0/16", "serviceCidr": "10.2.0.0/16",
			"dnsServiceIP": "10.2.0.10",
		},
		"agentPoolProfiles": list(props{
			"name": "system", "mode": "System", "vmSize": "Standard_D4s_v5", "enableAutoScaling": true, "minCount": 3.0, "count": 3.0,
			"maxCount": 6.0, "availabilityZones": list("1", "2", "3"),
			"vnetSubnetID": armPath("Microsoft.Network/virtualNetworks/vnet/subnets/nodes"),
		}),
	}
}

func poolInputs() props {
	return props{
		"resourceGroupName": "rg", "resourceName": "aks", "agentPoolName": "zone1", "mode": "User", "vmSize": "Standard_D4s_v5",
		"enableAutoScaling": true, "minCount": 1.0, "count": 1.0, "maxCount": 5.0, "availabilityZones": list("1"),
		"vnetSubnetID": armPath("Microsoft.Network/virtualNetworks/vnet/subnets/nodes"),
	}
}

func identityInputs() props { return props{"resourceGroupName": "rg", "resourceName": "id"} }

func accountInputs() props {
	return props{
		"resourceGroupName": "rg", "accountName": "stmeet", "kind": "StorageV2", "sku": props{"name": "Standard_LRS"},
	}
}

// network makes a group, a network and its subnets.
func (c *cloud) network() {
	c.Helper()
	c.must(groupToken, groupInputs())
	c.must("azure-native:network:VirtualNetwork", networkInputs())
	c.must("azure-native:network:Subnet", subnetInputs("bridges", "10.0.1.0/24"))
	c.must("azure-native:network:Subnet", subnetInputs("nodes", "10.0.2.0/24"))
}

// bridges makes everything below a scale set; the image has no version yet.
func (c *cloud) bridges() {
	c.Helper()
	c.network()
	c.must("azure-native:network:PublicIPPrefix", prefixInputs("1"))
	c.must("azure-native:compute:Gallery", props{"resourceGroupName": "rg", "galleryName": "gal"})
	c.must("azure-native:compute:GalleryImage", imageInputs())
}

// fleet makes a scale set and gives its id.
func (c *cloud) fleet() string {
	c.Helper()
	c.bridges()
	c.publish("1.0.0")
	return c.must(scaleSetToken, scaleSetInputs())
}

func (c *cloud) publish(version string) {
	c.Helper()
	if err := c.p.PublishImage("gal", "jvb", version); err != nil {
		c.Fatal(err)
	}
}

// cluster makes a cluster and gives its id.
func (c *cloud) cluster() string {
	c.Helper()
	c.network()
	c.must(identityToken, identityInputs())
	return c.must(clusterToken, clusterInputs())
}

package azurenative

import (
	"reflect"

	"github.com/pulumi/pulumi-azure-native-sdk/network/v2"

	"jitsi-meet-azure/localcloud/azurenative/arm"
)

func networkTypes() []*definition {
	provider := arm.InGroup("/providers/Microsoft.Network")
	return []*definition{
		{
			token: "azure-native:network:VirtualNetwork", path: provider + "/virtualNetworks/{virtualNetworkName}",
			args: element(network.VirtualNetworkArgs{}), outputs: reflect.TypeFor[network.VirtualNetwork](),
			required: []string{"addressSpace", "addressSpace.addressPrefixes"}, replaceOn: []string{"location"},
			accept: acceptVirtualNetwork, complete: completeNetworking, inUse: "InUseSubnetCannotBeDeleted",
		},
		{
			token: "azure-native:network:Subnet", path: provider + "/virtualNetworks/{virtualNetworkName}/subnets/{subnetName}",
			args: element(network.SubnetArgs{}), outputs: reflect.TypeFor[network.Subnet](),
			accept: acceptSubnet, complete: completeNetworking, inUse: "InUseSubnetCannotBeDeleted",
			enums: map[string][]string{
				"privateEndpointNetworkPolicies": {"Enabled", "Disabled"}, "privateLinkServiceNetworkPolicies": {"Enabled", "Disabled"},
			},
		},
		{
			token: "azure-native:network:NetworkSecurityGroup", path: provider + "/networkSecurityGroups/{networkSecurityGroupName}",
			args: element(network.NetworkSecurityGroupArgs{}), outputs: reflect.TypeFor[network.NetworkSecurityGroup](),
			enums: ruleEnums("securityRules[]."), replaceOn: []string{"location"},
			accept: acceptSecurityGroup, complete: completeNetworking, inUse: "InUseNetworkSecurityGroupCannotBeDeleted",
		},
		{
			token: "azure-native:network:SecurityRule",
			path:  provider + "/networkSecurityGroups/{networkSecurityGroupName}/securityRules/{securityRuleName}",
			args:  element(network.SecurityRuleArgs{}), outputs: reflect.TypeFor[network.SecurityRule](),
			enums: ruleEnums(""), accept: acceptSecurityRule, complete: completeNetworking,
		},
		publicAddressType(provider), publicPrefixType(provider),
		{
			token: "azure-native:network:NatGateway", path: provider + "/natGateways/{natGatewayName}",
			args: element(network.NatGatewayArgs{}), outputs: reflect.TypeFor[network.NatGateway](),
			replaceOn: []string{"location"}, complete: completeNetworking, inUse: "InUseNatGatewayCannotBeDeleted",
		},
		{
			token: "azure-native:network:RouteTable", path: provider + "/routeTables/{routeTableName}",
			args: element(network.RouteTableArgs{}), outputs: reflect.TypeFor[network.RouteTable](),
			replaceOn: []string{"location"}, complete: completeNetworking, inUse: "InUseRouteTableCannotBeDeleted",
		},
	}
}

func publicAddressType(provider string) *definition {
	return &definition{
		token: "azure-native:network:PublicIPAddress", path: provider + "/publicIPAddresses/{publicIpAddressName}",
		args: element(network.PublicIPAddressArgs{}), outputs: reflect.TypeFor[network.PublicIPAddress](),
		replaceOn: []string{"location", "publicIPAddressVersion", "publicIPPrefix", "sku"}, late: []string{"ipAddress"},
		enums: map[string][]string{
			"sku.name":                 texts(network.PublicIPAddressSkuNameBasic, network.PublicIPAddressSkuNameStandard),
			"publicIPAllocationMethod": texts(network.IPAllocationMethodStatic, network.IPAllocationMethodDynamic),
			"publicIPAddressVersion":   texts(network.IPVersionIPv4, network.IPVersionIPv6),
		},
		accept: acceptPublicAddress, settle: settlePublicAddress, complete: completeNetworking,
		inUse: "PublicIPAddressCannotBeDeleted",
	}
}

func publicPrefixType(provider string) *definition {
	return &definition{
		token: "azure-native:network:PublicIPPrefix", path: provider + "/publicIPPrefixes/{publicIpPrefixName}",
		args: element(network.PublicIPPrefixArgs{}), outputs: reflect.TypeFor[network.PublicIPPrefix](),
		enums: map[string][]string{
			"sku.name":               texts(network.PublicIPPrefixSkuNameStandard),
			"publicIPAddressVersion": texts(network.IPVersionIPv4, network.IPVersionIPv6),
		},
		accept: acceptPrefix, settle: settlePrefix, complete: completeNetworking,
		inUse: "InUsePublicIpPrefixCannotBeDeleted",
	}
}

func ruleEnums(at string) map[string][]string {
	return map[string][]string{
		at + "access":    texts(network.SecurityRuleAccessAllow, network.SecurityRuleAccessDeny),
		at + "direction": texts(network.SecurityRuleDirectionInbound, network.SecurityRuleDirectionOutbound),
		at + "protocol": texts(network.SecurityRuleProtocolTcp, network.SecurityRuleProtocolUdp,
			network.SecurityRuleProtocolIcmp, network.SecurityRuleProtocolEsp, network.SecurityRuleProtocolAsterisk,
			network.SecurityRuleProtocolAh),
	}
}

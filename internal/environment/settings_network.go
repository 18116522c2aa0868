package environment

const (
	rangeAllowed = "an IPv4 range in CIDR form, without host bits, inside 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16"
	addressText  = "an IPv4 address"
)

func networkSettings() setting {
	return setting{
		name: "network", kind: object, meaning: "The address plan. No two ranges may overlap.",
		members: []setting{
			addressRange("addressSpace", "10.40.0.0/16", "The virtual network. Its subnets lie inside it."),
			addressRange("nodes", "10.40.0.0/24", "The subnet of all AKS nodes. It needs an address for every node of "+
				"all pools at their maximum, a third more for upgrades, and the five that Azure reserves."),
			addressRange("loadBalancers", "10.40.1.0/27",
				"The subnet of the internal load balancers' static addresses, one for every shard."),
			addressRange("function", "10.40.1.64/27", "The subnet that the reaper's function app is integrated with."),
			addressRange("pods", "10.244.0.0/16",
				"The overlay range of the pods, outside the virtual network. Every node takes a /24 of it."),
			addressRange("services", "10.245.0.0/20", "The range of Kubernetes services, outside the virtual network."),
		},
	}
}

func addressRange(name, example, meaning string) setting {
	return setting{
		name: name, meaning: meaning, allowed: rangeAllowed, example: example, valid: isPrivateRange, advise: adviseRange,
	}
}

func shardSettings() setting {
	return setting{
		name: "shards", kind: items,
		meaning: "The signalling-and-media units. Adding one at the end touches no other; the order has no meaning.",
		allowed: "a list of at least two shards, in at least two availability zones",
		members: []setting{{kind: object, members: []setting{
			{
				name: "name", meaning: "The shard's name. It becomes part of resource names and cannot be changed later.",
				allowed: "1 to 8 lower-case letters and digits, a letter first", example: "a", valid: matches(`[a-z][a-z0-9]{0,7}`),
			},
			{
				name: "zone", kind: integer, allowed: "1, 2 or 3", example: "1", valid: within(1, 3),
				meaning: "The availability zone of everything in the shard. It cannot be changed later.",
			},
			addressRange("bridgeSubnet", "10.40.2.0/27", "The subnet of the shard's bridges. It needs as many addresses as "+
				"the public IP prefix holds, and the five that Azure reserves."),
			{
				name: "signallingAddress", allowed: addressText, example: "10.40.1.10", valid: isAddress,
				meaning: "The static address, inside `network.loadBalancers`, at which bridges find the shard's Prosody.",
			},
		}}},
	}
}

package environment

import "jitsi-meet-azure/internal/vmsize"

func bridgeSettings() setting {
	return setting{
		name: "bridges", kind: object, meaning: "The videobridge machines, the same in every shard.",
		members: []setting{
			{
				name: "vmSize", fallback: "Standard_F8s_v2", example: "Standard_F8s_v2", meaning: "The machine size.",
				allowed: "a known Azure size with a local disk for the operating system and accelerated networking",
				valid:   isVMSize, advise: adviseVMSize(fitsBridge),
			},
			{
				name: "nicMbps", kind: integer, unit: "megabits (10^6 bits) a second", fallback: "12000", example: "12000",
				allowed: "1 to the documented bandwidth of `bridges.vmSize`", valid: within(1, 1_000_000),
				meaning: "The bandwidth that the scaling rules take for 100 %. Below 90 % of the documented one there is a warning.",
			},
			{
				name: "prefixLength", kind: integer, unit: "bits", fallback: "28", example: "28",
				allowed: "28 (16 addresses), 29 (8) or 30 (4)", valid: within(28, 30),
				meaning: "The length of every shard's public IP prefix. Azure gives none larger than /28 and never resizes one.",
			},
			{
				name: "packageVersion", allowed: "a version of the Debian package, such as 2.3-307-g4bb0aead1-1",
				example: "2.3-307-g4bb0aead1-1", valid: matches(`\d+\.\d+-\d+-g[0-9a-f]{7,40}-\d+`),
				meaning: "The version of the Debian package jitsi-videobridge2 that the bridge image carries.",
			},
			imageSettings(),
			{
				name: "adminPublicKey", allowed: "an OpenSSH public key on one line: ssh-ed25519, or ssh-rsa of 2048 bits or more",
				example: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI… operator", fix: `"$(cat ~/.ssh/id_ed25519.pub)"`,
				valid:   isPublicKey,
				meaning: "The SSH key of the machines' administrator account. No rule admits SSH from outside.",
			},
			{
				name: "heapMiB", kind: integer, unit: "MiB", fallback: "6144", example: "6144",
				allowed: "1024 to three quarters of the machine's memory", valid: within(1024, 1<<20),
				meaning: "The videobridge's Java heap.",
			},
			stunSettings(),
		},
	}
}

// packagedSTUN is the server that the jitsi-videobridge2 package asks by itself.
// Source: jitsi/jitsi-videobridge, debian/postinst.
const packagedSTUN = "meet-jit-si-turnrelay.jitsi.net:443"

func stunSettings() setting {
	return setting{
		name: "stunServers", kind: items, fallback: packagedSTUN, example: packagedSTUN,
		allowed: "a list of at most 8 servers; an empty one asks nobody",
		meaning: "The STUN servers that tell a machine its public address where Azure's metadata services do not. An answer " +
			"outside the shard's public IP prefix is refused. Clients are told the first one, for calls of two without a bridge.",
		members: []setting{{
			allowed: "host:port: a DNS name or an IPv4 address, and 1 to 65535", example: packagedSTUN, valid: isServer,
		}},
	}
}

func imageSettings() setting {
	const name = "letters, digits, '-', '_' and '.', starting and ending with a letter or digit, at most "
	return setting{
		name: "image", kind: object, meaning: "The gallery image that the machines boot from: always its newest version.",
		members: []setting{
			{
				name: "definition", fallback: "jitsi-videobridge", example: "jitsi-videobridge",
				allowed: name + "80 characters", valid: isImageName(80), meaning: "The image definition's name in the gallery.",
			},
			{
				name: "publisher", fallback: "meet", example: "meet", allowed: name + "128 characters", valid: isImageName(128),
				meaning: "The definition's publisher. Azure refuses to change it.",
			},
			{
				name: "offer", fallback: "jitsi-videobridge", example: "jitsi-videobridge", allowed: name + "64 characters",
				valid: isImageName(64), meaning: "The definition's offer. Azure refuses to change it.",
			},
			{
				name: "sku", fallback: "ubuntu-24.04", example: "ubuntu-24.04", allowed: name + "64 characters",
				valid: isImageName(64), meaning: "The definition's SKU. Azure refuses to change it.",
			},
			{
				name: "baselineVersion", fallback: "1.0.0", example: "1.0.0",
				allowed: "three numbers of at most 2147483647, such as 1.0.0", valid: isImageVersion,
				meaning: "The version that must be published before scale sets are deployed: the first one.",
			},
		},
	}
}

// resourceDiskGiB is what an ephemeral operating system disk needs: the image's 30 GiB disk, and 1 GiB that trusted
// launch keeps there. Source: Azure docs, "Ephemeral OS disks for Azure VMs".
const resourceDiskGiB = 31

func fitsBridge(s vmsize.Size) bool {
	return s.EphemeralOSDisk && s.AcceleratedNetworking && s.TempDiskGiB >= resourceDiskGiB
}

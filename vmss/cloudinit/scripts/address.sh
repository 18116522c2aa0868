# Finds the machine's own public address. Sourced.
# Installed by the deployment program from vmss/cloudinit; edit it there.
# shellcheck shell=bash
# shellcheck disable=SC2016,SC2034,SC2154  # jq's variables; what others set and use

# number prints an IPv4 address as a number; anything else is refused.
number() {
	local a b c d octet='(0|[1-9][0-9]{0,2})'
	[[ $1 =~ ^$octet\.$octet\.$octet\.$octet$ ]] || return 1
	a=${BASH_REMATCH[1]} b=${BASH_REMATCH[2]} c=${BASH_REMATCH[3]} d=${BASH_REMATCH[4]}
	((a < 256 && b < 256 && c < 256 && d < 256)) || return 1
	printf '%s' "$(((a << 24) | (b << 16) | (c << 8) | d))"
}

# within says whether an address lies in a prefix such as 198.51.100.0/28.
within() {
	local address network mask
	address=$(number "$1") && network=$(number "${2%/*}") || return 1
	mask=$(((0xffffffff << (32 - ${2#*/})) & 0xffffffff))
	(((address & mask) == (network & mask)))
}

# identity learns who the machine is: vm_id and private_address.
identity() {
	metadata "instance?api-version=2021-02-01" || return 1
	vm_id=$(answer '.compute.vmId | strings | ascii_downcase')
	private_address=$(answer '.network.interface[0].ipv4.ipAddress[0].privateIpAddress | strings')
	if ! [[ $vm_id =~ ^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$ ]]; then
		reason="the instance metadata have no vmId"
		return 1
	fi
	if ! number "$private_address" >/dev/null; then
		reason="the instance metadata have no private address"
		return 1
	fi
}

# The ways, best first. Each prints an address or nothing.
#
# A load balancer's metadata have the machine's own public address also where no load balancer is.
# Source: Azure docs, howto-load-balancer-imds.
by_load_balancer() {
	local expression='.loadbalancer.publicIpAddresses[]? | select(.privateIpAddress == $private) | .frontendIpAddress | strings'
	metadata "loadbalancer?api-version=2020-10-01" || return 1
	reason="the load balancer's metadata have no address for $private_address"
	answer --arg private "$private_address" "first($expression)"
}

# Often empty for addresses of the Standard kind. Source: github.com/MicrosoftDocs/azure-docs issues 44314 and 58263.
by_instance() {
	metadata "instance?api-version=2021-02-01" || return 1
	reason="the instance metadata have no public address"
	answer '.network.interface[0].ipv4.ipAddress[0].publicIpAddress | strings | select(. != "")'
}

by_stun() {
	local server found
	while read -r server; do
		if found=$(ask_stun "$server"); then
			printf '%s' "$found"
			return
		fi
	done < <(jq --raw-output '.stunServers[]?' "$settings")
	reason="no STUN server tells an address"
	return 1
}

# ask_stun asks one server, host:port, for the address that it sees. Source: RFC 5389, sections 6 and 15.2.
ask_stun() {
	local host=${1%:*} port=${1##*:} transaction answer
	# Twelve letters and digits: no newline among them, at which bash might send half a packet.
	transaction=$(od -An -v -N6 -tx1 /dev/urandom | tr -d ' \n')
	# A Binding Request without attributes: type, length, magic cookie, transaction.
	answer=$(
		exec 3<>"/dev/udp/$host/$port" || exit 1
		printf '\x00\x01\x00\x00\x21\x12\xa4\x42%s' "$transaction" >&3
		timeout 2 dd bs=1500 count=1 <&3 2>/dev/null | od -An -v -tx1 | tr -d ' \n'
	) 2>/dev/null
	transaction=$(printf '%s' "$transaction" | od -An -v -tx1 | tr -d ' \n')
	[[ $answer =~ ^0101(....)2112a442$transaction(.*)$ ]] || return 1
	mapped "${BASH_REMATCH[2]:0:$((2 * 16#${BASH_REMATCH[1]}))}"
}

# mapped prints the XOR-MAPPED-ADDRESS among a STUN answer's attributes.
mapped() {
	local attributes=$1 kind length value
	while [ "${#attributes}" -ge 8 ]; do
		kind=${attributes:0:4} length=$((16#${attributes:4:4})) value=${attributes:8}
		if [ "$kind" = 0020 ] && [ "${value:0:4}" = 0001 ] && [ "${#value}" -ge 16 ]; then
			value=$((16#${value:8:8} ^ 0x2112a442))
			printf '%d.%d.%d.%d' $((value >> 24)) $((value >> 16 & 255)) $((value >> 8 & 255)) $((value & 255))
			return
		fi
		attributes=${value:$((2 * ((length + 3) / 4 * 4)))}
	done
	return 1
}

# find_public_address takes the first way whose answer lies in the shard's prefix. An address outside of it is not this shard's:
# media sent there would go astray.
find_public_address() {
	local prefix way found reasons=""
	prefix=$(setting .publicPrefix) || exit
	for way in by_load_balancer by_instance by_stun; do
		reason="no answer"
		# Not in a subshell: the way says in reason why it failed.
		if "$way" >"$work/address"; then
			found=$(<"$work/address")
			if within "$found" "$prefix"; then
				public_address=$found
				log "the public address is $found ($way)${reasons:+, although: $reasons}"
				return
			fi
			reason="$way says $(printf '%.60q' "$found"), which is outside $prefix"
		fi
		reasons+="${reasons:+; }$reason"
	done
	reason=$reasons
	return 1
}

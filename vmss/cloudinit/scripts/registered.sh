#!/usr/bin/env bash
# Waits until the videobridge is in its shard's brewery room, says so, and remembers it: the boot deadline no longer binds
# this machine. The videobridge's own health check does not look at that.
# Source: jitsi-videobridge, JvbHealthChecker.
# Installed by the deployment program from vmss/cloudinit; edit it there.
set -uo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=lib.sh
. "$here/lib.sh"
# shellcheck source=http.sh
. "$here/http.sh"

joined() {
	local numbers
	fetch "http://$PRIVATE_ADDRESS:$REST_PORT/colibri/stats" </dev/null || return 1
	if ! numbers=$(answer '[.muc_clients_connected, .mucs_joined] | select(all(type == "number")) | map(floor) | @tsv'); then
		reason="the videobridge's statistics do not say whether it is registered"
		return 1
	fi
	read -r connected rooms <<<"$numbers"
	reason="connected to Prosody: $connected, rooms joined: $rooms"
	[ "$connected" -ge 1 ] && [ "$rooms" -ge 1 ]
}

[ -e "$run/machine.env" ] || die "boot.sh has not finished"
# shellcheck source=/dev/null
. "$run/machine.env"
work=$(mktemp -d "$run/registered.XXXXXX") || die "no temporary folder"
trap 'rm -rf "$work"' EXIT
step registration patiently "registration with the shard" joined
: >"$state/alive" || die "cannot write $state/alive"
printf '%s\n' "$EPOCHSECONDS" | write "$state/registered" 0644 "$(id -u):$(id -g)" || exit
log "registered with shard $(setting .shard), $(age) s after the machine's first start"

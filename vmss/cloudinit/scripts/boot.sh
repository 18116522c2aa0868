#!/usr/bin/env bash
# Prepares this machine for its videobridge: finds the public address, fetches the secret, writes the configuration. Running
# it again is harmless: every file is replaced as a whole or stays as it is, and a bridge that runs is not touched.
#
# Exit codes: 0 done; 1 failed, try again; 78 never try again (past the boot deadline, or deployed wrongly).
# Installed by the deployment program from vmss/cloudinit; edit it there.
set -uo pipefail
umask 077
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=lib.sh
. "$here/lib.sh"
# shellcheck source=http.sh
. "$here/http.sh"
# shellcheck source=address.sh
. "$here/address.sh"
# shellcheck source=secret.sh
. "$here/secret.sh"

# The trust store holds nothing secret, but Java opens none without a password. Written also in JAVA_SYS_PROPS.
# shellcheck disable=SC2034  # secret.sh uses it
readonly trust_password=certificates
# The videobridge reads its configuration as a member of this group.
owner=${BRIDGE_OWNER:-root:jitsi}
vm_id="" private_address="" public_address=""

refuse_if_over() {
	in_time
	case $? in
	0) ;;
	1) die "$too_late" "$over" ;;
	*) die "the age of this machine is not known" ;;
	esac
	[ ! -e "$state/retired" ] || die "the bridge of this machine has ended for good" "$over"
}

# machine_lines are the lines of the configuration that only this machine can know, in HOCON. jq quotes every value, so that
# none of them can be more than a string.
machine_lines() {
	# shellcheck disable=SC2016  # jq's variables
	jq --raw-output --arg id "$vm_id" --arg private "$private_address" --arg public "$public_address" '
		"videobridge.http-servers.private.host = \($private | tojson)",
		"videobridge.apis.xmpp-client.configs.shard.MUC_NICKNAME = \($id | tojson)",
		"videobridge.apis.xmpp-client.configs.shard.PASSWORD = \(.password | tojson)",
		"ice4j.harvest.mapping.static-mappings = [",
		"  { local-address = \($private | tojson), public-address = \($public | tojson), name = \"public\" }",
		"]"' "$work/secret.json"
}

configure() {
	local port
	port=$(setting .restPort) || exit
	write "$videobridge/trust.p12" 0640 "$owner" <"$work/trust.p12"
	# Behind a pipe write could not end the run, so there is none.
	cp "$root/etc/jitsi-bridge/jvb.conf" "$work/jvb.conf" || die "the shard's part of the configuration is not there" "$over"
	machine_lines >>"$work/jvb.conf" || die "the secret cannot be written as configuration"
	write "$videobridge/jvb.conf" 0640 "$owner" <"$work/jvb.conf"
	write "$run/machine.env" 0644 "$(id -u):$(id -g)" < <(
		printf 'PRIVATE_ADDRESS=%s\nREST_PORT=%s\nVM_ID=%s\n' "$private_address" "$port" "$vm_id"
	)
}

main() {
	mkdir -p "$state" "$run" "$videobridge" || die "cannot make folders"
	chmod 0755 "$state" "$run"
	if ! { chmod 0750 "$videobridge" && chown "$owner" "$videobridge"; }; then
		die "cannot close $videobridge"
	fi
	exec 9>"$run/lock"
	flock 9 || die "another run does not end"
	rm -rf "$run"/boot.* # of runs that were killed, with what they had fetched
	work=$(mktemp -d "$run/boot.XXXXXX") || die "no temporary folder"
	trap 'rm -rf "$work"' EXIT
	refuse_if_over
	step identity patiently "who this machine is" identity
	step address patiently "the public address" find_public_address
	step token patiently "a token of the machine's identity" token
	step secret patiently "the shard's secret" secret
	step configuration configure
	refuse_if_over # looking may have taken long
	: >"$run/ready"
	log "ready: $vm_id, $private_address is $public_address, shard $(setting .shard), $(age) s after the machine's first start"
}

main

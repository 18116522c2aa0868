#!/usr/bin/env bash
# Appends the videobridge's numbers, one JSON object on one line, to the file that the monitoring agent reads. A number that
# is absent or no number is left out. No answer, no line: what is missing is seen by its absence.
# Installed by the deployment program from vmss/cloudinit; edit it there.
set -uo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=lib.sh
. "$here/lib.sh"
# shellcheck source=http.sh
. "$here/http.sh"

[ -e "$run/machine.env" ] || exit 0
# shellcheck source=/dev/null
. "$run/machine.env"
work=$(mktemp -d "$run/metrics.XXXXXX") || die "no temporary folder"
trap 'rm -rf "$work"' EXIT
fetch "http://$PRIVATE_ADDRESS:$REST_PORT/colibri/stats" </dev/null || die "metrics: $reason"
line=$(answer --compact-output --arg id "$VM_ID" --slurpfile settings "$settings" --from-file "$root/etc/jitsi-bridge/metrics.jq") ||
	die "metrics: the videobridge's statistics cannot be read"
[ ! -e "$state/registered" ] || : >"$state/alive" # see in_time
mkdir -p "$root/var/log/jitsi-bridge"
printf '%s\n' "$line" >>"$root/var/log/jitsi-bridge/metrics.json"

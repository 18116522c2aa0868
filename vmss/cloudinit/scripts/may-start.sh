#!/usr/bin/env bash
# Whether systemd may start the videobridge: after a finished boot.sh, before the boot deadline unless it was registered
# before, and never again once it has ended for good. Exit code 1 keeps it from starting without calling that a failure.
# Installed by the deployment program from vmss/cloudinit; edit it there.
set -uo pipefail
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

[ -e "$run/ready" ] || die "the videobridge does not start: boot.sh has not finished"
[ ! -e "$state/retired" ] || die "the videobridge does not start: it has ended for good"
in_time || die "the videobridge does not start: $too_late"

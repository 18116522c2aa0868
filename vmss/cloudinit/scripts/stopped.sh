#!/usr/bin/env bash
# Remembers that the videobridge ended for good: by itself, after a graceful shutdown, which is what exit code 0 means. A
# restart of the machine must not bring it back then, because the reaper is about to delete it. Run by systemd.
# Installed by the deployment program from vmss/cloudinit; edit it there.
set -uo pipefail
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

log "the videobridge ended: ${SERVICE_RESULT:-?}, ${EXIT_CODE:-?}, ${EXIT_STATUS:-?}"
if [ "${SERVICE_RESULT:-}" = success ] && [ "${EXIT_CODE:-}" = exited ] && [ "${EXIT_STATUS:-}" = 0 ]; then
	: >"$state/retired"
	log "it has shut down gracefully and does not start again on this machine"
fi

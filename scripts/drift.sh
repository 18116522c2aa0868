#!/usr/bin/env bash
# Lists what differs between a deployed environment and the program: scripts/drift.sh prod
# Ends with 0 where nothing does and with 2 where something does. How many machines the autoscalers run is no difference.
# Needs what `make tools build` makes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
preview=$(mktemp)
trap 'rm -f "$preview"' EXIT
# A preview that fails says why in its JSON, where drift finds it.
"$(scripts/find-pulumi.sh)" preview --stack "${1:?name the stack}" --refresh --json --non-interactive >"$preview" || failed=$?
.bin/drift <"$preview"
exit "${failed:-0}"

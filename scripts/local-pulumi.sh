#!/usr/bin/env bash
# Runs one pulumi command on a stack of the local cloud: STACK=dev scripts/local-pulumi.sh stack --show-urns
#
# LOCAL_ROOT and LOCAL_CONFIG give the run another folder for its state and cloud, and another configuration; tests use
# them. Needs what `make tools build` makes.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

exec "$root/.bin/local" -root "$root" -pulumi "$("$root/scripts/find-pulumi.sh")" \
	-local "${LOCAL_ROOT:-}" -config "${LOCAL_CONFIG:-}" pulumi "${STACK:-dev}" "$@"

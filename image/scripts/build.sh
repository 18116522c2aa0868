#!/usr/bin/env bash
# Makes a bridge's machine of a fresh Ubuntu. Run as root on the build machine, before finish.sh.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"

# cloud-init still changes sources of packages in the first seconds. Exit code 2 is a finished run with warnings.
code=0
cloud-init status --wait || code=$?
[ "$code" -eq 0 ] || [ "$code" -eq 2 ] || fail "cloud-init ended with $code"

for step in repository install tune; do
	say "$step"
	"$here/$step.sh"
done

#!/usr/bin/env bash
# Checks the finished machine from inside: lists everything that is wrong, and ends with 1 if anything is. A machine that it
# cannot look into counts as wrong.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"
# shellcheck source-path=SCRIPTDIR source=checks.sh
. "$here/checks.sh"

version=$(package_version)
defects=0

# defect is what a check says about each thing that is wrong.
defect() {
	printf 'image: DEFECT: %s\n' "$*" >&2
	defects=$((defects + 1))
}

packages "$version"
programs
users
settings
services
secrets
identity
leftovers

[ "$defects" -eq 0 ] || fail "$defects defects"
say "nothing is wrong"

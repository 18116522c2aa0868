#!/usr/bin/env bash
# Prints the pulumi command to use: the one on the PATH where it is suitable, else .bin/pulumi, which `make tools` builds.
#
# Suitable means: the same major version as .pulumi.version, at least that version, and the Go language host next to it.
# An older engine would not know what the project's SDK asks for.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

own="$PWD/.bin/pulumi"

suitable() {
	local candidate=$1 real version wanted
	real=$(realpath "$candidate") || return 1
	[ "$real" != "$own" ] || return 1
	[ -x "$(dirname "$real")/pulumi-language-go" ] || return 1
	version=$(PULUMI_SKIP_UPDATE_CHECK=true "$candidate" version 2>/dev/null) || return 1
	version=${version#v}
	wanted=$(cat .pulumi.version)
	[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]] || return 1
	[ "${version%%.*}" = "${wanted%%.*}" ] || return 1
	[ "$(printf '%s\n%s\n' "$wanted" "$version" | sort -V | head -n 1)" = "$wanted" ]
}

if candidate=$(command -v pulumi) && suitable "$candidate"; then
	echo "$candidate"
else
	echo "$own"
fi

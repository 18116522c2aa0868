#!/usr/bin/env bash
# Installs Azurite, the storage emulator that the reaper's memory is tested against, into .bin/azurite: exactly the packages
# of tools/azurite/package-lock.json, none of whose install scripts run. Does nothing where they are there already.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

wanted=tools/azurite
installed=.bin/azurite
# The lowest version of Node that was tried. Azurite itself asks for 22, but only for the sake of what it does not need here.
lowest=18

fail() {
	printf 'make azurite: %s\n' "$@" >&2
	exit 1
}

if [ -f "$installed/node_modules/azurite/package.json" ] &&
	cmp -s "$wanted/package-lock.json" "$installed/package-lock.json"; then
	exit 0
fi

for program in node npm; do
	command -v "$program" >/dev/null ||
		fail "there is no $program on the PATH." \
			"Run make deps, which installs the Debian packages nodejs and npm where nothing else has put them there."
done
version=$(node --version)
major=${version#v}
[ "${major%%.*}" -ge "$lowest" ] || fail "node $version is older than $lowest, the lowest version that was tried."

echo "installing Azurite: less than a minute, once"
mkdir -p .bin
# A folder of its own until it is complete: what a killed run leaves behind is never taken for Azurite.
fresh=$(mktemp -d .bin/azurite.XXXXXX)
trap 'rm -rf "$fresh"' EXIT
cp "$wanted/package.json" "$wanted/package-lock.json" "$fresh"
(
	cd "$fresh"
	npm ci --ignore-scripts --omit=dev --no-audit --no-fund --loglevel=error --engine-strict=false
) || fail "npm could not install it (above). It fetches from the registry that npm is set to use on this machine."
rm -rf "$installed"
mv "$fresh" "$installed"

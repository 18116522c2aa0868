# What the scripts of the image build have in common. It is sourced, never run.
# shellcheck shell=bash

# Every path begins with it. It is empty on the build machine; tests let the scripts work on a folder.
root=${ROOT:-}
# shellcheck disable=SC2034
files=$(dirname "${BASH_SOURCE[0]}")/../files

export DEBIAN_FRONTEND=noninteractive LC_ALL=C

say() { printf 'image: %s\n' "$*"; }

fail() {
	printf 'image: FAILED: %s\n' "$*" >&2
	exit 1
}

# package_version is the version to install, which the template hands over. An unset one must not mean "any".
package_version() {
	[[ ${PACKAGE_VERSION:-} =~ ^[0-9]+\.[0-9]+-[0-9]+-g[0-9a-f]{7,40}-[0-9]+$ ]] ||
		fail "PACKAGE_VERSION is '${PACKAGE_VERSION:-}', not such as 2.3-307-g4bb0aead1-1"
	printf '%s' "$PACKAGE_VERSION"
}

# units changes what systemd starts, without asking a running systemd.
units() { systemctl --root="${root:-/}" --quiet "$@"; }

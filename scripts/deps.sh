#!/usr/bin/env bash
# Installs the Debian packages of debian-packages.txt that are missing. Does nothing, and needs no rights, where all of
# them are there.
set -euo pipefail
list="$(dirname "${BASH_SOURCE[0]}")/debian-packages.txt"

packages() { grep -v '^[[:space:]]*\(#\|$\)' "$list" | awk '{print $1, $2, $3}'; }

installed_version() { dpkg-query --show --showformat='${db:Status-Status} ${Version}' "$1" 2>/dev/null | sed -n 's/^installed //p'; }

explain() {
	{
		echo "make deps: $1"
		echo "Install these yourself, then run make again:"
		packages | awk '{print "  " $1 " (" $2 " or newer)"}'
	} >&2
	exit 1
}

# elsewhere says that the program of a package is on the PATH although dpkg does not know the package.
elsewhere() { [ "$2" != - ] && [ -z "$(installed_version "$1")" ] && command -v "$2" >/dev/null; }

missing() {
	local name program
	packages | while read -r name _ program; do
		[ -n "$(installed_version "$name")" ] || elsewhere "$name" "$program" || echo "$name"
	done
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	else
		sudo "$@"
	fi
}

# keep_quiet leaves this machine as it was, apart from programs: tests start the servers themselves, and cloud-init must not
# set the machine up anew at its next start.
keep_quiet() {
	local name
	for name in "$@"; do
		case "$name" in
		prosody | coturn)
			[ ! -d /run/systemd/system ] || as_root systemctl --quiet disable --now "$name.service"
			;;
		cloud-init)
			as_root touch /etc/cloud/cloud-init.disabled
			;;
		esac
	done
}

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
	explain "this machine has no apt-get, so it cannot install packages."
fi

mapfile -t wanted < <(missing)
if [ "${#wanted[@]}" -gt 0 ]; then
	if [ "$(id -u)" -ne 0 ]; then
		command -v sudo >/dev/null || explain "installing packages needs root, and there is no sudo."
		sudo -n true 2>/dev/null || [ -t 0 ] ||
			explain "installing packages needs root: sudo wants a password, and there is no terminal to ask for it."
	fi
	echo "make deps: installing ${wanted[*]}"
	export DEBIAN_FRONTEND=noninteractive
	as_root apt-get update -qq
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${wanted[@]}"
	keep_quiet "${wanted[@]}"
fi

packages | while read -r name lowest program; do
	if elsewhere "$name" "$program"; then
		echo "make deps: $name is not needed, $(command -v "$program") is there"
		continue
	fi
	have=$(installed_version "$name")
	if ! dpkg --compare-versions "$have" ge "$lowest"; then
		echo "make deps: $name $have is older than $lowest, the lowest version that was tried" >&2
		exit 1
	fi
	echo "make deps: $name $have"
done

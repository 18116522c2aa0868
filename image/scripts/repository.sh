#!/usr/bin/env bash
# Lets apt take one package, the videobridge, from Jitsi's repository, with a key that is checked before apt trusts it.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# Jitsi publishes no fingerprint of the key. This is the one in use since April 2021, when 66A9CD05…2DC1389C was replaced.
# Source: freifunkMUC/ffmuc-salt-public, jitsi/base.sls, has all of it; jitsi/jitsi-videobridge issue 1634 and
# jitsi/jitsi-meet issue 9084, where a maintainer confirms the change, have its last 16 digits.
fingerprint=${JITSI_KEY_FINGERPRINT:-FFD65A0DA2BEBDEB73D44C8BB4D2D216F1FD7806}
address=https://download.jitsi.org
keyring=/usr/share/keyrings/jitsi-keyring.gpg

# fingerprints prints those of all primary keys in a file.
fingerprints() {
	gpg --homedir "$work" --batch --quiet --show-keys --with-colons "$1" |
		awk -F: '$1 == "pub" { primary = 1 } $1 == "fpr" && primary { print $10; primary = 0 }'
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 0700 "$work"
version=$(package_version)

curl --fail --silent --show-error --location --proto '=https' --tlsv1.2 --retry 3 --max-time 60 \
	--output "$work/key" "$address/jitsi-key.gpg.key"
found=$(fingerprints "$work/key" || true)
# One key, and this one: a second one in the same file would be trusted along with it.
[ "$found" = "$fingerprint" ] ||
	fail "$address/jitsi-key.gpg.key holds other keys than $fingerprint: ${found:-none}. Has Jitsi announced a new key?"
gpg --homedir "$work" --batch --quiet --yes --dearmor --output "$work/keyring" "$work/key"
install -D -m 0644 "$work/keyring" "$root$keyring"

mkdir -p "$root/etc/apt/sources.list.d" "$root/etc/apt/preferences.d"
printf 'deb [signed-by=%s] %s stable/\n' "$keyring" "$address" >"$root/etc/apt/sources.list.d/jitsi.list"
# Nothing else comes from there, whatever it offers.
cat >"$root/etc/apt/preferences.d/jitsi" <<PREFERENCES
Package: *
Pin: origin "download.jitsi.org"
Pin-Priority: -1

Package: jitsi-videobridge2
Pin: version $version
Pin-Priority: 1001
PREFERENCES

#!/usr/bin/env bash
# Brings the machine up to date, installs the videobridge and what a bridge needs to boot, and holds both back from upgrades.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

videobridge=$root/etc/jitsi/videobridge
policy=$root/usr/sbin/policy-rc.d
# What boot scripts call beyond a plain Ubuntu, and Java with keytool.
needed=(openjdk-17-jre-headless curl jq nftables iproute2 logrotate)

apt() {
	apt-get --yes --quiet -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 \
		-o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@"
}

# Packages start their services when they are installed, unless this says no. Here the videobridge must never run: it would
# leave logs and keys behind. Source: Debian, invoke-rc.d(8).
forbid_starts() {
	mkdir -p "$(dirname "$policy")"
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod 0755 "$policy"
	trap 'rm -f "$policy"' EXIT
}

# forget_generated takes out what the package makes up for a machine that is set up by hand: a password, the same on every
# machine of this image, and a STUN server.
forget_generated() {
	if [ -f "$videobridge/config" ]; then
		sed -i '/^JVB_SECRET=/d' "$videobridge/config"
	fi
	rm -f "$videobridge/sip-communicator.properties"
	debconf-communicate jitsi-videobridge2 <<<'UNREGISTER jitsi-videobridge/jvbsecret' >/dev/null || true
}

version=$(package_version)
forbid_starts
apt update
# Both restart services after an upgrade. Source: Ubuntu, "needrestart changes in Ubuntu 24.04".
apt purge needrestart unattended-upgrades
apt dist-upgrade
install -D -m 0640 "$files/jvb.conf" "$videobridge/jvb.conf"
debconf-set-selections <<<'jitsi-videobridge jitsi-videobridge/jvb-hostname string localhost'
apt --no-install-recommends install "${needed[@]}" "jitsi-videobridge2=$version"
apt-mark hold jitsi-videobridge2 openjdk-17-jre-headless
# Boot starts it, once it is configured.
units disable jitsi-videobridge2.service
forget_generated

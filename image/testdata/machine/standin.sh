#!/usr/bin/env bash
# Stands in for the programs that change a real machine: does to the folder $ROOT what they would do to the machine, as far
# as the image's scripts have to clean up after it. $CALLS logs what was called.
set -euo pipefail
name=${0##*/}
printf '%s %s\n' "$name" "$*" >>"$CALLS"
dpkg=$ROOT/var/lib/dpkg/status
debconf=$ROOT/var/cache/debconf
etc=$ROOT/etc/jitsi/videobridge

package() {
	printf 'Package: %s\nStatus: install ok installed\nVersion: %s\nArchitecture: all\nMaintainer: nobody\nDescription: none\n\n' \
		"$1" "$2" >>"$dpkg"
}

program() {
	mkdir -p "$ROOT/usr/bin"
	printf '#!/bin/sh\n%s\n' "${2:-:}" >"$ROOT/usr/bin/$1"
	chmod 0755 "$ROOT/usr/bin/$1"
}

# What the package's postinst does. Source: jitsi/jitsi-videobridge, debian/postinst.
videobridge() {
	mkdir -p "$etc" "$ROOT/usr/lib/systemd/system" "$ROOT/etc/systemd/system/multi-user.target.wants" "$debconf"
	[ -e "$etc/jvb.conf" ] || printf 'addresses = [ "meet-jit-si-turnrelay.jitsi.net:443" ]\n' >"$etc/jvb.conf"
	printf 'JVB_HOSTNAME=localhost\nJVB_SECRET=made-up\n' >"$etc/config"
	printf 'org.jitsi.videobridge.xmpp.user.shard.PASSWORD=made-up\n' >"$etc/sip-communicator.properties"
	printf '[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n' \
		>"$ROOT/usr/lib/systemd/system/jitsi-videobridge2.service"
	ln -sf /usr/lib/systemd/system/jitsi-videobridge2.service "$ROOT/etc/systemd/system/multi-user.target.wants/"
	printf 'jitsi:x:998:\n' >>"$ROOT/etc/group"
	printf 'jvb:x:997:998::/usr/share/jitsi-videobridge:/bin/bash\n' >>"$ROOT/etc/passwd"
	printf 'Name: jitsi-videobridge/jvbsecret\nTemplate: jitsi-videobridge/jvbsecret\nValue: made-up\n' >"$debconf/config.dat"
	cp "$debconf/config.dat" "$debconf/config.dat-old"
	if [ ! -x "$ROOT/usr/sbin/policy-rc.d" ]; then
		mkdir -p "$ROOT/var/log/jitsi"
		printf 'started\n' | tee "$ROOT/started" >"$ROOT/var/log/jitsi/jvb.log"
	fi
}

install_all() {
	local argument
	for argument; do
		case $argument in
		jitsi-videobridge2=*)
			package jitsi-videobridge2 "${argument#*=}"
			videobridge
			;;
		openjdk-17-jre-headless)
			package "$argument" 17.0.12+7-1ubuntu2~24.04
			# shellcheck disable=SC2016
			program java 'echo "openjdk version \"17.0.12\" 2024-07-16" >&2'
			program keytool
			;;
		curl | jq | nftables | logrotate)
			package "$argument" 1
			program "${argument/nftables/nft}"
			;;
		esac
	done
}

purge() {
	local unwanted
	for unwanted in needrestart unattended-upgrades; do
		[[ " $* " != *" $unwanted "* ]] || sed -i "/^Package: $unwanted$/,/^$/d" "$dpkg"
	done
}

case $name in
apt-get)
	case " $* " in
	*" update "*) mkdir -p "$ROOT/var/lib/apt/lists" && echo list >"$ROOT/var/lib/apt/lists/ubuntu" ;;
	*" install "*) install_all "$@" ;;
	*" purge "*) purge "$@" ;;
	esac
	;;
apt-mark)
	shift
	for held; do
		sed -i "/^Package: $held$/,/^$/s/^Status: install/Status: hold/" "$dpkg"
	done
	;;
curl)
	while [ "$1" != --output ]; do shift; done
	cp "$KEY" "$2"
	;;
debconf-communicate) : >"$debconf/config.dat" ;;
cloud-init)
	[ "$1" = clean ] || exit "${CLOUD_INIT_CODE:-0}"
	rm -rf "$ROOT/var/lib/cloud/instances"
	;;
esac

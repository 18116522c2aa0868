#!/usr/bin/env bash
# Takes out what belongs to the build machine alone: identity, keys, logs, caches.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# Whoever writes logs would go on doing so. There is none in a folder that tests work on.
if [ -z "$root" ]; then
	systemctl stop syslog.socket rsyslog.service 2>/dev/null || true
fi

cloud-init clean --logs
apt-get --yes --quiet clean
find "$root/var/lib/apt/lists" -mindepth 1 -delete 2>/dev/null || true
# debconf keeps the answers from before its last change, which still have the videobridge's generated password.
rm -f "$root"/var/cache/debconf/*-old

rm -f "$root"/etc/ssh/ssh_host_*
rm -f "$root"/root/.ssh/authorized_keys "$root"/root/.bash_history
rm -f "$root"/etc/ssl/private/ssl-cert-snakeoil.key
rm -f "$root"/var/lib/systemd/random-seed "$root"/var/lib/dbus/machine-id

# Empty, and neither absent nor "uninitialized": those mean a first boot to systemd, which then enables services by their
# presets, the videobridge among them. Source: systemd, machine-id(5).
mkdir -p "$root/etc"
: >"$root/etc/machine-id"

find "$root/var/log" -type f \( -name '*.gz' -o -name '*.[0-9]' \) -delete 2>/dev/null || true
rm -rf "$root"/var/log/journal/* "$root"/var/log/jitsi/*
find "$root/var/log" -type f -exec truncate --size 0 {} + 2>/dev/null || true

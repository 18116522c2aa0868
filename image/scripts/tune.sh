#!/usr/bin/env bash
# Settings of the machine for media, and for being left alone while it carries conferences.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

put() { install -D -m 0644 "$files/$1" "$root$2"; }

put 90-bridge-sysctl.conf /etc/sysctl.d/90-bridge.conf
put bridge-limits.conf /etc/systemd/system/jitsi-videobridge2.service.d/limits.conf
put 99-bridge-apt.conf /etc/apt/apt.conf.d/99-bridge
units mask apt-daily.timer apt-daily-upgrade.timer

# The checks of verify.sh. It is sourced, never run.
# shellcheck shell=bash
# shellcheck disable=SC2154  # root and files are lib.sh's

# status prints what dpkg knows of a package, such as "hold ok installed 2.3-307-g4bb0aead1-1", or nothing.
status() {
	dpkg-query --admindir="$root/var/lib/dpkg" --show --showformat='${Status} ${Version}' "$1" 2>/dev/null || true
}

packages() {
	local name found
	found=$(status jitsi-videobridge2)
	[[ $found == *" ok installed $1" ]] || defect "jitsi-videobridge2 is '$found', not version $1"
	for name in jitsi-videobridge2 openjdk-17-jre-headless; do
		[[ $(status "$name") == "hold ok installed "* ]] || defect "$name is not held"
	done
	for name in needrestart unattended-upgrades; do
		[[ $(status "$name") != *" ok installed "* ]] || defect "$name is installed: it restarts services"
	done
	[ -s "$root/usr/share/keyrings/jitsi-keyring.gpg" ] || defect "the repository's key is missing"
	[ "$(cat "$root/etc/apt/sources.list.d/jitsi.list" 2>/dev/null)" = \
		"deb [signed-by=/usr/share/keyrings/jitsi-keyring.gpg] https://download.jitsi.org stable/" ] ||
		defect "the repository is not tied to its key"
	[ ! -e "$root/usr/sbin/policy-rc.d" ] || defect "policy-rc.d is left: no service would start"
}

# programs are those that boot needs, wherever Ubuntu keeps them.
programs() {
	local name folder
	for name in bash curl jq ip nft java keytool flock timeout od dd awk logrotate systemctl systemd-socket-proxyd \
		cloud-init waagent; do
		for folder in usr/bin usr/sbin usr/lib/systemd bin sbin; do
			[ ! -x "$root/$folder/$name" ] || continue 2
		done
		defect "there is no $name"
	done
	[[ $("$root/usr/bin/java" -version 2>&1) =~ version\ \"17\. ]] || defect "Java is not version 17"
}

users() {
	local group
	group=$(awk -F: '$1 == "jitsi" { print $3 }' "$root/etc/group" 2>/dev/null || true)
	[ -n "$group" ] || defect "there is no group jitsi"
	[ "$(awk -F: '$1 == "jvb" { print $4 }' "$root/etc/passwd" 2>/dev/null || true)" = "${group:-absent}" ] ||
		defect "there is no user jvb in the group jitsi"
}

# same compares an installed file with the one in this repository.
same() { cmp --silent "$files/$1" "$root$2" || defect "$2 is not what was installed"; }

settings() {
	local key file
	same 90-bridge-sysctl.conf /etc/sysctl.d/90-bridge.conf
	same bridge-limits.conf /etc/systemd/system/jitsi-videobridge2.service.d/limits.conf
	same 99-bridge-apt.conf /etc/apt/apt.conf.d/99-bridge
	same jvb.conf /etc/jitsi/videobridge/jvb.conf
	# Files are read in the order of their names, whatever folder they are in. Source: sysctl.d(5).
	for file in "$root"/{etc,run,usr/lib}/sysctl.d/*.conf; do
		[[ ${file##*/} > 90-bridge.conf ]] || continue
		for key in rmem_max netdev_max_backlog; do
			! grep -qs "^[[:space:]]*net[./]core[./]$key\b" "$file" || defect "${file#"$root"} overrides net.core.$key"
		done
	done
}

services() {
	local name
	[ -z "$(listed find "$root/etc/systemd/system" -path '*.wants/*' -name 'jitsi-videobridge*')" ] ||
		defect "the videobridge would start by itself"
	[ -z "$(listed find "$root"/etc/rc?.d -name 'S*jitsi*')" ] || defect "the videobridge would start by itself, from rc.d"
	for name in apt-daily.timer apt-daily-upgrade.timer; do
		[ "$(readlink "$root/etc/systemd/system/$name")" = /dev/null ] || defect "$name is not masked"
	done
	[ ! -e "$root/etc/cloud/cloud-init.disabled" ] || defect "cloud-init is disabled"
}

# listed runs a command that lists files and makes one line of at most five of them, without the root. Folders that are not
# there hold nothing.
listed() { { "$@" 2>/dev/null || true; } | sed "s|^$root/*|/|" | sort | sed -n 1,5p | paste -sd ' '; }

secrets() {
	local found
	found=$(listed find "$root/etc/ssh" -name 'ssh_host_*')
	[ -z "$found" ] || defect "SSH host keys: $found"
	found=$(listed grep -rIlE -e '-----BEGIN ([A-Z]+ )?PRIVATE KEY' "$root"/{etc,root,home,var/lib})
	[ -z "$found" ] || defect "private keys: $found"
	found=$(listed find "$root/etc/jitsi" \( -name '*.p12' -o -name '*.jks' -o -name '*.pem' -o -name '*.keystore' \))
	[ -z "$found" ] || defect "key stores: $found"
	found=$(listed grep -rIliE '(JVB_SECRET|PASSWORD)[[:space:]]*[=:]' "$root/etc/jitsi")
	[ -z "$found" ] || defect "a password of the videobridge: $found"
	found=$(listed grep -rIli 'jitsi\.net' "$root/etc/jitsi")
	[ -z "$found" ] || defect "a server of somebody else's: $found"
	# shellcheck disable=SC2016
	found=$(listed awk '/^Name: / { name = $2 } /^Value: ./ && name ~ /jvbsecret/ { print FILENAME }' \
		"$root"/var/cache/debconf/*.dat*)
	[ -z "$found" ] || defect "debconf knows the videobridge's password: $found"
	[ ! -s "$root/root/.ssh/authorized_keys" ] || defect "somebody may log in as root"
}

identity() {
	if [ ! -f "$root/etc/machine-id" ] || [ -s "$root/etc/machine-id" ]; then
		defect "/etc/machine-id is not an empty file"
	fi
	[ ! -f "$root/var/lib/dbus/machine-id" ] || [ -L "$root/var/lib/dbus/machine-id" ] ||
		defect "/var/lib/dbus/machine-id is left"
	[ -z "$(listed find "$root/var/lib/cloud/instances" -mindepth 1)" ] || defect "cloud-init knows the build machine"
	[ ! -e "$root/var/lib/systemd/random-seed" ] || defect "the random seed is left: machines would share it"
}

leftovers() {
	local found
	# The journal, Azure's agent and sshd, which counts who failed to log in, still write at this moment.
	found=$(listed find "$root/var/log" -type f -size +0 ! -path '*/journal/*' ! -path '*/azure/*' \
		! -name waagent.log ! -name '[bw]tmp' ! -name lastlog)
	[ -z "$found" ] || defect "logs: $found"
	[ -z "$(listed find "$root/var/lib/apt/lists" -type f -size +0)" ] || defect "apt's lists are left"
}

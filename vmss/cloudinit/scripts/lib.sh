# What the bridge's boot scripts have in common. It is sourced, never run.
# Installed by the deployment program from vmss/cloudinit; edit it there.
# shellcheck shell=bash
# shellcheck disable=SC2034  # those that source it use what it sets

# Every path begins with BRIDGE_ROOT, which is empty on a machine.
root=${BRIDGE_ROOT:-}
settings=$root/etc/jitsi-bridge/shard.json
state=$root/var/lib/jitsi-bridge # survives a restart of the machine
run=$root/run/jitsi-bridge       # does not
# The videobridge's configuration. The folder is root's, unlike the package's own, in which the videobridge's user could plant links.
videobridge=$root/etc/jitsi-bridge/videobridge

# Exit codes. systemd tries again after the first and not after the second.
readonly failed=1 over=78

# How long a run looks for one thing, and the pause between two looks, in seconds.
patience=${BRIDGE_PATIENCE_SECONDS:-120}
pause=${BRIDGE_RETRY_SECONDS:-3}

log() { printf 'jitsi-bridge: %s\n' "$*" >&2; }

die() {
	log "FAILED: $1"
	exit "${2:-$failed}"
}

# setting prints a value of the shard's settings. An absent one is a mistake of the deployment: no machine could mend it.
setting() {
	jq --exit-status --raw-output "$1 | if . == null then empty else . end" "$settings" 2>/dev/null ||
		die "$settings has no $1" "$over"
}

now_ms() { printf '%s' "$((${EPOCHREALTIME/[.,]/} / 1000))"; }

# step runs a function and says how long it took. One that fails is no step.
step() {
	local name=$1 start
	start=$(now_ms)
	shift
	"$@" || return
	log "step $name: $(($(now_ms) - start)) ms"
}

# Why the last look at something found nothing. Whoever gives up says it.
reason="nothing was tried"

# patiently runs a function until it succeeds, for as long as the patience lasts. The function sets reason when it fails.
patiently() {
	local what=$1 end=$((SECONDS + patience)) said=""
	shift
	until "$@"; do
		if [ "$reason" != "$said" ]; then
			log "$what: not yet: $reason"
			said=$reason
		fi
		[ "$SECONDS" -lt "$end" ] || die "$what: $reason (tried for $patience s)"
		sleep "$pause"
	done
}

# write puts standard input into a file, whole or not at all. What a run that was killed left half-written beside it is
# written over by the next one.
write() {
	local path=$1 mode=$2 owner=$3
	if ! { cat >"$path.new" && chmod "$mode" "$path.new" && chown "$owner" "$path.new" && mv -f "$path.new" "$path"; }; then
		die "cannot write $path"
	fi
}

# The machine's age in seconds since it first started, by the clock that nobody sets as long as this is its first start. A
# machine whose clock went backwards since then is of an unknown age, which counts as too old.
age() {
	local up boot first_boot first_start born now
	read -r up _ <"$root/proc/uptime" || die "no uptime"
	up=${up%%.*}
	boot=$(<"$root/proc/sys/kernel/random/boot_id")
	now=${EPOCHSECONDS}
	if [ ! -s "$state/first-start" ]; then
		printf '%s %s\n' "$boot" "$((now - up))" | write "$state/first-start" 0644 "$(id -u):$(id -g)"
	fi
	read -r first_boot first_start <"$state/first-start" || die "$state/first-start is empty"
	if [ "$first_boot" = "$boot" ]; then
		printf '%s' "$up"
	elif [[ $first_start =~ ^[0-9]+$ ]] && born=$((now - first_start)) && [ "$born" -ge "$up" ]; then
		printf '%s' "$born"
	else
		printf '%s' 999999999
	fi
}

# How long a bridge that was registered may be away and still come back, in seconds. The reaper takes one for gone, and may be about
# to delete it, after two hours without an answer (functions/reaper/decide, Policy.GoneFor).
readonly longest_absence=6000

readonly too_late="the machine was never registered and is past its boot deadline, or was registered and away for too long"

# in_time says whether a bridge may still be started here: exit code 0 yes, 1 no, 2 not known.
#
# Past the boot deadline the reaper may be about to delete a machine that never registered, so none may come up and be given a
# conference. A deadline of 0 is none: that reaper deletes no such machine. A machine that was registered is not bound by it, but
# must have been seen alive lately, for the same reason.
in_time() {
	local age deadline
	if [ -e "$state/registered" ]; then
		age=$((EPOCHSECONDS - $(stat -c %Y "$state/alive" 2>/dev/null || printf 0)))
		[ "$age" -ge 0 ] && [ "$age" -lt "$longest_absence" ]
		return
	fi
	deadline=$(setting .bootDeadlineSeconds) || exit
	age=$(age) || return 2
	[ "$deadline" -eq 0 ] || [ "$age" -lt "$deadline" ]
}

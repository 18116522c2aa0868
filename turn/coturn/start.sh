#!/bin/sh
# Starts the relay in its container, gives it a renewed certificate, and stops it without cutting anybody off. It needs nothing
# but a POSIX shell whose ulimit knows -n, cat, cksum, mkfifo and sleep, which the image has in all its variants, and is cheaper
# with GNU's grep, which Debian's has. Neither has an openssl.
# shellcheck disable=SC2317 # what a signal calls looks unreachable
# shellcheck disable=SC3045 # dash and busybox have ulimit -n, which POSIX does not ask for
set -eu
umask 077

# The effective configuration is composed here, because the secret must neither lie in a ConfigMap nor be seen in the list of
# processes. A character that means something to coturn's parser would make it another secret than the one Prosody has.
compose() {
    secret=$(cat "$TURN_SECRET_FILE")
    case $secret in
        '' | *[!A-Za-z0-9+/=_-]*)
            echo "$TURN_SECRET_FILE is empty or has other characters than A-Z a-z 0-9 + / = _ -" >&2
            exit 1
            ;;
    esac
    {
        cat "$TURN_CONFIGURATION"
        printf 'listening-ip=%s\nrelay-ip=%s\n' "$POD_IP" "$POD_IP"
        printf 'static-auth-secret=%s\n' "$secret"
    } >"$TURN_RUNTIME_FOLDER/turnserver.conf"
}

fingerprint() {
    if ! [ -r "$TURN_CERTIFICATE_FILE" ] || ! [ -r "$TURN_KEY_FILE" ]; then
        echo "$TURN_CERTIFICATE_FILE or $TURN_KEY_FILE cannot be read" >&2
        return 1
    fi
    cat "$TURN_CERTIFICATE_FILE" "$TURN_KEY_FILE" | cksum
}

# Tells the relay when certificate and key are others than those it has, and the same at two looks: so they are never read
# while they are being replaced. Sessions go on with the certificate they began with. The relay keeps the old pair if the new
# one cannot be read or does not fit.
watch() {
    loaded=$1
    last=$loaded
    while sleep "$TURN_RELOAD_SECONDS"; do
        report_descriptors
        now=$(fingerprint 2>/dev/null) || continue
        if [ "$now" = "$last" ] && [ "$now" != "$loaded" ]; then
            echo "the certificate has changed"
            kill -USR2 "$relay"
            loaded=$now
        fi
        last=$now
    done
}

# A connection takes memory before anybody has said who he is, and no quota counts it. Without a bound of descriptors, one client
# could have the kernel kill the relay and with it everybody's session. Both limits, because coturn raises the soft one to the hard
# one. A container that is allowed less is bounded well enough.
bound_descriptors() {
    ulimit -n "$TURN_DESCRIPTORS" || echo "the relay has $(ulimit -Hn) file descriptors at most"
}

# Says once at each look that new users cannot get in. A few may be free at the moment of a look.
report_descriptors() {
    allowed=$(ulimit -Hn)
    set -- /proc/"$relay"/fd/*
    if [ "$#" -ge $((allowed - 8)) ]; then
        echo "the relay has used up its $allowed file descriptors: new users are not served"
    fi
}

# Prints what the relay prints, except which peers it denied: when two users try to reach each other directly, these are their
# addresses. And except the line that it prints without end while it has no descriptors left, see report_descriptors.
# The relay waits for whoever reads this, and with it everybody's media: grep is much faster than the loop, which reads byte by
# byte. Usernames may be any bytes, hence -a and the locale.
print() {
    if echo x | grep -aqF --line-buffered x 2>/dev/null; then
        LC_ALL=C grep -avF --line-buffered -e 'A peer IP ' -e 'Error from accept() call'
        return
    fi
    while IFS= read -r line; do
        case $line in *'A peer IP '* | *'Error from accept() call'*) ;; *) printf '%s\n' "$line" ;; esac
    done
}

# How many users are connected. State 01 is an established connection. Source: Linux, Documentation/networking/proc_net_tcp.
# The tables may have thousands of lines, over which the loop takes seconds.
connections() {
    port=$(printf '%04X' "$TURN_PORT")
    if command -v grep >/dev/null; then
        cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep -c "^ *[0-9]*: [0-9A-F]*:$port [0-9A-F:]* 01 " || true
        return
    fi
    count=0
    while read -r _ local _ state _; do
        case $local in *:"$port") [ "$state" != 01 ] || count=$((count + 1)) ;; esac
    done <<TABLES
$(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null)
TABLES
    echo "$count"
}

# Ends the relay when the last user has gone. It takes new users all the while, because it stays in its service, which may have
# no other relay. coturn's own drain, which newer versions begin at SIGUSR1, would refuse them; older versions die of that
# signal.
stop() {
    sleep "$TURN_LINGER_SECONDS"
    while [ "$(connections)" -gt 0 ]; do sleep 1; done
    kill -TERM "$relay" 2>/dev/null || true
}

on_signal() {
    [ -z "$stopping" ] || return 0
    stopping=1
    echo "stopping once nobody is connected"
    stop &
}

compose
bound_descriptors
certificate=$(fingerprint)
stopping=
trap on_signal TERM INT
log=$TURN_RUNTIME_FOLDER/log
[ -p "$log" ] || mkfifo "$log"
print <"$log" &
printer=$!
turnserver -c "$TURN_RUNTIME_FOLDER/turnserver.conf" >"$log" 2>&1 &
relay=$!
watch "$certificate" &
watcher=$!

# A signal ends the wait, not the relay.
while kill -0 "$relay" 2>/dev/null; do
    wait "$relay" && code=0 || code=$?
done
kill "$watcher" 2>/dev/null || true
wait "$printer" || true
[ -z "$stopping" ] || exit 0
exit "$code"

#!/bin/sh
# Starts HAProxy with the shards drained that an operator has drained: each has a file, named like the shard, in the
# folder that the ConfigMap of drained shards is mounted at. Without this a restarted proxy would send new rooms to a
# shard that is being emptied.
set -eu
drained="${DRAINED_FOLDER:-/etc/haproxy-drained}"
if [ -d "$drained" ]; then
    for shard in $(ls "$drained"); do
        export "WEIGHT_$shard=0"
    done
fi
# -L: the name by which the other proxies know this one.
exec haproxy -W -db -L "$HOSTNAME" -f "${CONFIGURATION:-/etc/haproxy/haproxy.cfg}"

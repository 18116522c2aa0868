#!/bin/sh
# Starts HAProxy with the shards drained that an operator has drained: each has a file, named like the shard, in the
# folder that the ConfigMap of drained shards is mounted at. Without this a restarted proxy would send new rooms to a
# shard that is being emptied.
set -eu
for shard in "${DRAINED_FOLDER:-/etc/haproxy-drained}"/*; do
    if [ -e "$shard" ]; then
        export "WEIGHT_${shard##*/}=0"
    fi
done
# -L: the name by which the other proxies know this one.
exec haproxy -W -db -L "$PROXY_NAME" -f "${CONFIGURATION:-/etc/haproxy/haproxy.cfg}"

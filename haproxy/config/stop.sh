#!/bin/sh
# Stops a proxy without cutting anybody off early. First it goes on as if nothing were, until the load balancer has stopped
# choosing it. Then it takes no new connections and waits for the open ones, as long as hard-stop-after in haproxy.cfg says.
# Kubernetes' own signal comes only after this has ended: it would end HAProxy at once, or not, as the image declares.
set -eu
sleep "$1"
kill -USR1 "${PROXY_PID:-1}"
while kill -0 "${PROXY_PID:-1}" 2>/dev/null; do
    sleep 1
done

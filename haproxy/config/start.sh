#!/bin/sh
# Starts HAProxy in its container. -W: a master process, which stops its worker gracefully. -L: the name by which the other
# proxies know this one.
set -eu
exec haproxy -W -db -L "$PROXY_NAME" -f "${CONFIGURATION:-/etc/haproxy/haproxy.cfg}"

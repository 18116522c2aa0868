#!/usr/bin/env bash
# Prints the directory of every Go module of the repository that has packages of its own, the main module first.
# tools/kubernetes, tools/kwok, tools/lint and tools/packer only pin programs; the one line of Go in the first starts another's etcd.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

find . -name '.?*' -prune -o -name testdata -prune -o -name node_modules -prune -o -name go.mod -print |
	LC_ALL=C sort | sed 's#/go\.mod$##' | grep -vxF -e ./tools/kubernetes -e ./tools/kwok -e ./tools/lint -e ./tools/packer

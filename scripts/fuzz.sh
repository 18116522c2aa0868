#!/usr/bin/env bash
# Fuzzes every Fuzz function for FUZZTIME (10s each unless told), one after the other: go test fuzzes one at a time.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

while read -r module; do
	(
		cd "$module"
		# Only packages that have fuzz functions: listing compiles, and most packages import large SDKs.
		{ grep -rl --include='*_test.go' '^func Fuzz' . || true; } | xargs -r -n 1 dirname | LC_ALL=C sort -u |
			while read -r package; do
				go list "$package" >/dev/null 2>&1 || continue # of a nested module, which has its own turn
				grep -h '^func Fuzz' "$package"/*_test.go | sed 's/^func \(Fuzz[A-Za-z0-9_]*\).*/\1/' |
					while read -r target; do
						echo "==> $package $target"
						go test "$package" -run '^$' -fuzz "^$target\$" -fuzztime "${FUZZTIME:-10s}"
					done
			done
	)
done < <(scripts/modules.sh)

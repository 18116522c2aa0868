#!/usr/bin/env bash
# Runs every check that is not a test. All of them run, also after one failed.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
bin="$PWD/.bin"
failed=()

check() {
	local name=$1
	shift
	printf '==> %s\n' "$name"
	"$@" || failed+=("$name")
}

go_files() { find . -name '.?*' -prune -o -name '*.go' -print; }

gofumpt_clean() {
	local files
	files=$(go_files | xargs "$bin/gofumpt" -l) || return 1
	[ -z "$files" ] || {
		printf 'not formatted (make fmt):\n%s\n' "$files"
		return 1
	}
}

golangci() { (cd "$1" && "$bin/golangci-lint" run --config "$OLDPWD/.golangci.yml" ./...); }

tidy() {
	(cd "$1" && go mod tidy -diff) || {
		echo "$1/go.mod is not tidy (or its modules cannot be reached): run go mod tidy in $1"
		return 1
	}
}

# Those that source each other name what they source relative to themselves.
shell_scripts() {
	find . -name '.?*' ! -name .ci -prune -o \( -name '*.sh' -o -path ./.ci/run \) \
		-exec shellcheck --external-sources --source-path=SCRIPTDIR {} +
}

need_shellcheck() {
	command -v shellcheck >/dev/null || {
		echo "shellcheck is missing: run make deps"
		return 1
	}
}

# The CLI's version is written twice: in the module that it is built from, and in .pulumi.version, which the build
# stamps into it and find-pulumi.sh compares the PATH's pulumi with.
pulumi_version() {
	grep -q "github.com/pulumi/pulumi/pkg/v3 v$(cat .pulumi.version)\b" tools/pulumi/go.mod || {
		echo ".pulumi.version is not the version in tools/pulumi/go.mod"
		return 1
	}
}

check "gofumpt" gofumpt_clean
while read -r module; do
	check "golangci-lint $module" golangci "$module"
	check "go mod tidy $module" tidy "$module"
done < <(scripts/modules.sh)
check "shellcheck is installed" need_shellcheck
check "shellcheck" shell_scripts
check "actionlint" "$bin/actionlint"
check "pulumi version" pulumi_version

if [ "${#failed[@]}" -gt 0 ]; then
	printf '\nlint: failed:\n' >&2
	printf '  %s\n' "${failed[@]}" >&2
	exit 1
fi
echo "lint: all clean"

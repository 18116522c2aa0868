#!/usr/bin/env bash
# Builds the bridge image and publishes it into an environment's gallery: scripts/image.sh publish dev
# Deletes versions that nobody needs any more:                            scripts/image.sh prune dev
#
# Works as whoever logged in with az. What goes where follows from Pulumi.<stack>.yaml. See docs/image.md.
#   ARM_SUBSCRIPTION_ID    the subscription; without it, az's own
#   IMAGE_BUILD_GROUP      an existing resource group for the build machine; without it, the build makes and deletes one
#   IMAGE_ALLOWED_ADDRESS  the only address that may reach the build machine by SSH; without it, all may
#   PACKER                 the packer to use; without it, .bin/packer, which `make image-tools` builds
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fail() {
	printf 'image.sh: %s\n' "$*" >&2
	exit 1
}

bridgeimage() { go run ./image/cmd/bridgeimage "$@"; }

variable() { jq --exit-status --raw-output ".$1" "$work/variables.json"; }

# versions lists what is published. Where the definition is missing, az fails, and so does this.
versions() {
	az sig image-version list --subscription "$subscription" --resource-group "$(variable resource_group)" \
		--gallery-name "$(variable gallery)" --gallery-image-definition "$(variable definition)" --output json
}

publish() {
	local packer=${PACKER:-.bin/packer} version given=()
	command -v "$packer" >/dev/null || fail "there is no $packer: run make image-tools"
	versions >"$work/versions.json" || fail "the versions cannot be listed. Is the image phase deployed (docs/image.md)?"
	version=$(bridgeimage next "$stack" <"$work/versions.json")
	jq --arg subscription "$subscription" --arg version "$version" \
		'. + {subscription_id: $subscription, image_version: $version}' \
		"$work/variables.json" >"$work/all.pkrvars.json"
	[ -z "${IMAGE_BUILD_GROUP:-}" ] || given+=(-var "build_resource_group=$IMAGE_BUILD_GROUP")
	[ -z "${IMAGE_ALLOWED_ADDRESS:-}" ] || given+=(-var "allowed_inbound=[\"$IMAGE_ALLOWED_ADDRESS\"]")
	echo "image.sh: publishing version $version with jitsi-videobridge2 $(variable package_version)"
	export PACKER_PLUGIN_PATH=$PWD/.bin/packer-plugins CHECKPOINT_DISABLE=1
	"$packer" init image
	"$packer" build -color=false -timestamp-ui -var-file="$work/all.pkrvars.json" "${given[@]}" image
	check "$version"
}

# check asks Azure for the version: packer's success is not yet a version that machines can boot.
check() {
	local state
	state=$(az sig image-version show --subscription "$subscription" --resource-group "$(variable resource_group)" \
		--gallery-name "$(variable gallery)" --gallery-image-definition "$(variable definition)" \
		--gallery-image-version "$1" --query provisioningState --output tsv)
	[ "$state" = Succeeded ] || fail "version $1 is '$state' after the build, not Succeeded"
	echo "image.sh: version $1 is published: new machines boot from the highest version"
}

prune() {
	local version old
	versions >"$work/versions.json" || fail "the versions cannot be listed: nothing is deleted"
	old=$(bridgeimage prune "$stack" <"$work/versions.json")
	for version in $old; do
		echo "image.sh: deleting version $version"
		az sig image-version delete --subscription "$subscription" --resource-group "$(variable resource_group)" \
			--gallery-name "$(variable gallery)" --gallery-image-definition "$(variable definition)" \
			--gallery-image-version "$version"
	done
	[ -n "$old" ] || echo "image.sh: there is nothing to delete"
}

[ $# -eq 2 ] || fail "usage: scripts/image.sh publish|prune STACK"
command=$1 stack=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bridgeimage variables "$stack" >"$work/variables.json"
subscription=${ARM_SUBSCRIPTION_ID:-$(az account show --query id --output tsv)}
case $command in
publish | prune) "$command" ;;
*) fail "'$command' is neither publish nor prune" ;;
esac

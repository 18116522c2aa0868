# Questions over HTTP. Sourced.
# Installed by the deployment program from vmss/cloudinit; edit it there.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # work is the caller's folder for temporary files

# fetch asks for a URL and leaves the answer in $work/answer. Its header comes from standard input, so that a token is never
# among the arguments, which everybody on the machine can read. It goes past any proxy: a proxy's metadata are not ours.
fetch() {
	local url=$1 status
	rm -f "$work/answer"
	if ! status=$(curl --silent --show-error --noproxy '*' --proto '=http,https' --connect-timeout 5 --max-time 15 \
		--max-filesize 1048576 --header @- --write-out '%{http_code}' --output "$work/answer" "$url" 2>"$work/error"); then
		reason="$url: $(tail -n 1 "$work/error")"
		return 1
	fi
	if [ "$status" != 200 ]; then
		reason="$url answers $status $(head -c 300 "$work/answer" 2>/dev/null | tr -c '[:print:]' ' ')"
		return 1
	fi
}

# metadata asks Azure's metadata service. Source: Azure docs, instance-metadata-service.
metadata() {
	local service
	service=$(setting .endpoints.metadata) || exit
	fetch "$service/metadata/$1" <<<"Metadata: true"
}

# answer prints what a jq expression makes of the answer; an answer that is no JSON, or has no such thing, gives nothing. So
# does an empty one, with which jq 1.6 is content.
answer() {
	local found
	found=$(jq --exit-status --raw-output "$@" "$work/answer" 2>/dev/null) && [ -n "$found" ] && printf '%s\n' "$found"
}

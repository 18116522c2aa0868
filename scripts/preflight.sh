#!/usr/bin/env bash
# Says whether this machine can reach the API server of the cluster: preflight.sh RESOURCE_GROUP CLUSTER
#
# Pulumi needs the API server for previews as well as for deployments. A server that drops packets from a machine outside
# its authorised ranges looks like a cluster that is gone; this finds out first and says what to do. Needs az (logged in)
# and curl. A cluster that does not exist yet is fine.
set -euo pipefail

[ "$#" -eq 2 ] || {
	echo "usage: preflight.sh RESOURCE_GROUP CLUSTER" >&2
	exit 2
}
group=$1 cluster=$2
attempts=${PREFLIGHT_ATTEMPTS:-3} timeout=${PREFLIGHT_TIMEOUT:-10}
errors=$(mktemp)
trap 'rm -f "$errors"' EXIT

fail() {
	# GitHub shows the first line at the top of the run.
	[ -z "${GITHUB_ACTIONS:-}" ] || echo "::error title=Cluster $cluster::$1"
	printf 'preflight: %s\n' "$@" >&2
	exit 1
}

# One value a line, in this order; what is missing is printed as None.
query="[powerState.code, privateFqdn || fqdn, join(' ', apiServerAccessProfile.authorizedIpRanges || \`[]\`)]"
if ! facts=$(az aks show --resource-group "$group" --name "$cluster" --query "$query" --output tsv 2>"$errors"); then
	if grep -qE 'ResourceNotFound|ResourceGroupNotFound' "$errors"; then
		echo "preflight: there is no cluster $cluster in $group yet"
		exit 0
	fi
	cat "$errors" >&2
	fail "cannot read the cluster $cluster in $group" \
		"is this identity a Reader of the resource group, and logged in to the right subscription?"
fi
{
	read -r power
	read -r address
	read -r ranges || true
} <<<"$facts"

if [ "$power" != Running ]; then
	fail "the cluster $cluster is ${power,,}, so nothing in it can be read or changed" \
		"start it: az aks start --resource-group $group --name $cluster"
fi

# Any answer will do, also "unauthorised": it came from the server. Its certificate is of its own authority.
for ((attempt = 1; attempt <= attempts; attempt++)); do
	if status=$(curl --silent --insecure --max-time "$timeout" --output /dev/null --write-out '%{http_code}' "https://$address/livez"); then
		echo "preflight: the API server of $cluster answers ($status)"
		exit 0
	fi
done

fail "the API server of $cluster ($address) does not answer this machine" \
	"Nothing is wrong with the stack: do not run anything that would delete or recreate what is in the cluster." \
	"Its authorised ranges are: ${ranges:-none, so any address may connect}" \
	"If this machine's public address is in none of them, run from a machine that is (docs/ci.md, section 5)," \
	"or add the address to meet:cluster authorizedIpRanges and deploy that change from a machine inside the ranges." \
	"A private cluster (a privatelink name) answers only inside its network."

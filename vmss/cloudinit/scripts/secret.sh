# Fetches what the bridge logs in with. Sourced.
# Installed by the deployment program from vmss/cloudinit; edit it there.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # what others set and use

# token gets a token for the Key Vault with the machine's own identity. There may be other identities, so it is named.
# Source: Azure docs, how-to-use-vm-token.
token() {
	local identity
	identity=$(setting .identityClientId) || exit
	metadata "identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net&client_id=$identity" || return 1
	# Letters, digits and a few signs: nothing that could begin another header.
	if ! answer '.access_token | strings | select(test("^[-A-Za-z0-9._~+/=]+$"))' >"$work/token"; then
		reason="the metadata service gives no token"
		return 1
	fi
}

# secret gets the shard's secret: a password, and the certificate that Prosody's own is signed with. A right that was given a
# minute ago may not be known everywhere yet, so that a refusal is no reason to give up.
# Source: Azure docs, key-vault get-secret; role assignments take up to ten minutes.
secret() {
	local vault name
	vault=$(setting .vault.url) && name=$(setting .vault.secret) || exit
	if ! fetch "${vault%/}/secrets/$name?api-version=7.4" < <(printf 'Authorization: Bearer %s\n' "$(<"$work/token")"); then
		local refused=$reason
		[[ $refused != *' answers 401 '* ]] || token # the vault does not know this one: the next look has another
		reason=$refused
		return 1
	fi
	if ! answer '.value | strings | fromjson | objects' >"$work/secret.json"; then
		reason="the secret $name is not in the form of a bridge's secret"
		return 1
	fi
	if ! jq --exit-status '.password | strings | length > 0 and (test("[\u0000-\u001f\u007f]") | not)' "$work/secret.json" >/dev/null; then
		reason="the secret $name has no usable password"
		return 1
	fi
	step "trust store" certificates
}

# certificates makes the trust store of the certificates in the secret: Java would take the first of several only.
certificates() {
	local file count=0
	rm -f "$work"/ca-*.pem "$work/trust.p12"
	jq --raw-output '.caCertificate | strings' "$work/secret.json" |
		awk -v folder="$work" '/-----BEGIN CERTIFICATE-----/ { n++ } n { print > (folder "/ca-" n ".pem") }'
	for file in "$work"/ca-*.pem; do
		[ -e "$file" ] || break
		count=$((count + 1))
		if ! keytool -importcert -noprompt -alias "shard-$count" -file "$file" -keystore "$work/trust.p12" -storetype PKCS12 \
			-storepass "$trust_password" >"$work/error" 2>&1; then
			reason="the secret's certificate $count is none: $(tail -n 1 "$work/error")"
			return 1
		fi
	done
	if [ "$count" -eq 0 ]; then
		reason="the secret has no certificate"
		return 1
	fi
}

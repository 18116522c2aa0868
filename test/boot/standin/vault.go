package standin

import (
	"net/http"
	"strings"
	"time"
)

// secret is a Key Vault with Azure role-based access control.
// Source: Azure REST API, Key Vault, "Get Secret"; Azure docs, "Azure Key Vault REST API error codes".
func (s *Surroundings) secret(request *http.Request, facts Facts) Reply {
	name, found := strings.CutPrefix(request.URL.Path, "/secrets/")
	name = strings.TrimSuffix(name, "/")
	switch {
	case request.Method != http.MethodGet || !found:
		return vaultFailure(http.StatusNotFound, "NotFound", "The path is not known.", nil)
	case request.Header.Get("Authorization") == "":
		return Unauthorized("AKV10000: Request is missing a Bearer or PoP token.")
	case request.Header.Get("Authorization") != "Bearer "+facts.Token:
		return Unauthorized("[TokenExpired] Error validating token: 'S2S12086'.")
	case request.URL.Query().Get("api-version") != "7.4":
		return vaultFailure(http.StatusBadRequest, "BadParameter", "The specified api-version is not supported.", nil)
	case !facts.Granted:
		return Forbidden()
	case facts.SecretName == "" || name != facts.SecretName:
		return NoSecret(name)
	}
	made := time.Now().Add(-time.Hour).Unix()
	return document(http.StatusOK, map[string]any{
		"value": facts.Secret, "contentType": "application/json",
		"id": s.Vault + "/secrets/" + name + "/4387e9f3d6e14c459867679a90fd0f79",
		"attributes": map[string]any{
			"enabled": true, "created": made, "updated": made, "recoveryLevel": "Recoverable", "recoverableDays": 7,
		},
		"tags": map[string]any{},
	})
}

func vaultFailure(status int, code, message string, inner map[string]any) Reply {
	content := map[string]any{"code": code, "message": message}
	if inner != nil {
		content["innererror"] = inner
	}
	return document(status, map[string]any{"error": content})
}

// Unauthorized is the vault's answer to a token that it does not accept.
func Unauthorized(message string) Reply {
	reply := vaultFailure(http.StatusUnauthorized, "Unauthorized", message, nil)
	reply.Header = http.Header{
		"Content-Type": {"application/json; charset=utf-8"},
		"Www-Authenticate": {`Bearer authorization="https://login.microsoftonline.com/00000000-0000-0000-0000-000000000000", ` +
			`resource="https://vault.azure.net"`},
	}
	return reply
}

// Forbidden is the vault's answer to an identity that may not read the secret, or whose role assignment has not reached the
// vault yet.
func Forbidden() Reply {
	return vaultFailure(http.StatusForbidden, "Forbidden", "Caller is not authorized to perform action on resource.\r\n"+
		"If role assignments, deny assignments or role definitions were changed recently, please observe propagation time.\r\n"+
		"Caller: appid=5f0c8f7e;oid=5f0c8f7e;iss=https://sts.windows.net/00000000/\r\n"+
		"Action: 'Microsoft.KeyVault/vaults/secrets/getSecret/action'\r\nAssignment: (not found)\r\n"+
		"DecisionReason: 'DeniedWithNoValidRBAC' \r\nVault: kv-meet-dev;location=westeurope\r\n",
		map[string]any{"code": "ForbiddenByRbac"})
}

// NoSecret is the vault's answer to the name of a secret that it does not have.
func NoSecret(name string) Reply {
	return vaultFailure(http.StatusNotFound, "SecretNotFound", "A secret with (name/id) "+name+" was not found in this key vault. "+
		"If you recently deleted this secret you may be able to recover it using the correct recovery command.", nil)
}

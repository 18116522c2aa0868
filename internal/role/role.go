// Package role knows the ids of Azure's roles. It is pure.
package role

import (
	"fmt"
	"strings"
)

// The built-in roles that the stack assigns, by their GUIDs. Source: Azure docs, built-in-roles.
const (
	NetworkContributor   = "4d97b98b-1d4f-4787-a291-c67834d212e7"
	Reader               = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
	BlobDataOwner        = "b7e6dc6d-f1e8-4753-8033-0f276bb0955b"
	BlobDataReader       = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
	MetricsPublisher     = "3913510d-42f4-4e42-8a64-420c390055eb"
	TableDataContributor = "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3"
	KeyVaultSecretsUser  = "4633458b-17de-408a-874c-0445c86b69e6" //nolint:gosec // the id of a role, not a secret
)

// IDIn returns a function from a resource's id to the id that the role with the given GUID has in the resource's
// subscription. That is the form in which Azure answers, whatever form it was sent; any other would look like drift at
// every refresh. A text that is no resource's id is an error.
func IDIn(guid string) func(resourceID string) (string, error) {
	return func(resourceID string) (string, error) {
		const named = 3 // "", "subscriptions", the subscription
		parts := strings.Split(resourceID, "/")
		if len(parts) < named || parts[0] != "" || !strings.EqualFold(parts[1], "subscriptions") || parts[2] == "" {
			return "", fmt.Errorf("resource id %q does not start with /subscriptions/<id>", resourceID)
		}
		return "/subscriptions/" + parts[2] + "/providers/Microsoft.Authorization/roleDefinitions/" + guid, nil
	}
}

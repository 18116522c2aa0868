package gallery

import (
	"errors"
	"testing"
)

func TestAbsent(t *testing.T) {
	t.Parallel()
	const prefix = "rpc error: code = Unknown desc = invocation of azure-native:compute:getGalleryImageVersion returned an error: " +
		"request failed /subscriptions/0/resourceGroups/rg/providers/Microsoft.Compute/galleries/g/images/i/versions/1.0.0: "
	const notThere = `Message="The Resource 'Microsoft.Compute/galleries/g' under resource group 'rg' was not found."`
	for text, want := range map[string]bool{
		// Absent.
		`Status=404 Code="ResourceNotFound" ` + notThere:                                                                  true,
		`Status=404 Code="ResourceGroupNotFound" Message="Resource group 'rg' could not be found."`:                       true,
		`Status=404 Code="ParentResourceNotFound" ` + notThere:                                                            true,
		`Status=404 Code="NestedResourceNotFound" ` + notThere:                                                            true,
		`Status=404 Code="NotFound" ` + notThere:                                                                          true,
		`autorest/azure: Service returned an error. Status=404 Code="ResourceNotFound" ` + notThere:                       true,
		`StatusCode=404 -- Original Error: Code="ResourceNotFound" ` + notThere:                                           true,
		`StatusCode=404 -- Original Error: autorest/azure: Service returned an error. Status=404 Code="ResourceNotFound"`: true,
		"GET https://management.azure.com/x\n---\nRESPONSE 404: 404 Not Found\nERROR CODE: ResourceNotFound\n---\n<html>": true,
		// Not found is something else: the wrong place was asked.
		`Status=404 Code="SubscriptionNotFound" Message="The subscription '0' could not be found."`:             false,
		`Status=404 Code="InvalidResourceType" Message="The resource type could not be found in the namespace"`: false,
		`Status=404 Code="InvalidResourceNamespace" Message="The resource namespace is invalid."`:               false,
		`Status=404 Message="not found"`: false,
		`StatusCode=404 -- Original Error: invalid character '<' looking for beginning of value`: false,
		"RESPONSE 404: 404 Not Found\nERROR CODE UNAVAILABLE":                                    false,
		// No answer about the thing.
		`Status=403 Code="AuthorizationFailed" Message="… Status=404 Code=\"ResourceNotFound\""`: false,
		`Status=403 Message="… Status=404 Code="ResourceNotFound""`:                              false,
		`Status=401 Code="ExpiredAuthenticationToken" Message="The access token has expired."`:   false,
		`Status=429 Code="TooManyRequests"`:                                                      false,
		`Status=409 Code="ResourceNotFound"`:                                                     false,
		`Status=500 Code="InternalServerError"`:                                                  false,
		`dial tcp: lookup management.azure.com: no such host`:                                    false,
		`context deadline exceeded`:                                                              false,
		`ResourceNotFound`:                                                                       false,
		``:                                                                                       false,
	} {
		if got := absent(errors.New(prefix + text)); got != want {
			t.Errorf("%s: absent is %t", text, got)
		}
	}
	if absent(nil) {
		t.Error("success is no absence")
	}
}

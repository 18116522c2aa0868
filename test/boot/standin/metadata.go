package standin

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// metadata is the instance metadata service. It is spoken to with a header that no browser and no server can be tricked
// into sending, and never through a proxy.
// Source: Azure docs, "Azure Instance Metadata Service for virtual machines".
func (s *Surroundings) metadata() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/metadata/instance", s.place(Instance, guarded("2021-02-01", instance)))
	mux.Handle("/metadata/loadbalancer", s.place(LoadBalancer, guarded("2020-10-01", loadBalancer)))
	mux.Handle("/metadata/identity/oauth2/token", s.place(Identity, guarded("2018-02-01", token)))
	return mux
}

// guarded refuses what the service refuses on all paths.
func guarded(version string, right func(*http.Request, Facts) Reply) func(*http.Request, Facts) Reply {
	return func(request *http.Request, facts Facts) Reply {
		switch {
		case request.Method != http.MethodGet:
			return failure(http.StatusMethodNotAllowed, "Method not allowed")
		case !strings.EqualFold(request.Header.Get("Metadata"), "true"):
			return failure(http.StatusBadRequest, "Bad request. Required metadata header not specified")
		case request.Header.Get("X-Forwarded-For") != "":
			return failure(http.StatusBadRequest, "Bad request. Requests from a proxy are not served")
		case request.URL.Query().Get("api-version") != version:
			return failure(http.StatusBadRequest, "Bad request. api-version is invalid or was not specified in the request.")
		default:
			return right(request, facts)
		}
	}
}

// failure is an error as the metadata service words it.
func failure(status int, message string) Reply {
	return document(status, map[string]any{"error": message})
}

func document(status int, content any) Reply {
	body, err := json.Marshal(content)
	if err != nil {
		return Reply{Status: http.StatusInternalServerError, Body: err.Error()}
	}
	return Reply{Status: status, Body: string(body)}
}

// instance has the members that a machine of a scale set finds, among them many that a bridge does not need.
// Source: Azure docs, "Azure Instance Metadata Service for virtual machines", sample response.
func instance(_ *http.Request, facts Facts) Reply {
	return document(http.StatusOK, map[string]any{
		"compute": map[string]any{
			"azEnvironment": "AzurePublicCloud", "evictionPolicy": "", "isHostCompatibilityLayerVm": "false",
			"licenseType": "", "location": "westeurope", "name": facts.Name, "offer": "", "osType": "Linux",
			"osProfile":        map[string]any{"adminUsername": "bridgeadmin", "computerName": "meet-dev-a000003"},
			"placementGroupId": "f67c14ab-e92c-408c-ae2d-da15866ec79a", "plan": map[string]any{"name": "", "product": "", "publisher": ""},
			"platformFaultDomain": "0", "platformUpdateDomain": "0", "priority": "Regular", "provider": "Microsoft.Compute",
			"publicKeys": []any{}, "publisher": "", "resourceGroupName": "rg-meet-dev", "sku": "",
			"resourceId": "/subscriptions/8d10da13-8125-4ba9-a717-bf7490507b3d/resourceGroups/rg-meet-dev/providers/" +
				"Microsoft.Compute/virtualMachineScaleSets/vmss-meet-dev-a/virtualMachines/3",
			"securityProfile": map[string]any{"secureBootEnabled": "true", "virtualTpmEnabled": "true"},
			"storageProfile":  map[string]any{"dataDisks": []any{}, "osDisk": map[string]any{"caching": "ReadOnly", "name": "os"}},
			"subscriptionId":  "8d10da13-8125-4ba9-a717-bf7490507b3d", "tags": "component:bridges;environment:dev",
			"tagsList": []any{map[string]any{"name": "component", "value": "bridges"}}, "version": "1.0.0", "vmId": facts.VMID,
			"vmScaleSetName": "vmss-meet-dev-a", "vmSize": "Standard_F8s_v2", "zone": facts.Zone,
		},
		"network": map[string]any{"interface": []any{map[string]any{
			"ipv4": map[string]any{
				"ipAddress": []any{map[string]any{
					"privateIpAddress": facts.PrivateAddress, "publicIpAddress": facts.InstanceAddress,
				}},
				"subnet": []any{map[string]any{"address": "10.20.16.0", "prefix": "24"}},
			},
			"ipv6": map[string]any{"ipAddress": []any{}}, "macAddress": "0022480BC1AA",
		}}},
	})
}

// loadBalancer lists the public addresses that belong to the machine's own network interface.
// Sources: Azure docs, "Retrieve load balancer metadata by using Azure Instance Metadata Service" and "Common error codes
// when using IMDS to retrieve load balancer information".
func loadBalancer(_ *http.Request, facts Facts) Reply {
	if len(facts.Frontends) == 0 {
		return NoLoadBalancer()
	}
	addresses := []any{}
	for _, frontend := range facts.Frontends {
		addresses = append(addresses, map[string]any{
			"frontendIpAddress": frontend.Public, "privateIpAddress": frontend.Private,
		})
	}
	return document(http.StatusOK, map[string]any{"loadbalancer": map[string]any{
		"publicIpAddresses": addresses, "inboundRules": []any{}, "outboundRules": []any{},
	}})
}

// NoLoadBalancer is the answer for a machine of whose addresses the load balancer's metadata do not know, or not yet.
func NoLoadBalancer() Reply {
	return failure(http.StatusNotFound, "No load balancer metadata is found. Check the SKU of the load balancer and retry later.")
}

// resource is what tokens for a Key Vault are for. A slash at its end makes it another one.
const resource = "https://vault.azure.net"

// token gives a token for an identity that the machine has. Its numbers are texts.
// Source: Azure docs, "How to use managed identities for Azure resources on an Azure VM to acquire an access token".
func token(request *http.Request, facts Facts) Reply {
	query := request.URL.Query()
	if query.Get("resource") != resource {
		return document(http.StatusBadRequest, map[string]any{
			"error": "invalid_resource",
			"error_description": "AADSTS500011: The resource principal named " + strconv.Quote(query.Get("resource")) +
				" was not found in the tenant.",
		})
	}
	if query.Get("client_id") != facts.ClientID {
		return NoIdentity()
	}
	const life = 24 * time.Hour
	now := time.Now()
	seconds := strconv.Itoa(int(life.Seconds()))
	return document(http.StatusOK, map[string]any{
		"access_token": facts.Token, "client_id": facts.ClientID, "expires_in": seconds, "ext_expires_in": seconds,
		"expires_on": strconv.FormatInt(now.Add(life).Unix(), 10), "not_before": strconv.FormatInt(now.Unix(), 10),
		"resource": resource, "token_type": "Bearer",
	})
}

// NoIdentity is the answer while the identity is not attached to the machine.
func NoIdentity() Reply {
	return document(http.StatusBadRequest, map[string]any{"error": "invalid_request", "error_description": "Identity not found"})
}

// Throttled is the metadata service's answer to too many requests.
func Throttled() Reply { return failure(http.StatusTooManyRequests, "Too many requests") }

// Broken is the metadata service's answer when it cannot answer.
func Broken() Reply { return failure(http.StatusInternalServerError, "Internal server error") }

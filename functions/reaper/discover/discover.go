// Package discover asks Azure Resource Manager what there is: the machines of a scale set with their addresses, and, of
// single machines, what their network metrics say. It also has the one call that deletes a machine.
//
// A list is whole or it is an error: what follows from a list is what may be deleted, so half a list must not look like a
// small fleet. Everything that Azure does not say stays at its zero value, which means unknown.
package discover

import (
	"errors"
	"fmt"
	"net/url"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v7"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/network/armnetwork/v7"
)

const (
	// tryLimit is how long one attempt of one call may take, and maxRetries how often one that only reads is repeated.
	tryLimit   = 10 * time.Second
	maxRetries = 2
	// retryDelay is the first pause before a repetition and maxDelay the longest. Where Azure asks for more by Retry-After,
	// as it does when it throttles, the call fails at once: the next tick is the better repetition.
	// Source: azcore, runtime/policy_retry.go.
	retryDelay = 500 * time.Millisecond
	maxDelay   = 5 * time.Second
	// module and version name this client to Azure, for the metrics that it reads without a client of the SDK.
	module  = "jitsi-meet-azure/reaper/discover"
	version = "v1.0.0"
)

// Azure asks Azure Resource Manager. It may be used by several goroutines.
type Azure struct {
	credential azcore.TokenCredential
	options    *arm.ClientOptions
	// host is the resource manager's, to which alone the list's next pages may lead.
	host string
	// metrics carries requests for metrics.
	metrics *arm.Client

	mu sync.Mutex
	// subscriptions are the clients of each subscription, made when first needed.
	subscriptions map[string]*clients
}

// clients are the SDK's, which are for one subscription each.
type clients struct {
	sets       *armcompute.VirtualMachineScaleSetsClient
	machines   *armcompute.VirtualMachineScaleSetVMsClient
	interfaces *armnetwork.InterfacesClient
}

// New returns a client of the resource manager at an https address, for example https://management.azure.com, which is also
// the audience of its tokens. It calls nobody yet. A nil transport stands for one of its own.
func New(credential azcore.TokenCredential, resourceManager string, transport policy.Transporter) (*Azure, error) {
	endpoint, err := url.Parse(resourceManager)
	if err != nil {
		return nil, fmt.Errorf("the address of the resource manager: %w", err)
	}
	if endpoint.Scheme != "https" || endpoint.Host == "" || endpoint.User != nil || endpoint.RawQuery != "" {
		return nil, fmt.Errorf("the address of the resource manager: %q is not https://host", resourceManager)
	}
	if credential == nil {
		return nil, errors.New("no credential for the resource manager")
	}
	if transport == nil {
		transport = client()
	}
	options := &arm.ClientOptions{
		ClientOptions: policy.ClientOptions{
			Cloud: cloud.Configuration{Services: map[cloud.ServiceName]cloud.ServiceConfiguration{
				cloud.ResourceManager: {Endpoint: resourceManager, Audience: resourceManager},
			}},
			Retry: policy.RetryOptions{
				MaxRetries: maxRetries, TryTimeout: tryLimit, RetryDelay: retryDelay, MaxRetryDelay: maxDelay,
			},
			Transport: limited{transport},
		},
		// Registering resource providers is neither the reaper's business nor its right.
		DisableRPRegistration: true,
	}
	metrics, err := arm.NewClient(module, version, credential, options)
	if err != nil {
		return nil, fmt.Errorf("client of the resource manager: %w", err)
	}
	return &Azure{
		credential: credential, options: options, host: endpoint.Hostname(), metrics: metrics,
		subscriptions: map[string]*clients{},
	}, nil
}

// of returns the clients of a subscription.
func (a *Azure) of(subscription string) (*clients, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if made, found := a.subscriptions[subscription]; found {
		return made, nil
	}
	sets, err := armcompute.NewVirtualMachineScaleSetsClient(subscription, a.credential, a.options)
	if err != nil {
		return nil, fmt.Errorf("client of scale sets: %w", err)
	}
	machines, err := armcompute.NewVirtualMachineScaleSetVMsClient(subscription, a.credential, a.options)
	if err != nil {
		return nil, fmt.Errorf("client of machines: %w", err)
	}
	interfaces, err := armnetwork.NewInterfacesClient(subscription, a.credential, a.options)
	if err != nil {
		return nil, fmt.Errorf("client of network interfaces: %w", err)
	}
	made := &clients{sets: sets, machines: machines, interfaces: interfaces}
	a.subscriptions[subscription] = made
	return made, nil
}

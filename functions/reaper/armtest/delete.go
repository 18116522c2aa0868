package armtest

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	azfake "github.com/Azure/azure-sdk-for-go/sdk/azcore/fake"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v7"
	computefake "github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v7/fake"
)

// fakeStatus is how the generated servers tell the SDK about a long-running operation. Azure does it with Location.
const fakeStatus = "Fake-Poller-Status"

// deleteInstances accepts the deletion of machines. As the real call, it takes no instance id, and "*", for all of them, and
// refuses the id of a machine that is not there.
// Source: microsoft/onefuzz issue 2547 for the refusal.
func (c *Cloud) deleteInstances(a asked) (*http.Response, error) {
	var unknown string
	var deleted []Machine
	server := computefake.VirtualMachineScaleSetsServer{BeginDeleteInstances: func(
		_ context.Context, _, _ string, ids armcompute.VirtualMachineScaleSetVMInstanceRequiredIDs,
		_ *armcompute.VirtualMachineScaleSetsClientBeginDeleteInstancesOptions,
	) (poller azfake.PollerResponder[armcompute.VirtualMachineScaleSetsClientDeleteInstancesResponse], _ azfake.ErrorResponder) {
		deleted, unknown = c.accept(a.set, ids.InstanceIDs)
		poller.AddNonTerminalResponse(http.StatusAccepted, nil)
		poller.SetTerminalResponse(http.StatusOK, armcompute.VirtualMachineScaleSetsClientDeleteInstancesResponse{}, nil)
		return poller, azfake.ErrorResponder{}
	}}
	response, err := computefake.NewVirtualMachineScaleSetsServerTransport(&server).
		Do(a.named("VirtualMachineScaleSetsClient.BeginDeleteInstances", "Microsoft.Compute", "delete"))
	if err != nil {
		return nil, err
	}
	if unknown != "" {
		message := fmt.Sprintf("The provided instanceId %s is not an active Virtual Machine Scale Set VM instanceId.", unknown)
		return failure(a.request, http.StatusBadRequest, "InvalidParameter", message), nil
	}
	for _, m := range deleted {
		if c.settings.OnDelete != nil {
			c.settings.OnDelete(a.set.id, m)
		}
	}
	response.Header.Del(fakeStatus)
	response.Header.Set("Location", fmt.Sprintf("https://%s/subscriptions/%s/providers/Microsoft.Compute/locations/westeurope/"+
		"operations/1?api-version=2024-11-01", a.request.URL.Host, a.set.subscription))
	return response, nil
}

// accept begins to delete machines and returns those that were not being deleted before, or an id that is unknown.
func (c *Cloud) accept(s *set, ids []*string) (deleted []Machine, unknown string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	active := s.at(now, c.settings.DeletionTime)
	wanted, all := map[string]bool{}, len(ids) == 0
	for _, id := range slices.DeleteFunc(slices.Clone(ids), func(id *string) bool { return id == nil }) {
		instance := *id
		all = all || instance == "*"
		if !all && !slices.ContainsFunc(active, func(m Machine) bool { return m.Instance == instance }) {
			return nil, instance
		}
		wanted[instance] = true
	}
	for _, m := range s.machines {
		if m.accepted.IsZero() && (all || wanted[m.Instance]) {
			m.accepted = now
			c.deleted = append(c.deleted, m.VMID)
			deleted = append(deleted, m.Machine)
		}
	}
	return deleted, ""
}

package discover

import (
	"context"
	"fmt"
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v7"
)

// Delete has a scale set delete one of its machines, by its instance id. It returns when Azure has accepted that, and does
// not wait for the machine to be gone: a later list shows it as being deleted, and then not any more. Azure lowers the
// set's capacity by one with it, so that nothing comes in its place.
//
// The call is sent once. An error does not prove that Azure did not accept it, and an instance id, which is all that the
// call can name, may be given to a new machine once the old one is gone. Whoever asks again must look at a new list first,
// in which the machine is known by its vmId.
// Source: Azure docs, virtual-machine-scale-sets-instance-ids; poseidon/typhoon issue 1567 for the capacity.
func (a *Azure) Delete(ctx context.Context, scaleSetID, instance string) error {
	set, err := parseScaleSet(scaleSetID)
	if err != nil {
		return err
	}
	if err := checkInstance(instance); err != nil {
		return fmt.Errorf("deleting from scale set %s: %w", set.name, err)
	}
	azure, err := a.of(set.subscription)
	if err != nil {
		return err
	}
	var response *http.Response
	ctx = policy.WithCaptureResponse(policy.WithRetryOptions(ctx, once()), &response)
	// The poller that this returns is for waiting. That none can be made of an answer does not make the answer a refusal.
	_, err = azure.sets.BeginDeleteInstances(ctx, set.group, set.name,
		armcompute.VirtualMachineScaleSetVMInstanceRequiredIDs{InstanceIDs: []*string{to.Ptr(instance)}}, nil)
	if accepted(response) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("deleting instance %s of scale set %s: %w", instance, set.name, brief(err))
	}
	return fmt.Errorf("deleting instance %s of scale set %s: no answer", instance, set.name)
}

// once is a single attempt.
func once() policy.RetryOptions { return policy.RetryOptions{MaxRetries: -1, TryTimeout: tryLimit} }

func accepted(response *http.Response) bool {
	return response != nil && (response.StatusCode == http.StatusOK || response.StatusCode == http.StatusAccepted)
}

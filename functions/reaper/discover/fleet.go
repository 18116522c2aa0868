package discover

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v7"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/network/armnetwork/v7"

	"jitsi-meet-azure/functions/reaper/fleet"
)

// maxPages bounds a list. A scale set has at most 1,000 machines.
// Source: Azure docs, virtual-machine-scale-sets-orchestration-modes.
const maxPages = 50

// Fleet lists all machines of a Uniform scale set, the oldest first. It takes one call for a page of machines and one for
// a page of network interfaces; the two lists are read at the same time.
//
// It is an error if a page of either list is missing, and if the list of machines contradicts itself: a machine without an
// identity, or two with the same. Two machines with one address is less: neither of them has an address then.
func (a *Azure) Fleet(ctx context.Context, scaleSetID string) ([]fleet.Machine, error) {
	set, err := parseScaleSet(scaleSetID)
	if err != nil {
		return nil, err
	}
	azure, err := a.of(set.subscription)
	if err != nil {
		return nil, err
	}
	vms, nics, err := a.both(ctx, azure, set)
	if err != nil {
		return nil, fmt.Errorf("listing scale set %s: %w", set.name, err)
	}
	machines, err := convert(set, vms)
	if err != nil {
		return nil, fmt.Errorf("listing scale set %s: %w", set.name, err)
	}
	assign(machines, set, nics)
	slices.SortFunc(machines, func(a, b fleet.Machine) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
	})
	return machines, nil
}

// both reads the two lists at the same time. If one cannot be read the other is given up, and the error is the first's.
func (a *Azure) both(ctx context.Context, azure *clients, set scaleSet) (
	vms []*armcompute.VirtualMachineScaleSetVM, nics []*armnetwork.Interface, err error,
) {
	ctx, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)
	var failed error
	var other sync.WaitGroup
	other.Go(func() {
		if nics, failed = a.interfaces(ctx, azure, set); failed != nil {
			giveUp(failed)
		}
	})
	if vms, err = a.machines(ctx, azure, set); err != nil {
		giveUp(err)
	}
	other.Wait()
	if failed != nil || err != nil {
		return nil, nil, context.Cause(ctx)
	}
	return vms, nics, nil
}

func (a *Azure) machines(ctx context.Context, azure *clients, set scaleSet) ([]*armcompute.VirtualMachineScaleSetVM, error) {
	pager := azure.machines.NewListPager(set.group, set.name, &armcompute.VirtualMachineScaleSetVMsClientListOptions{
		Expand: to.Ptr("instanceView"), // Without it Azure does not say whether a machine is switched on.
	})
	vms, err := pages(ctx, pager, a.host, func(page armcompute.VirtualMachineScaleSetVMsClientListResponse) (
		[]*armcompute.VirtualMachineScaleSetVM, *string,
	) {
		return page.Value, page.NextLink
	})
	if err != nil {
		return nil, fmt.Errorf("machines: %w", err)
	}
	return vms, nil
}

func (a *Azure) interfaces(ctx context.Context, azure *clients, set scaleSet) ([]*armnetwork.Interface, error) {
	pager := azure.interfaces.NewListVirtualMachineScaleSetNetworkInterfacesPager(set.group, set.name, nil)
	nics, err := pages(ctx, pager, a.host, func(
		page armnetwork.InterfacesClientListVirtualMachineScaleSetNetworkInterfacesResponse,
	) ([]*armnetwork.Interface, *string) {
		return page.Value, page.NextLink
	})
	if err != nil {
		return nil, fmt.Errorf("network interfaces: %w", err)
	}
	return nics, nil
}

// pages reads all pages of a list. Each must have a list, which may be empty: a page without one is some other document.
// The next page must be at the same host, which is sent a token.
func pages[Page, Item any](ctx context.Context, pager *runtime.Pager[Page], host string, open func(Page) ([]*Item, *string)) (
	[]*Item, error,
) {
	var all []*Item
	for number := 1; pager.More(); number++ {
		if number > maxPages {
			return nil, fmt.Errorf("more than %d pages", maxPages)
		}
		page, err := pager.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("page %d: %w", number, brief(err))
		}
		items, next := open(page)
		if items == nil {
			return nil, fmt.Errorf("page %d: no list", number)
		}
		if err := leadsTo(host, next); err != nil {
			return nil, fmt.Errorf("page %d: %w", number, err)
		}
		all = append(all, items...)
	}
	return all, nil
}

// leadsTo refuses a link to another host.
func leadsTo(host string, link *string) error {
	if link == nil || *link == "" {
		return nil
	}
	next, err := url.Parse(*link)
	if err != nil || next.Scheme != "https" || !strings.EqualFold(next.Hostname(), host) {
		return errors.New("the next page is somewhere else")
	}
	return nil
}

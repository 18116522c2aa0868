package armtest

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	azfake "github.com/Azure/azure-sdk-for-go/sdk/azcore/fake"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v7"
	computefake "github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v7/fake"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/network/armnetwork/v7"
	networkfake "github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/network/armnetwork/v7/fake"
)

// sinceTimeCreated is the first version of the compute API that says when a machine of a scale set was made.
// Source: armcompute, CHANGELOG of 5.2.0.
const sinceTimeCreated = "2023-07-01"

// The generated servers remember of each path how far a client has read a list, and go on from there with the next client.
// So every request gets a server of its own, with the one page that it asks for.

func (c *Cloud) listMachines(a asked) (*http.Response, error) {
	server := computefake.VirtualMachineScaleSetVMsServer{NewListPager: func(
		_, _ string, options *armcompute.VirtualMachineScaleSetVMsClientListOptions,
	) (pager azfake.PagerResponder[armcompute.VirtualMachineScaleSetVMsClientListResponse]) {
		expanded := options != nil && options.Expand != nil && *options.Expand == "instanceView"
		items, next := page(c, a, c.vms(a, expanded))
		pager.AddPage(http.StatusOK, armcompute.VirtualMachineScaleSetVMsClientListResponse{
			VirtualMachineScaleSetVMListResult: armcompute.VirtualMachineScaleSetVMListResult{Value: items, NextLink: next},
		}, nil)
		return pager
	}}
	return computefake.NewVirtualMachineScaleSetVMsServerTransport(&server).
		Do(a.named("VirtualMachineScaleSetVMsClient.NewListPager", "Microsoft.Compute", "virtualMachines"))
}

func (c *Cloud) listInterfaces(a asked) (*http.Response, error) {
	server := networkfake.InterfacesServer{NewListVirtualMachineScaleSetNetworkInterfacesPager: func(
		_, _ string, _ *armnetwork.InterfacesClientListVirtualMachineScaleSetNetworkInterfacesOptions,
	) (pager azfake.PagerResponder[armnetwork.InterfacesClientListVirtualMachineScaleSetNetworkInterfacesResponse]) {
		items, next := page(c, a, c.nics(a))
		pager.AddPage(http.StatusOK, armnetwork.InterfacesClientListVirtualMachineScaleSetNetworkInterfacesResponse{
			InterfaceListResult: armnetwork.InterfaceListResult{Value: items, NextLink: next},
		}, nil)
		return pager
	}}
	return networkfake.NewInterfacesServerTransport(&server).
		Do(a.named("InterfacesClient.NewListVirtualMachineScaleSetNetworkInterfacesPager", "microsoft.Compute",
			"networkInterfaces"))
}

// page is one page of a list, with the link to the next.
func page[Item any](c *Cloud, a asked, all []*Item) (items []*Item, next *string) {
	size := c.settings.PageSize
	if size <= 0 {
		size = max(1, len(all))
	}
	first, last := min((a.page-1)*size, len(all)), min(a.page*size, len(all))
	if last < len(all) {
		link := *a.request.URL
		query := link.Query()
		query.Set(skip, strconv.Itoa(a.page+1))
		link.RawQuery = query.Encode()
		next = to.Ptr(link.String())
	}
	return append([]*Item{}, all[first:last]...), next
}

// vms are the machines as the compute API has them.
func (c *Cloud) vms(a asked, expanded bool) []*armcompute.VirtualMachineScaleSetVM {
	c.mu.Lock()
	defer c.mu.Unlock()
	var vms []*armcompute.VirtualMachineScaleSetVM
	for _, m := range a.set.at(c.view(), c.settings.DeletionTime) {
		properties := &armcompute.VirtualMachineScaleSetVMProperties{
			VMID: to.Ptr(m.VMID), ProvisioningState: to.Ptr(m.Provisioning), LatestModelApplied: to.Ptr(true),
			StorageProfile: &armcompute.StorageProfile{ImageReference: &armcompute.ImageReference{
				ID:           to.Ptr("/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute/galleries/g/images/jvb"),
				ExactVersion: to.Ptr(m.Image),
			}},
		}
		if !m.Timeless && a.request.URL.Query().Get("api-version") >= sinceTimeCreated {
			properties.TimeCreated = to.Ptr(m.Created.UTC())
		}
		if expanded {
			properties.InstanceView = &armcompute.VirtualMachineScaleSetVMInstanceView{Statuses: []*armcompute.InstanceViewStatus{
				{Code: to.Ptr("ProvisioningState/" + strings.ToLower(m.Provisioning))},
				{Code: to.Ptr("PowerState/" + m.Power)},
			}}
		}
		vms = append(vms, &armcompute.VirtualMachineScaleSetVM{
			ID: to.Ptr(a.set.id + "/virtualMachines/" + m.Instance), InstanceID: to.Ptr(m.Instance),
			Name: to.Ptr(a.set.name + "_" + m.Instance), Location: to.Ptr("westeurope"), Properties: properties,
			Type: to.Ptr("Microsoft.Compute/virtualMachineScaleSets/virtualMachines"),
		})
	}
	if c.distortVMs != nil {
		vms = c.distortVMs(vms)
	}
	return vms
}

// nics are the network interfaces as the network API has them, which writes a resource group in capitals.
func (c *Cloud) nics(a asked) []*armnetwork.Interface {
	c.mu.Lock()
	defer c.mu.Unlock()
	var nics []*armnetwork.Interface
	for _, m := range a.set.at(c.view(), c.settings.DeletionTime) {
		if !m.Address.IsValid() {
			continue
		}
		id := fmt.Sprintf("/subscriptions/%s/resourceGroups/%s/providers/Microsoft.Compute/virtualMachineScaleSets/%s/"+
			"virtualMachines/%s", a.set.subscription, strings.ToUpper(a.set.group), a.set.name, m.Instance)
		nics = append(nics, &armnetwork.Interface{
			ID: to.Ptr(id + "/networkInterfaces/nic"), Name: to.Ptr("nic"),
			Properties: &armnetwork.InterfacePropertiesFormat{
				Primary: to.Ptr(true), VirtualMachine: &armnetwork.SubResource{ID: to.Ptr(id)},
				IPConfigurations: []*armnetwork.InterfaceIPConfiguration{{
					Name: to.Ptr("ip"),
					Properties: &armnetwork.InterfaceIPConfigurationPropertiesFormat{
						Primary: to.Ptr(true), PrivateIPAddress: to.Ptr(m.Address.String()),
					},
				}},
			},
		})
	}
	if c.distortNICs != nil {
		nics = c.distortNICs(nics)
	}
	return nics
}

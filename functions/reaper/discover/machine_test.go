package discover_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v7"

	"jitsi-meet-azure/functions/reaper/armtest"
	"jitsi-meet-azure/functions/reaper/fleet"
)

func TestStates(t *testing.T) {
	t.Parallel()
	powers := []string{"running", "starting", "stopping", "stopped", "deallocating", "deallocated", "unheard-of"}
	rows := map[string][]fleet.State{
		"Succeeded": {
			fleet.StateRunning, fleet.StateStarting, fleet.StateUnknown, fleet.StateStopped, fleet.StateUnknown, fleet.StateStopped,
			fleet.StateUnknown,
		},
		"succeeded":  {fleet.StateRunning},
		"Creating":   slices.Repeat([]fleet.State{fleet.StateStarting}, len(powers)),
		"Updating":   append([]fleet.State{fleet.StateRunning}, slices.Repeat([]fleet.State{fleet.StateStarting}, len(powers)-1)...),
		"Migrating":  append([]fleet.State{fleet.StateRunning}, slices.Repeat([]fleet.State{fleet.StateStarting}, len(powers)-1)...),
		"Failed":     append([]fleet.State{fleet.StateRunning}, slices.Repeat([]fleet.State{fleet.StateFailed}, len(powers)-1)...),
		"Deleting":   slices.Repeat([]fleet.State{fleet.StateDeleting}, len(powers)),
		"Canceled":   slices.Repeat([]fleet.State{fleet.StateUnknown}, len(powers)),
		"unheard-of": slices.Repeat([]fleet.State{fleet.StateUnknown}, len(powers)),
	}
	for provisioning, row := range rows {
		for i, want := range row {
			cloud := armtest.New(armtest.Settings{})
			add(t, cloud, armtest.Machine{Provisioning: provisioning, Power: powers[i]})
			if got, err := asking(t, cloud).Fleet(t.Context(), setID); err != nil || got[0].State != want {
				t.Errorf("%s, %s: got %v, %v", provisioning, powers[i], got, err)
			}
		}
	}
}

func vm(change func(*armcompute.VirtualMachineScaleSetVM)) func([]*armcompute.VirtualMachineScaleSetVM) []*armcompute.VirtualMachineScaleSetVM {
	return func(vms []*armcompute.VirtualMachineScaleSetVM) []*armcompute.VirtualMachineScaleSetVM {
		change(vms[0])
		return vms
	}
}

func TestWhatAzureDoesNotSayIsUnknown(t *testing.T) {
	t.Parallel()
	status := func(codes ...string) []*armcompute.InstanceViewStatus {
		all := []*armcompute.InstanceViewStatus{nil, {}}
		for _, code := range codes {
			all = append(all, &armcompute.InstanceViewStatus{Code: to.Ptr(code)})
		}
		return all
	}
	for name, c := range map[string]struct {
		change func(*armcompute.VirtualMachineScaleSetVM)
		want   fleet.Machine
	}{
		"no instance view": {
			func(vm *armcompute.VirtualMachineScaleSetVM) { vm.Properties.InstanceView = nil },
			fleet.Machine{State: fleet.StateUnknown, Image: "1.2.3"},
		},
		"no power state": {
			func(vm *armcompute.VirtualMachineScaleSetVM) {
				vm.Properties.InstanceView.Statuses = status("ProvisioningState/x")
			},
			fleet.Machine{State: fleet.StateUnknown, Image: "1.2.3"},
		},
		"two power states": {
			func(vm *armcompute.VirtualMachineScaleSetVM) {
				vm.Properties.InstanceView.Statuses = status("PowerState/running", "PowerState/stopped")
			},
			fleet.Machine{State: fleet.StateUnknown, Image: "1.2.3"},
		},
		"one power state twice": {
			func(vm *armcompute.VirtualMachineScaleSetVM) {
				vm.Properties.InstanceView.Statuses = status("PowerState/Running", "powerstate/running")
			},
			fleet.Machine{State: fleet.StateRunning, Image: "1.2.3"},
		},
		"no provisioning state": {
			func(vm *armcompute.VirtualMachineScaleSetVM) { vm.Properties.ProvisioningState = nil },
			fleet.Machine{State: fleet.StateUnknown, Image: "1.2.3"},
		},
		"no storage profile": {
			func(vm *armcompute.VirtualMachineScaleSetVM) { vm.Properties.StorageProfile = nil },
			fleet.Machine{State: fleet.StateRunning},
		},
		"no image": {
			func(vm *armcompute.VirtualMachineScaleSetVM) { vm.Properties.StorageProfile.ImageReference = nil },
			fleet.Machine{State: fleet.StateRunning},
		},
		"no version of the image": {
			func(vm *armcompute.VirtualMachineScaleSetVM) {
				vm.Properties.StorageProfile.ImageReference.ExactVersion = nil
			},
			fleet.Machine{State: fleet.StateRunning},
		},
		"no resource id": {
			func(vm *armcompute.VirtualMachineScaleSetVM) { vm.ID = nil },
			fleet.Machine{State: fleet.StateRunning, Image: "1.2.3"},
		},
	} {
		cloud := armtest.New(armtest.Settings{})
		add(t, cloud, armtest.Machine{VMID: vmID(1), Instance: "1", Timeless: true, Image: "1.2.3"})
		cloud.Distort(vm(c.change), nil)
		c.want.ID, c.want.Instance = vmID(1), "1"
		if got, err := asking(t, cloud).Fleet(t.Context(), setID); err != nil || len(got) != 1 || got[0] != c.want {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
}

func TestAListThatContradictsItselfIsAnError(t *testing.T) {
	t.Parallel()
	for name, distort := range map[string]func([]*armcompute.VirtualMachineScaleSetVM) []*armcompute.VirtualMachineScaleSetVM{
		"no machine": func(vms []*armcompute.VirtualMachineScaleSetVM) []*armcompute.VirtualMachineScaleSetVM {
			return append(vms, nil)
		},
		"no properties":     vm(func(vm *armcompute.VirtualMachineScaleSetVM) { vm.Properties = nil }),
		"no vmId":           vm(func(vm *armcompute.VirtualMachineScaleSetVM) { vm.Properties.VMID = nil }),
		"an empty vmId":     vm(func(vm *armcompute.VirtualMachineScaleSetVM) { vm.Properties.VMID = to.Ptr("") }),
		"a vmId of another": vm(func(vm *armcompute.VirtualMachineScaleSetVM) { vm.Properties.VMID = to.Ptr(strings.ToUpper(vmID(2))) }),
		"no vmId but words": vm(func(vm *armcompute.VirtualMachineScaleSetVM) { vm.Properties.VMID = to.Ptr("unknown") }),
		"no instance id":    vm(func(vm *armcompute.VirtualMachineScaleSetVM) { vm.InstanceID = nil }),
		"all instances":     vm(func(vm *armcompute.VirtualMachineScaleSetVM) { vm.InstanceID = to.Ptr("*") }),
		"one instance twice": vm(func(vm *armcompute.VirtualMachineScaleSetVM) {
			vm.InstanceID, vm.ID = to.Ptr("2"), to.Ptr(setID+"/virtualMachines/2")
		}),
		"the id of another instance": vm(func(vm *armcompute.VirtualMachineScaleSetVM) { vm.ID = to.Ptr(setID + "/virtualMachines/9") }),
		"the id of another set":      vm(func(vm *armcompute.VirtualMachineScaleSetVM) { vm.ID = to.Ptr(setID + "b/virtualMachines/1") }),
		"an id that is none":         vm(func(vm *armcompute.VirtualMachineScaleSetVM) { vm.ID = to.Ptr("1") }),
	} {
		cloud := armtest.New(armtest.Settings{})
		add(t, cloud, armtest.Machine{VMID: vmID(1), Instance: "1"}, armtest.Machine{VMID: vmID(2), Instance: "2"})
		cloud.Distort(distort, nil)
		if got, err := asking(t, cloud).Fleet(t.Context(), setID); err == nil || got != nil {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
}

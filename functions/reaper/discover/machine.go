package discover

import (
	"errors"
	"fmt"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v7"

	"jitsi-meet-azure/functions/reaper/fleet"
)

// convert reads the machines of a list.
func convert(set scaleSet, vms []*armcompute.VirtualMachineScaleSetVM) ([]fleet.Machine, error) {
	machines := make([]fleet.Machine, 0, len(vms))
	ids, instances := map[string]bool{}, map[string]bool{}
	for _, vm := range vms {
		machine, err := machineOf(set, vm)
		if err != nil {
			return nil, err
		}
		if ids[machine.ID] || instances[machine.Instance] {
			return nil, fmt.Errorf("machine %s, instance %s, is listed twice", machine.ID, machine.Instance)
		}
		ids[machine.ID], instances[machine.Instance] = true, true
		machines = append(machines, machine)
	}
	return machines, nil
}

// machineOf reads one machine.
func machineOf(set scaleSet, vm *armcompute.VirtualMachineScaleSetVM) (fleet.Machine, error) {
	if vm == nil || vm.Properties == nil {
		return fleet.Machine{}, errors.New("a machine without properties")
	}
	instance := text(vm.InstanceID)
	if err := checkInstance(instance); err != nil {
		return fleet.Machine{}, err
	}
	if named, mine := set.instance(text(vm.ID)); vm.ID != nil && (!mine || named != instance) {
		return fleet.Machine{}, fmt.Errorf("instance %s has the id of another machine", instance)
	}
	id, valid := guid(text(vm.Properties.VMID))
	if !valid {
		return fleet.Machine{}, fmt.Errorf("instance %s has no vmId", instance)
	}
	machine := fleet.Machine{ID: id, Instance: instance, Image: image(vm.Properties), State: state(vm.Properties)}
	if vm.Properties.TimeCreated != nil {
		machine.Created = vm.Properties.TimeCreated.UTC()
	}
	return machine, nil
}

// image is the exact version of the image that a machine was made from.
func image(properties *armcompute.VirtualMachineScaleSetVMProperties) string {
	if properties.StorageProfile == nil || properties.StorageProfile.ImageReference == nil {
		return ""
	}
	return text(properties.StorageProfile.ImageReference.ExactVersion)
}

// state makes one word of two: how the last operation on a machine went, and whether it is switched on ("on" is the power
// state running).
//
//	Deleting                                        is deleting
//	Creating                                        is starting
//	Updating, Migrating and on                      is running
//	Updating, Migrating otherwise                   is starting
//	Failed and on                                   is running
//	Failed otherwise                                is failed
//	Succeeded and running                           is running
//	Succeeded and starting                          is starting
//	Succeeded and stopped or deallocated            is stopped
//	Succeeded and stopping, deallocating or unknown is unknown
//	any other, and none                             is unknown
//
// An update or a live migration of a machine that is on leaves it on. So does an operation that failed: an extension that
// did not install, or an agent that did not report in time, leaves a bridge behind that works. A machine on its way off is
// not off yet.
// Source: Azure docs, virtual-machines/states-billing; Azure/vm-scale-sets issue 82, taskcluster issue 3347.
func state(properties *armcompute.VirtualMachineScaleSetVMProperties) fleet.State {
	powered := power(properties.InstanceView)
	switch strings.ToLower(text(properties.ProvisioningState)) {
	case "deleting":
		return fleet.StateDeleting
	case "creating":
		return fleet.StateStarting
	case "updating", "migrating":
		if powered == fleet.StateRunning {
			return fleet.StateRunning
		}
		return fleet.StateStarting
	case "failed":
		if powered == fleet.StateRunning {
			return fleet.StateRunning
		}
		return fleet.StateFailed
	case "succeeded":
		return powered
	default:
		return fleet.StateUnknown
	}
}

// power says whether a machine is switched on. A machine of which Azure says two things is one of which it says nothing.
func power(view *armcompute.VirtualMachineScaleSetVMInstanceView) fleet.State {
	if view == nil {
		return fleet.StateUnknown
	}
	said := map[string]bool{}
	for _, status := range view.Statuses {
		if status == nil {
			continue
		}
		if code, found := strings.CutPrefix(strings.ToLower(text(status.Code)), "powerstate/"); found {
			said[code] = true
		}
	}
	switch {
	case len(said) != 1:
		return fleet.StateUnknown
	case said["running"]:
		return fleet.StateRunning
	case said["starting"]:
		return fleet.StateStarting
	case said["stopped"], said["deallocated"]:
		return fleet.StateStopped
	default:
		return fleet.StateUnknown
	}
}

// text is a string of Azure's, empty where it is missing.
func text(value *string) string {
	if value == nil {
		return ""
	}
	return *value
}

package azurenative

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"jitsi-meet-azure/localcloud/azurenative/live"
	"jitsi-meet-azure/localcloud/store"
)

func machineEvent(now time.Time, op, scaleSet string, m live.Machine, why string) store.Event {
	return store.Event{
		Time: now, Op: op, Provider: Package, Type: scaleSetToken,
		ID: scaleSet + "/virtualMachines/" + m.ID, Detail: why,
	}
}

// resize starts machines or deletes them until there are want.
func (op *operation) resize(set *live.ScaleSet, want int, why string) error {
	for len(set.Machines) > max(want, 0) {
		at := op.victim(set)
		op.write.Log(machineEvent(op.now, store.OpInstanceDeleted, op.id, set.Machines[at], why))
		set.Machines = slices.Delete(set.Machines, at, at+1)
	}
	if len(set.Machines) >= want {
		return nil
	}
	if err := op.prefixHolds(want); err != nil {
		return err
	}
	version, err := op.newestImage()
	if err != nil {
		return err
	}
	zones := op.in.texts("zones")
	for len(set.Machines) < want {
		m := live.Machine{
			ID: strconv.Itoa(set.Next), Created: op.now, ImageVersion: version, LatestModelApplied: true,
			VMID: guidOf("machine", strings.ToLower(op.id), strconv.Itoa(set.Next), op.created.String()),
		}
		if len(zones) > 0 {
			m.Zone = zones[set.Next%len(zones)]
		}
		set.Next++
		set.Machines = append(set.Machines, m)
		op.write.Log(machineEvent(op.now, store.OpInstanceCreated, op.id, m, why))
	}
	return nil
}

// victim is the machine that goes first: the newest, or the oldest where the scale-in policy says so.
func (op *operation) victim(set *live.ScaleSet) int {
	if slices.Contains(op.in.texts("scaleInPolicy.rules"), "OldestVM") {
		return 0
	}
	return len(set.Machines) - 1
}

// settleScaleSet moves the number of machines to what the model and the autoscale settings ask for.
func settleScaleSet(op *operation) error {
	set, err := live.ParseScaleSet(op.live)
	if err != nil {
		return err
	}
	if op.old != nil && op.modelChanged() {
		for i := range set.Machines {
			set.Machines[i].LatestModelApplied = false
		}
	}
	want, why := len(set.Machines), "autoscale"
	if given, set := op.in.number("sku.capacity"); set {
		want, why = given, "capacity of the model"
	}
	if err := op.resize(&set, want, why); err != nil {
		return err
	}
	return op.autoscaled(&set)
}

// autoscaled lets the autoscale settings of the scale set enforce their limits, and keeps the result.
func (op *operation) autoscaled(set *live.ScaleSet) error {
	low, high, err := op.limits()
	if err != nil {
		return err
	}
	if err := op.resize(set, min(max(len(set.Machines), low), high), "autoscale"); err != nil {
		return err
	}
	op.live, err = json.Marshal(set)
	return err
}

func completeScaleSet(op *operation) error {
	set, err := live.ParseScaleSet(op.live)
	if err != nil {
		return err
	}
	if op.out().has("sku") {
		op.set("sku.capacity", float64(len(set.Machines)))
	}
	op.set("uniqueId", guidOf("scale set", op.id, op.created.String()))
	op.completeSystemIdentity()
	return nil
}

// modelChanged tells whether new machines would differ from the present ones.
func (op *operation) modelChanged() bool {
	before, err := op.tx.Get(op.id)
	if err != nil {
		return false
	}
	stored, err := open(before)
	if err != nil {
		return false
	}
	for _, path := range []string{"virtualMachineProfile", "sku.name", "identity"} {
		if fmt.Sprint(stored.in.get(path)) != fmt.Sprint(op.in.get(path)) {
			return true
		}
	}
	return false
}

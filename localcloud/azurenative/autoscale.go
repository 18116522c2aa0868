package azurenative

import (
	"encoding/json"
	"math"
	"strconv"

	"jitsi-meet-azure/localcloud/azurenative/arm"
	"jitsi-meet-azure/localcloud/azurenative/live"
)

// scaleSet opens the scale set with the given id for changes by the cloud itself.
func (op *operation) scaleSet(id string) (*operation, bool, error) {
	found, there, err := op.find(id)
	if err != nil || !there || found.Type != scaleSetToken {
		return nil, false, err
	}
	return &operation{
		p: op.p, d: op.p.types[scaleSetToken], tx: op.tx, write: op.write, now: op.now, id: found.ID,
		in: found.in, old: found.out, live: found.Live, created: found.Created,
	}, true, nil
}

// settleAutoscale enforces the new limits on the target at once. Azure does it on the next run of its engine, within a
// minute.
func settleAutoscale(op *operation) error {
	set, there, err := op.scaleSet(op.in.text("targetResourceUri"))
	if err != nil || !there {
		return err
	}
	machines, err := live.ParseScaleSet(set.live)
	if err != nil {
		return err
	}
	low, high := limitsOf(op.in)
	if !op.in.flag("enabled") {
		return nil
	}
	if err := set.resize(&machines, min(max(len(machines.Machines), low), high), "autoscale"); err != nil {
		return err
	}
	return set.keep(machines)
}

// limits are those of the enabled settings of a scale set, or no limits.
func (op *operation) limits() (low, high int, err error) {
	settings, err := op.all(autoscaleToken)
	if err != nil {
		return 0, 0, err
	}
	for _, s := range settings {
		if arm.Same(s.in.text("targetResourceUri"), op.id) && s.in.flag("enabled") {
			low, high := limitsOf(s.in)
			return low, high, nil
		}
	}
	return 0, math.MaxInt32, nil
}

// limitsOf are the lowest minimum and the highest maximum of a setting's profiles: what holds outside a recycle window.
func limitsOf(setting object) (low, high int) {
	low = math.MaxInt32
	for _, profile := range setting.objects("profiles") {
		minimum, _ := strconv.Atoi(profile.text("capacity.minimum"))
		maximum, _ := strconv.Atoi(profile.text("capacity.maximum"))
		low, high = min(low, minimum), max(high, maximum)
	}
	return low, high
}

// keep writes what lives in a resource back without touching its model.
func (op *operation) keep(set any) error {
	stored, err := op.tx.Get(op.id)
	if err != nil {
		return err
	}
	stored.Live, err = json.Marshal(set)
	if err != nil {
		return err
	}
	op.write.Put(stored)
	return nil
}

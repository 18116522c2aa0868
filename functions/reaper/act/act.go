// Package act carries a plan's steps out: it records each before it is taken, takes it, and records that it succeeded. It
// never decides anything; after an error it leaves the rest to the next tick, which sees the record and looks again.
package act

import (
	"context"
	"fmt"

	"jitsi-meet-azure/functions/reaper/decide"
	"jitsi-meet-azure/functions/reaper/fleet"
)

// Ledger is where removals are recorded. A record is written only by whoever has seen the one before it: of two reapers
// that decide at the same time, the second is refused and does nothing.
type Ledger interface {
	// Write stores a removal in place of the one with the same Version, or as a new one where Version is empty. It returns
	// the new version.
	Write(ctx context.Context, shard string, slot decide.Slot, removal decide.Removal) (version string, err error)
	// Clear deletes the removal with the given version. It is no error if there is none any more.
	Clear(ctx context.Context, shard string, slot decide.Slot, version string) error
}

// Hands do things to bridges.
type Hands interface {
	// Drain turns the drain mode of a bridge on or off.
	Drain(ctx context.Context, machine fleet.Machine, on bool) error
	// Shutdown asks a bridge for its graceful shutdown.
	Shutdown(ctx context.Context, machine fleet.Machine) error
	// Delete has the machine deleted; nil means that Azure accepted that, not that it is done.
	Delete(ctx context.Context, machine fleet.Machine) error
}

// Carry carries one step of a shard out.
func Carry(ctx context.Context, shard string, step decide.Step, ledger Ledger, hands Hands) error {
	record := step.Record
	if step.Close {
		if err := ledger.Clear(ctx, shard, step.Slot, record.Version); err != nil {
			return fmt.Errorf("ending the removal of %s: %w", record.Machine, err)
		}
		return nil
	}
	if step.Changed {
		version, err := ledger.Write(ctx, shard, step.Slot, record)
		if err != nil {
			return fmt.Errorf("recording the step %q of %s: %w", record.Phase, record.Machine, err)
		}
		record.Version = version
	}
	if err := do(ctx, step, hands); err != nil {
		return fmt.Errorf("%s of %s: %w", step.Do, record.Machine, err)
	}
	if step.After == nil {
		return nil
	}
	after := *step.After
	after.Version = record.Version
	if _, err := ledger.Write(ctx, shard, step.Slot, after); err != nil {
		return fmt.Errorf("recording that %s of %s was accepted: %w", step.Do, record.Machine, err)
	}
	return nil
}

func do(ctx context.Context, step decide.Step, hands Hands) error {
	switch step.Do {
	case decide.Drain:
		return hands.Drain(ctx, step.Machine, true)
	case decide.Undrain:
		return hands.Drain(ctx, step.Machine, false)
	case decide.Shutdown:
		return hands.Shutdown(ctx, step.Machine)
	case decide.Delete:
		return hands.Delete(ctx, step.Machine)
	default:
		return nil
	}
}

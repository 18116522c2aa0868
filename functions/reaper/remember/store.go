package remember

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"jitsi-meet-azure/functions/reaper/decide"
)

func (s *store) Recall(ctx context.Context, shard string) (decide.Memory, error) {
	if err := checkShard(shard); err != nil {
		return decide.Memory{}, fmt.Errorf("recalling a shard: %w", err)
	}
	entities, complete, err := s.machines.list(ctx, query{partition: shard, pages: recallPages})
	if err != nil {
		return decide.Memory{}, fmt.Errorf("recalling shard %s: %w", shard, err)
	}
	if !complete {
		return decide.Memory{}, fmt.Errorf("recalling shard %s: more than %d pages of rows", shard, recallPages)
	}
	memory, err := parseShard(shard, entities)
	if err != nil {
		return decide.Memory{}, fmt.Errorf("recalling shard %s: %w", shard, err)
	}
	return memory, nil
}

func (s *store) Write(ctx context.Context, shard string, slot decide.Slot, r decide.Removal) (string, error) {
	version, err := s.write(ctx, shard, slot, r)
	if err != nil {
		return "", fmt.Errorf("recording the %s of shard %s: %w", slot, shard, err)
	}
	return version, nil
}

func (s *store) write(ctx context.Context, shard string, slot decide.Slot, r decide.Removal) (version string, err error) {
	entity, err := encodeRemoval(shard, slot, r)
	if err != nil {
		return "", err
	}
	if r.Version == "" {
		version, err = s.machines.insert(ctx, entity)
	} else {
		if err := checkVersion(r.Version); err != nil {
			return "", err
		}
		version, err = s.machines.replace(ctx, entity, r.Version)
	}
	if errors.Is(err, errGone) {
		return "", fmt.Errorf("%w: %w", ErrConflict, err) // Somebody else has cleared the slot.
	}
	if err != nil {
		return "", err
	}
	return version, checkVersion(version)
}

func (s *store) Clear(ctx context.Context, shard string, slot decide.Slot, version string) error {
	err := errors.Join(checkSlot(shard, slot), checkVersion(version))
	if err == nil {
		err = s.machines.remove(ctx, shard, removalKey+string(slot), version)
	}
	if err != nil && !errors.Is(err, errGone) {
		return fmt.Errorf("clearing the %s of shard %s: %w", slot, shard, err)
	}
	return nil
}

// checkVersion refuses the version that means any, and none at all: nothing is ever written over or cleared unseen.
func checkVersion(version string) error {
	if version == "" || version == "*" {
		return fmt.Errorf("%q is no version of a record", version)
	}
	return nil
}

func (s *store) Observe(ctx context.Context, shard string, o Observation) error {
	if err := s.observe(ctx, shard, o); err != nil {
		return fmt.Errorf("remembering what was seen of shard %s: %w", shard, err)
	}
	return nil
}

func (s *store) observe(ctx context.Context, shard string, o Observation) error {
	writes, removals, err := observed(shard, o)
	if err != nil {
		return err
	}
	for chunk := range slices.Chunk(writes, transaction) {
		if err := s.machines.submit(ctx, chunk); err != nil {
			return err
		}
	}
	// Machines that are gone come last, since nothing depends on them: a vmId does not come back.
	for chunk := range slices.Chunk(removals, transaction) {
		if err := s.forget(ctx, chunk); err != nil {
			return err
		}
	}
	return nil
}

// observed turns an observation into changes, the time of the look last of all.
func observed(shard string, o Observation) (writes, removals []change, err error) {
	if err := checkShard(shard); err != nil {
		return nil, nil, err
	}
	tick, err := encodeTick(shard, o.At)
	if err != nil {
		return nil, nil, err
	}
	once := map[string]bool{}
	for _, sighting := range o.Seen {
		entity, err := encodeMachine(shard, sighting)
		if err != nil {
			return nil, nil, err
		}
		if once[sighting.Machine.ID] {
			return nil, nil, fmt.Errorf("machine %s was seen twice", sighting.Machine.ID)
		}
		once[sighting.Machine.ID] = true
		writes = append(writes, change{entity: entity})
	}
	for _, id := range o.Gone {
		if err := checkMachine(id); err != nil {
			return nil, nil, err
		}
		if once[id] {
			return nil, nil, fmt.Errorf("machine %s is gone and seen, or gone twice", id)
		}
		once[id] = true
		entity, err := encode(shard, machineKey+id, nil)
		if err != nil {
			return nil, nil, err
		}
		removals = append(removals, change{entity: entity, remove: true})
	}
	return append(writes, change{entity: tick}), removals, nil
}

// forget removes rows of machines. A transaction fails as a whole for one row that is not there, for example when it is sent
// again after its answer got lost; then the rows are removed one by one.
func (s *store) forget(ctx context.Context, removals []change) error {
	err := s.machines.submit(ctx, removals)
	if !errors.Is(err, errGone) {
		return err
	}
	for _, removal := range removals {
		if err := s.machines.submit(ctx, []change{removal}); err != nil && !errors.Is(err, errGone) {
			return err
		}
	}
	return nil
}

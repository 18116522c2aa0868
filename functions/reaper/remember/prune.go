package remember

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

func (s *store) Prune(ctx context.Context, shard string, before time.Time) (removed int, err error) {
	if err := checkShard(shard); err != nil {
		return 0, fmt.Errorf("removing old rows: %w", err)
	}
	for _, old := range []table{s.decisions, s.usage} {
		if removed == pruneRows {
			break
		}
		count, err := prune(ctx, old, shard, before, pruneRows-removed)
		removed += count
		if err != nil {
			return removed, fmt.Errorf("removing old rows of shard %s: %w", shard, err)
		}
	}
	return removed, nil
}

// prune removes up to limit rows of a table. Rows that somebody else removes meanwhile are no error; the next call sees to
// whatever is left.
func prune(ctx context.Context, t table, shard string, before time.Time, limit int) (removed int, err error) {
	q := query{partition: shard + "_", below: datePartition(shard, before), keys: true, rows: limit, pages: prunePages}
	entities, _, err := t.list(ctx, q)
	if err != nil {
		return 0, err
	}
	old, err := outdated(shard, before, entities[:min(len(entities), limit)])
	if err != nil {
		return 0, err
	}
	for _, changes := range old {
		for chunk := range slices.Chunk(changes, transaction) {
			err := t.submit(ctx, chunk)
			if errors.Is(err, errGone) {
				return removed, nil
			}
			if err != nil {
				return removed, err
			}
			removed += len(chunk)
		}
	}
	return removed, nil
}

// outdated turns rows into their removal, each partition for itself. It looks again at what the query asked for, because what
// has been removed cannot be brought back, and leaves alone what somebody else has put between the days.
func outdated(shard string, before time.Time, entities [][]byte) (old [][]change, err error) {
	last, today := "", before.UTC().Truncate(24*time.Hour)
	for _, entity := range entities {
		row, err := parse(entity)
		if err != nil {
			return nil, err
		}
		name, date, ok := parseDatePartition(row.partition)
		if !ok || name != shard || !date.Before(today) {
			continue
		}
		keys, err := encode(row.partition, row.key, nil)
		if err != nil {
			return nil, err
		}
		if row.partition != last {
			old, last = append(old, nil), row.partition
		}
		old[len(old)-1] = append(old[len(old)-1], change{entity: keys, remove: true})
	}
	return old, nil
}

package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// splits prints the rooms that are in two places: on different shards in different proxies' tables, or with a conference in
// the Jicofo of more than one shard. What could not be looked at is an error too: it may hide a split.
func (o *operator) splits(ctx context.Context) error {
	placed, tableProblems := o.lastingSplits(ctx)
	counted, jicofoProblems := o.counted(ctx)
	maps.DeleteFunc(counted, func(_ string, shards []string) bool { return len(shards) < 2 })
	split := map[string]bool{}
	for _, key := range slices.Sorted(maps.Keys(placed)) {
		split[key] = true
		fmt.Fprintf(o.out, "key=%s: %s\n", key, placed[key])
	}
	for _, key := range slices.Sorted(maps.Keys(counted)) {
		split[key] = true
		fmt.Fprintf(o.out, "key=%s: Jicofo has a conference on shards %s\n", key, strings.Join(counted[key], ", "))
	}
	var found error
	if len(split) > 0 {
		found = fmt.Errorf("%d rooms are split; `shardctl repair key=...` brings one together", len(split))
	} else {
		o.say("no split found")
	}
	problems := errors.Join(tableProblems, jicofoProblems)
	if problems != nil {
		problems = fmt.Errorf("not everything could be looked at: %w", problems)
	}
	return errors.Join(found, problems)
}

// lastingSplits are the rooms that proxies have on different shards in two looks: while the tables are read one after the
// other a room may move.
func (o *operator) lastingSplits(ctx context.Context) (map[string]placement, error) {
	read, problems := o.tables(ctx)
	split := read.split()
	if len(split) == 0 {
		return nil, problems
	}
	if err := o.pause(ctx); err != nil {
		return split, err
	}
	read, problems = o.tables(ctx)
	again := read.split()
	maps.DeleteFunc(again, func(key string, _ placement) bool { return split[key] == nil })
	return again, problems
}

// counted are the shards whose Jicofo has a conference in a room, by the room's key. The error, beside them, says which
// Jicofo could not be asked.
func (o *operator) counted(ctx context.Context) (map[string][]string, error) {
	shards, err := o.shards(ctx)
	if err != nil {
		return nil, err
	}
	found := map[string][]string{}
	var problems []error
	for _, shard := range shards {
		keys, err := o.conferences(ctx, shard)
		problems = append(problems, err)
		slices.Sort(keys)
		for _, key := range slices.Compact(keys) {
			found[key] = append(found[key], shard)
		}
	}
	return found, errors.Join(problems...)
}

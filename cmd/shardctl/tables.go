package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

// tables are all proxies' tables: shards by proxy and room key.
type tables map[string]map[string]string

// tables reads the tables of all proxies that are ready. The error, beside them, says which proxies are missing.
func (o *operator) tables(ctx context.Context) (tables, error) {
	proxies, incomplete := o.proxies(ctx)
	if len(proxies) == 0 {
		return nil, errors.Join(errors.New("no proxy can be asked"), incomplete)
	}
	problems := []error{incomplete}
	read := tables{}
	for _, proxy := range proxies {
		rooms, err := o.tableOf(ctx, proxy, "")
		if err != nil {
			problems = append(problems, err)
			continue
		}
		read[proxy] = rooms
	}
	return read, errors.Join(problems...)
}

// placements are where the proxies have each room, by key.
func (t tables) placements() map[string]placement {
	all := map[string]placement{}
	for _, rooms := range t {
		for key := range rooms {
			all[key] = placement{}
		}
	}
	for _, proxy := range slices.Sorted(maps.Keys(t)) {
		for key, where := range all {
			shard := t[proxy][key]
			where[shard] = append(where[shard], proxy)
		}
	}
	return all
}

// split are the rooms that proxies have on different shards.
func (t tables) split() map[string]placement {
	split := t.placements()
	maps.DeleteFunc(split, func(_ string, where placement) bool { return len(where.shards()) < 2 })
	return split
}

// rooms prints the table's sizes: once, or again and again until it is interrupted.
func (o *operator) rooms(ctx context.Context, arguments []string) error {
	if len(arguments) == 0 {
		return o.printRooms(ctx)
	}
	if arguments[0] != "--watch" {
		return errUsage
	}
	for ctx.Err() == nil {
		if err := o.printRooms(ctx); err != nil && ctx.Err() == nil {
			o.say("not all could be found out: %v", err)
		}
		_ = o.pause(ctx) // it fails with the context only
	}
	return nil
}

func (o *operator) printRooms(ctx context.Context) error {
	read, problems := o.tables(ctx)
	if len(read) == 0 {
		return problems
	}
	counts := map[string]map[string]int{}
	shards := map[string]bool{}
	for proxy, rooms := range read {
		counts[proxy] = map[string]int{}
		for _, shard := range rooms {
			counts[proxy][shard]++
			shards[shard] = true
		}
	}
	columns := slices.Sorted(maps.Keys(shards))
	table := tabwriter.NewWriter(o.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, strings.Join(append([]string{"PROXY", "ROOMS"}, columns...), "\t"))
	for _, proxy := range slices.Sorted(maps.Keys(read)) {
		row := []string{proxy, strconv.Itoa(len(read[proxy]))}
		for _, shard := range columns {
			row = append(row, strconv.Itoa(counts[proxy][shard]))
		}
		fmt.Fprintln(table, strings.Join(row, "\t"))
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("printing: %w", err)
	}
	all, missing := read.placements(), 0
	for _, where := range all {
		if len(where[""]) > 0 {
			missing++
		}
	}
	o.say("%d rooms, %d of them on different shards in different proxies, %d not in every proxy", len(all), len(read.split()), missing)
	return problems
}

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// unknown stands for what could not be found out.
const unknown = "unknown"

// status prints what an operator wants to know before touching a shard. It prints as much as it can find out.
func (o *operator) status(ctx context.Context) error {
	shards, err := o.shards(ctx)
	if err != nil {
		return err
	}
	proxies, incomplete := o.proxies(ctx)
	drained, err := o.drained(ctx)
	if err != nil {
		return err
	}
	views := map[string]map[string]serving{}
	problems := []error{incomplete}
	for _, proxy := range proxies {
		view, err := o.view(ctx, proxy)
		problems = append(problems, err)
		views[proxy] = explained(view, drained)
	}
	table := tabwriter.NewWriter(o.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "SHARD\tFRONT DOOR\tDRAINED SINCE\tPROSODY\tJICOFO\tCONFERENCES\tPARTICIPANTS\tBRIDGES\tRELAYS")
	for _, shard := range shards {
		pods, err := o.podColumns(ctx, shard)
		problems = append(problems, err)
		relays, err := o.relayColumn(ctx, shard)
		problems = append(problems, err)
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n",
			shard, frontDoorColumn(proxies, views, shard), drainedColumn(drained, shard), pods, o.meetingColumns(ctx, shard), relays)
	}
	return errors.Join(append(problems, table.Flush())...)
}

// explained tells shards that are closed because the ConfigMap says so from those that are closed for another reason.
func explained(view map[string]serving, drained map[string]time.Time) map[string]serving {
	for shard := range drained {
		if state, known := view[shard]; known && state.closed() {
			state.drained = true
			view[shard] = state
		}
	}
	return view
}

// frontDoorColumn is one word if all proxies agree, otherwise each proxy's.
func frontDoorColumn(proxies []string, views map[string]map[string]serving, shard string) string {
	var each, words []string
	for _, proxy := range proxies {
		word := unknown
		if state, known := views[proxy][shard]; known {
			word = state.String()
		}
		each, words = append(each, proxy+"="+word), append(words, word)
	}
	words = slices.Compact(words)
	switch len(words) {
	case 0:
		return unknown
	case 1:
		return words[0]
	default:
		return strings.Join(each, ",")
	}
}

func drainedColumn(drained map[string]time.Time, shard string) string {
	since, is := drained[shard]
	if !is {
		return "-"
	}
	return since.Format(time.RFC3339)
}

// podColumns says of Prosody and Jicofo whether they serve and whether they wait to be rolled.
func (o *operator) podColumns(ctx context.Context, shard string) (string, error) {
	states, err := o.singletons(ctx, shard)
	if err != nil {
		return strings.Join([]string{unknown, unknown}, "\t"), err
	}
	var columns []string
	for _, state := range states {
		column := "down"
		if state.ready {
			column = "ready"
		}
		if state.exists && !state.current {
			column += ", to be rolled"
		}
		columns = append(columns, column)
	}
	return strings.Join(columns, "\t"), nil
}

// relayColumn says how many of the shard's TURN relays serve, and how many wait to be rolled.
func (o *operator) relayColumn(ctx context.Context, shard string) (string, error) {
	found, err := o.relays(ctx, shard)
	if err != nil {
		return unknown, err
	}
	return found.String(), nil
}

func (o *operator) meetingColumns(ctx context.Context, shard string) string {
	now, err := o.statistics(ctx, shard)
	if err != nil {
		return strings.Join([]string{unknown, unknown, unknown}, "\t")
	}
	return fmt.Sprintf("%d\t%d\t%d", now.Conferences, now.Participants, now.BridgeSelector.Operational)
}

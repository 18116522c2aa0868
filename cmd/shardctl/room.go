package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"jitsi-meet-azure/haproxy/config"
	"jitsi-meet-azure/haproxy/room"
)

var printedKey = regexp.MustCompile(`^key=[0-9A-Fa-f]{32}$`)

// keyOf is the key of a room that is named by its path, or by its key as these commands print it: users' room names are in
// no table and in no log.
func keyOf(name string) string {
	if printedKey.MatchString(name) {
		return strings.ToUpper(strings.TrimPrefix(name, "key="))
	}
	return room.Key(name)
}

// tableOf is what a proxy remembers: shards by room key; with a key, only that room's.
func (o *operator) tableOf(ctx context.Context, proxy, key string) (map[string]string, error) {
	line := "show table " + config.BackendName
	if key != "" {
		line += " key " + key
	}
	text, err := o.runtime(ctx, proxy, line)
	if err != nil {
		return nil, err
	}
	if key != "" && text == "" { // HAProxy's way to say that it does not know the key
		return map[string]string{}, nil
	}
	if !strings.HasPrefix(text, "# table:") {
		return nil, fmt.Errorf("proxy %s does not show its table but says %q", proxy, text)
	}
	return parseTable(text), nil
}

func parseTable(text string) map[string]string {
	rooms := map[string]string{}
	for line := range strings.Lines(text) {
		entry := map[string]string{}
		for _, field := range strings.Fields(line) {
			if name, value, found := strings.Cut(field, "="); found {
				entry[name] = value
			}
		}
		if entry["key"] != "" && entry["server_key"] != "" { // no shard: the room's first request is still under way
			rooms[entry["key"]] = entry["server_key"]
		}
	}
	return rooms
}

// placement is where the proxies have a room: proxies by shard. Those under the empty name do not know the room.
type placement map[string][]string

// shards are the shards that some proxy has the room on.
func (p placement) shards() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(p)), func(shard string) bool { return shard == "" })
}

func (p placement) String() string {
	var parts []string
	for _, shard := range p.shards() {
		parts = append(parts, "shard "+shard+", say "+strings.Join(p[shard], ", "))
	}
	if unaware := p[""]; len(unaware) > 0 {
		parts = append(parts, "nobody meets there, say "+strings.Join(unaware, ", "))
	}
	return strings.Join(parts, "; ")
}

// placed asks the given proxies where a room is.
func (o *operator) placed(ctx context.Context, proxies []string, key string) (placement, error) {
	where := placement{}
	for _, proxy := range proxies {
		rooms, err := o.tableOf(ctx, proxy, key)
		if err != nil {
			return nil, err
		}
		where[rooms[key]] = append(where[rooms[key]], proxy)
	}
	return where, nil
}

// room says where a room is.
func (o *operator) room(ctx context.Context, name string) error {
	proxies, incomplete := o.proxies(ctx)
	if len(proxies) == 0 {
		return errors.Join(errors.New("no proxy can be asked"), incomplete)
	}
	key := keyOf(name)
	where, err := o.placed(ctx, proxies, key)
	if err != nil {
		return err
	}
	fmt.Fprintf(o.out, "key=%s: %s\n", key, where)
	if shards := where.shards(); len(shards) > 1 {
		return fmt.Errorf("the room is split over shards %s", strings.Join(shards, ", "))
	}
	return nil
}

package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"jitsi-meet-azure/haproxy/config"
)

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
	rooms := map[string]string{}
	for line := range strings.Lines(text) {
		entry := map[string]string{}
		for _, field := range strings.Fields(line) {
			if name, value, found := strings.Cut(field, "="); found {
				entry[name] = value
			}
		}
		if entry["key"] != "" {
			rooms[entry["key"]] = entry["server_key"]
		}
	}
	return rooms, nil
}

// room says where a room is.
func (o *operator) room(ctx context.Context, path string) error {
	proxies, err := o.proxies(ctx)
	if len(proxies) == 0 {
		return errors.Join(errors.New("no proxy can be asked"), err)
	}
	key := config.RoomKey(path)
	where := map[string][]string{}
	for _, proxy := range proxies {
		rooms, err := o.tableOf(ctx, proxy, key)
		if err != nil {
			return err
		}
		shard := rooms[key]
		where[shard] = append(where[shard], proxy)
	}
	for _, shard := range slices.Sorted(maps.Keys(where)) {
		if shard == "" {
			fmt.Fprintf(o.out, "key %s: nobody meets there, say %s\n", key, strings.Join(where[shard], ", "))
			continue
		}
		fmt.Fprintf(o.out, "key %s: shard %s, say %s\n", key, shard, strings.Join(where[shard], ", "))
	}
	delete(where, "")
	if len(where) > 1 {
		return fmt.Errorf("the room is split over shards %s", strings.Join(slices.Sorted(maps.Keys(where)), ", "))
	}
	return nil
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"

	"jitsi-meet-azure/haproxy/room"
	"jitsi-meet-azure/signalling/names"
)

// roomAddress is the address of a room in Prosody: room@muc.meet.jitsi or, with a tenant, either room@muc.tenant.meet.jitsi,
// as clients and Jicofo have it, or [tenant]room@muc.meet.jitsi, as Prosody keeps it. Breakout rooms have a domain of their
// own; no proxy knows them, they are where their main room is. Source: jitsi-meet, mod_muc_domain_mapper.
var roomAddress = regexp.MustCompile(`^(?:\[([^]@/]*)\])?([^@/]+)@(muc|breakout)\.(?:([^@/]+)\.)?` +
	regexp.QuoteMeta(names.XMPPDomain) + `$`)

// conferences are the keys of the rooms that a shard's Jicofo has a conference in. Source: jicofo, ktor/Application.kt,
// /debug/conferences, which is on unless jicofo.rest.debug is switched off.
func (o *operator) conferences(ctx context.Context, shard string) ([]string, error) {
	text, err := o.askJicofo(ctx, shard, "/debug/conferences")
	if err != nil {
		return nil, err
	}
	keys, err := parseConferences(text)
	if err != nil {
		return nil, fmt.Errorf("reading the conferences of Jicofo of shard %s: %w", shard, err)
	}
	return keys, nil
}

// parseConferences reads a list of room addresses. What it does not understand is an error: half a list would hide a split.
func parseConferences(text string) ([]string, error) {
	var addresses []string
	if err := json.Unmarshal([]byte(text), &addresses); err != nil {
		return nil, fmt.Errorf("it is no list of rooms: %w", err)
	}
	if addresses == nil {
		return nil, errors.New("it is no list of rooms but null")
	}
	var keys []string
	for _, address := range addresses {
		parts := roomAddress.FindStringSubmatch(address)
		if parts == nil {
			return nil, errors.New("something in it is no address of a room") // which one is its users' business
		}
		if parts[3] == "muc" {
			keys = append(keys, room.Key("/"+parts[1]+parts[4]+"/"+parts[2]))
		}
	}
	return keys, nil
}

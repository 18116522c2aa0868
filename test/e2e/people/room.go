package people

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// room is one as its users write it in the browser's address.
type room struct{ tenant, name string }

var plainRoom = regexp.MustCompile(`^(?:([A-Za-z0-9][A-Za-z0-9-]*)/)?([A-Za-z0-9][A-Za-z0-9-]*)$`)

func parseRoom(text string) (room, error) {
	parts := plainRoom.FindStringSubmatch(text)
	if parts == nil {
		return room{}, fmt.Errorf("%q is no room: it must be letters, digits and hyphens, behind a tenant and a slash if it has one", text)
	}
	return room{tenant: parts[1], name: parts[2]}, nil
}

// String is the room as it was written.
func (r room) String() string { return strings.TrimPrefix(r.tenant+"/"+r.name, "/") }

// key is the room, however it was written.
func (r room) key() string { return strings.ToLower(r.String()) }

// page is the path of the room's page.
func (r room) page() string { return "/" + r.String() }

// signalling is the path of the room's WebSocket: the client makes the names small.
// Source: jitsi-meet, react/features/base/util/uri.ts, getBackendSafeRoomName.
func (r room) signalling() string {
	path := "/xmpp-websocket?room=" + url.QueryEscape(strings.ToLower(r.name))
	if r.tenant != "" {
		path = "/" + strings.ToLower(r.tenant) + path
	}
	return path
}

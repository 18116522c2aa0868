package meeting

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// roomName is a room as signalling names it.
type roomName struct{ tenant, local string }

// String is the name as an operator would write it.
func (n roomName) String() string {
	if n.tenant == "" {
		return n.local
	}
	return n.tenant + "/" + n.local
}

// plainName is all that a stand-in needs of what XMPP allows in a name.
var plainName = regexp.MustCompile(`^[a-z0-9][a-z0-9._%-]{0,200}$`)

// parseRoom reads the room out of a request for a WebSocket: its parameter, and the tenant in its path. Prosody makes letters small.
func parseRoom(address *url.URL) (roomName, error) {
	prefix, found := strings.CutSuffix(address.Path, webSocketPath)
	if !found {
		return roomName{}, fmt.Errorf("no request to %s", webSocketPath)
	}
	name := roomName{tenant: strings.ToLower(strings.Trim(prefix, "/")), local: strings.ToLower(address.Query().Get("room"))}
	if !plainName.MatchString(name.local) || name.tenant != "" && !plainName.MatchString(name.tenant) {
		return roomName{}, errors.New("no room that this stand-in knows how to name")
	}
	return name, nil
}

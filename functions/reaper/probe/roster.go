package probe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"jitsi-meet-azure/functions/reaper/strictjson"
)

// Roster asks a Jicofo which bridges it knows and returns the nicknames of those in its brewery room, in lower case. A
// bridge's nickname is its machine's vmId.
//
// jicofo is the address of Jicofo's REST interface, for example http://10.0.0.10:8888. An answer that is not complete and
// well formed is an error. A Jicofo that knows no bridge at all is none, and yet it may only have lost its own connection
// to the room: of a bridge that is not in an empty roster, nothing follows.
// Source: jicofo, JicofoServices.getDebugState, BridgeSelector.debugState; issue 1297 for the lost connection.
func (c *Client) Roster(ctx context.Context, jicofo string) (map[string]bool, error) {
	where, err := debugURL(jicofo)
	if err != nil {
		return nil, err
	}
	var roster map[string]bool
	err = c.send(ctx, request{
		method: http.MethodGet, url: where, accept: jsonType, limit: maxRoster,
		read: func(code int, body io.Reader) error {
			data, err := whole(code, body)
			if err != nil {
				return err
			}
			roster, err = parseRoster(data)
			return err
		},
	})
	if err != nil {
		return nil, fmt.Errorf("asking Jicofo at %s for its bridges: %w", where, err)
	}
	return roster, nil
}

// debugURL is where Jicofo tells what it knows.
func debugURL(jicofo string) (string, error) {
	base, err := url.Parse(jicofo)
	if err != nil {
		return "", fmt.Errorf("the address of Jicofo: %w", err)
	}
	if base.Scheme != "http" && base.Scheme != "https" || base.Host == "" || base.User != nil {
		return "", fmt.Errorf("the address of Jicofo: %q is not http://host:port", jicofo)
	}
	return base.JoinPath("debug").String(), nil
}

// parseRoster takes the nicknames out of Jicofo's debug state, in which bridge_selector.bridge is an object with the full
// JIDs of the bridges as keys, for example jvbbrewery@internal-muc.meet.jitsi/<nickname>.
func parseRoster(data []byte) (map[string]bool, error) {
	selector, err := within(data, "bridge_selector")
	if err != nil {
		return nil, err
	}
	list, err := within(selector, "bridge")
	if err != nil {
		return nil, err
	}
	bridges, err := strictjson.Object(list)
	if err != nil {
		return nil, fmt.Errorf("bridge: %w", err)
	}
	roster := make(map[string]bool, len(bridges))
	for jid, state := range bridges {
		_, nickname, found := strings.Cut(jid, "/")
		if !found || nickname == "" {
			return nil, fmt.Errorf("bridge %.80q has no nickname", jid)
		}
		if _, err := strictjson.Object(state); err != nil {
			return nil, fmt.Errorf("bridge %.80q: %w", jid, err)
		}
		roster[strings.ToLower(nickname)] = true
	}
	return roster, nil
}

// within is the value of one key of an object.
func within(data []byte, key string) (json.RawMessage, error) {
	values, err := strictjson.Object(data)
	if err != nil {
		return nil, err
	}
	value, found := values[key]
	if !found {
		return nil, fmt.Errorf("%s: %w", key, errMissing)
	}
	return value, nil
}

// errMissing is the error for a field that must be there.
var errMissing = errors.New("missing")

package meeting

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRooms(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"/xmpp-websocket?room=Daily":             "daily",
		"/Team/xmpp-websocket?room=daily":        "team/daily",
		"//team//xmpp-websocket?room=stand%2Dup": "team/stand-up",
	} {
		parsed, err := url.Parse("http://host" + address)
		require.NoError(t, err)
		name, err := parseRoom(parsed)
		require.NoError(t, err, address)
		assert.Equal(t, want, name.String())
	}
	for _, address := range []string{
		"/xmpp-websocket", "/xmpp-websocket?room=", "/xmpp-websocket?room=a%20b", "/a/b/xmpp-websocket?room=r", "/http-bind?room=r",
	} {
		parsed, err := url.Parse("http://host" + address)
		require.NoError(t, err)
		_, err = parseRoom(parsed)
		assert.Error(t, err, address)
	}
}

func FuzzRoom(f *testing.F) {
	f.Add("/team/xmpp-websocket", "room=daily")
	f.Fuzz(func(t *testing.T, path, query string) {
		name, err := parseRoom(&url.URL{Path: path, RawQuery: query})
		if err != nil {
			return
		}
		again, err := parseRoom(&url.URL{Path: "/" + name.tenant + webSocketPath, RawQuery: url.Values{"room": {name.local}}.Encode()})
		require.NoError(t, err)
		assert.Equal(t, name, again)
	})
}

package doortest

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/haproxy/room"
)

// Pin puts a room onto a shard, as an operator's command in the proxy's container does, and checks that it is there.
func (p *Proxy) Pin(tb testing.TB, path, shard string) {
	tb.Helper()
	client := http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Get(fmt.Sprintf("http://127.0.0.1:%d/?key=%s&shard=%s", p.Ports.Pin, room.Key("/"+path), shard))
	require.NoError(tb, err)
	require.NoError(tb, answer.Body.Close())
	require.Equal(tb, shard, answer.Header.Get("X-Served-By"))
}

package alerts_test

import (
	"bytes"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// output collects what a process prints while a test reads it.
type output struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.text.String()
}

// The rule that calls a shard down reads a line of HAProxy's own, which no file of this repository holds: so the real one has to
// say it, in the form in which the deployed proxies log.
func TestHAProxySaysThatAShardIsDownAndUp(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("haproxy")
	require.NoError(t, err, "the real HAProxy is needed: run `make deps`")
	found := serverState.FindStringSubmatch(find(t, usual(), "shard-down").Query.Text)
	require.NotNil(t, found)
	pattern := regexp.MustCompile(found[1])

	var listening net.ListenConfig
	shard, err := listening.Listen(t.Context(), "tcp4", "127.0.0.1:0")
	require.NoError(t, err)
	port := shard.Addr().(*net.TCPAddr).Port
	file := filepath.Join(t.TempDir(), "haproxy.cfg")
	require.NoError(t, os.WriteFile(file, []byte(`global
    log stdout format raw local0 info
defaults
    mode http
    log global
    timeout connect 1s
    timeout client 1s
    timeout server 1s
listen nobody
    bind abns@meet-alerts-`+strconv.Itoa(port)+`
backend shards
    default-server check inter 100ms fall 2 rise 2
    server a 127.0.0.1:`+strconv.Itoa(port)+"\n"), 0o600))
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	said := &output{}
	running := exec.CommandContext(ctx, program, "-db", "-f", file)
	running.Stdout, running.Stderr = said, said
	require.NoError(t, running.Start())
	defer func() { _ = running.Wait() }()
	defer cancel()

	last := func(state string) bool {
		all := pattern.FindAllStringSubmatch(said.String(), -1)
		return len(all) > 0 && all[len(all)-1][1] == "a" && all[len(all)-1][2] == state
	}
	wait := func(state string) {
		for !last(state) {
			select {
			case <-ctx.Done():
				require.Fail(t, "HAProxy does not say it", "%s: %s", state, said.String())
			case <-time.After(20 * time.Millisecond):
			}
		}
	}
	require.NoError(t, shard.Close())
	wait("DOWN")
	again, err := listening.Listen(ctx, "tcp4", shard.Addr().String())
	require.NoError(t, err)
	defer func() { assert.NoError(t, again.Close()) }()
	wait("UP")
}

package doortest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/haproxy/config"
)

// The ports that tests use lie below those that the kernel gives to outgoing connections, so that the port of a proxy or a
// shard that is dead is still free when it comes back. Each process of tests has a block of them to itself.
const (
	firstBlock = 12_000
	blocks     = 10
	blockSize  = 2_000
)

var ports struct {
	mutex sync.Mutex
	claim net.Listener // at the block's first port, for the life of the process: it tells other processes that the block is taken
	block int
	given int
}

// FreePort is a port that nobody listens on at any address, and that is not given out again soon.
func FreePort(tb testing.TB) int {
	tb.Helper()
	port, err := freePort()
	require.NoError(tb, err)
	return port
}

// FreePorts are such ports for a proxy.
func FreePorts() (config.Ports, error) {
	var free config.Ports
	for _, port := range []*int{&free.HTTP, &free.HTTPS, &free.Metrics, &free.Admin, &free.Agent, &free.Pin, &free.Peers} {
		var err error
		if *port, err = freePort(); err != nil {
			return free, err
		}
	}
	return free, nil
}

func freePort() (int, error) {
	ports.mutex.Lock()
	defer ports.mutex.Unlock()
	for _, index := range rand.Perm(blocks) {
		if ports.claim != nil {
			break
		}
		ports.block = firstBlock + index*blockSize
		if claim, err := listen("", ports.block); err == nil {
			ports.claim = claim
		}
	}
	if ports.claim == nil {
		return 0, errors.New("too many processes test front doors at a time")
	}
	for range blockSize {
		ports.given++
		port := ports.block + 1 + ports.given%(blockSize-1)
		if listener, err := listen("", port); err == nil {
			_ = listener.Close()
			return port, nil
		}
	}
	return 0, errors.New("no port is free")
}

func listen(host string, port int) (net.Listener, error) {
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp4", fmt.Sprintf("%s:%d", host, port))
	if err != nil {
		return nil, fmt.Errorf("listening: %w", err)
	}
	return listener, nil
}

package doortest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
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
		tb.Fatal("too many processes test front doors at a time")
	}
	for range blockSize {
		ports.given++
		port := ports.block + 1 + ports.given%(blockSize-1)
		if listener, err := listen("", port); err == nil {
			_ = listener.Close()
			return port
		}
	}
	tb.Fatal("no port is free")
	return 0
}

func listen(host string, port int) (net.Listener, error) {
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp4", fmt.Sprintf("%s:%d", host, port))
	if err != nil {
		return nil, fmt.Errorf("listening: %w", err)
	}
	return listener, nil
}

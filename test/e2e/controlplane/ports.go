package controlplane

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// host is where everything listens.
const host = "127.0.0.1"

// ports that the programs listen at.
type ports struct{ etcd, etcdPeers, server uint16 }

// The API server and etcd must be told where to listen. Ports from below those that the kernel gives to outgoing connections stay
// free until they are used; haproxy/doortest has the ones below these.
const (
	firstPort = 32_000
	blockSize = 4
	blocks    = 192
)

// freePorts finds ports that nobody listens at. The first of their block is listened at until the context ends: it tells other
// control planes that the block is taken.
func freePorts(ctx context.Context) (ports, error) {
	for _, block := range rand.Perm(blocks) {
		first := uint16(firstPort + block*blockSize)
		claim, err := listen(ctx, first)
		if err != nil {
			continue
		}
		if !free(ctx, first+1, first+2, first+3) {
			_ = claim.Close()
			continue
		}
		context.AfterFunc(ctx, func() { _ = claim.Close() })
		return ports{etcd: first + 1, etcdPeers: first + 2, server: first + 3}, nil
	}
	return ports{}, fmt.Errorf("no %d ports are free from %d on", blockSize, firstPort)
}

func free(ctx context.Context, all ...uint16) bool {
	for _, port := range all {
		listener, err := listen(ctx, port)
		if err != nil {
			return false
		}
		_ = listener.Close()
	}
	return true
}

func listen(ctx context.Context, port uint16) (net.Listener, error) {
	return (&net.ListenConfig{}).Listen(ctx, "tcp", address(port))
}

func address(port uint16) string { return net.JoinHostPort(host, strconv.Itoa(int(port))) }

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"jitsi-meet-azure/haproxy/config"
)

// The end of a request's body: a shard knows by it that a request is complete, without reading the request.
const bodyEnd = "</body>"

const stats = `{"bridge_selector":{"bridge_count":2,"operational_bridge_count":2,"in_shutdown_bridge_count":0}}`

// startShards starts shards that answer everything with the same bytes, at hardly any cost.
func startShards(ctx context.Context, size int, names ...string) ([]config.Backend, error) {
	shards := make([]config.Backend, 0, len(names))
	for _, name := range names {
		web, err := respond(ctx, "application/javascript", strings.Repeat("x", size))
		if err != nil {
			return nil, err
		}
		jicofo, err := respond(ctx, "application/json", stats)
		if err != nil {
			return nil, err
		}
		shards = append(shards, config.Backend{Shard: name, Host: loopback, Port: web, JicofoHost: loopback, JicofoPort: jicofo})
	}
	return shards, nil
}

// respond listens and returns the port.
func respond(ctx context.Context, contentType, body string) (int, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", loopback+":0")
	if err != nil {
		return 0, fmt.Errorf("a shard: %w", err)
	}
	context.AfterFunc(ctx, func() { _ = listener.Close() })
	answer := fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nServer: nginx\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\nContent-Type: %s\r\n"+
		"Content-Length: %d\r\nConnection: keep-alive\r\n\r\n%s", contentType, len(body), body)
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go answerAll(connection, answer)
		}
	}()
	return portOf(listener)
}

func answerAll(connection net.Conn, answer []byte) {
	defer connection.Close()
	buffer, filled := make([]byte, 16<<10), 0
	for {
		count, err := connection.Read(buffer[filled:])
		if err != nil {
			return
		}
		filled += count
		end := "\r\n\r\n"
		if buffer[0] == 'P' {
			end = bodyEnd
		}
		if !bytes.HasSuffix(buffer[:filled], []byte(end)) {
			continue
		}
		filled = 0
		if _, err := connection.Write(answer); err != nil {
			return
		}
	}
}

func portOf(listener net.Listener) (int, error) {
	address, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		return 0, errors.New("a listener without a port")
	}
	return address.Port, nil
}

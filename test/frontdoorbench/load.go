package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"
)

// connection is a client's connection, kept open between requests.
type connection struct {
	*tls.Conn
	buffer []byte
}

// dial connects from an address of its own: the proxies bound what one address may do.
func dial(ctx context.Context, address string, client int) (*connection, error) {
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 1, byte(client/250), byte(client%250+1))}, Timeout: 5 * time.Second}
	plain, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("connecting: %w", err)
	}
	//nolint:gosec // the certificate is this program's own
	secure := tls.Client(plain, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}})
	if err := secure.HandshakeContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("connecting: %w", err), plain.Close())
	}
	return &connection{Conn: secure, buffer: make([]byte, 16<<10)}, nil
}

// do sends a request and reads the answer, which must be a shard's.
func (c *connection) do(request []byte) error {
	if _, err := c.Write(request); err != nil {
		return fmt.Errorf("sending: %w", err)
	}
	filled := 0
	for filled < len(c.buffer) {
		count, err := c.Read(c.buffer[filled:])
		if err != nil {
			return fmt.Errorf("the answer: %w", err)
		}
		filled += count
		if head := bytes.Index(c.buffer[:filled], []byte("\r\n\r\n")); head >= 0 {
			return c.rest(request, c.buffer[:head+len("\r\n")], filled-head-len("\r\n\r\n"))
		}
	}
	return errors.New("an answer without an end")
}

// rest reads what is left of an answer's body, some of which has come with the head.
func (c *connection) rest(request, head []byte, come int) error {
	const name = "\r\ncontent-length: "
	_, after, found := bytes.Cut(head, []byte(name))
	value, _, _ := bytes.Cut(after, []byte("\r\n"))
	length, err := strconv.Atoi(string(value))
	if !bytes.HasPrefix(head, []byte("HTTP/1.1 200 ")) || !found || err != nil {
		return fmt.Errorf("the answer to %.60q is %.200q", request, head)
	}
	for come < length {
		count, err := c.Read(c.buffer)
		if err != nil {
			return fmt.Errorf("the answer: %w", err)
		}
		come += count
	}
	return nil
}

// together opens connections and has each do something, all at the same time.
func together(ctx context.Context, p *proxy, connections int, each func(index int, c *connection) error) error {
	clients := make([]*connection, 0, connections)
	defer func() {
		for _, client := range clients {
			_ = client.Close()
		}
	}()
	for index := range connections {
		client, err := dial(ctx, p.address, index)
		if err != nil {
			return err
		}
		clients = append(clients, client)
	}
	problems := make([]error, connections)
	var group sync.WaitGroup
	for index, client := range clients {
		group.Go(func() { problems[index] = each(index, client) })
	}
	group.Wait()
	return errors.Join(problems...)
}

// leastEach is what every connection sends even where the machine gives no time, or the clock ticks of the processor time
// would be too few to divide.
const leastEach = 20

// flood has every connection send its next request as soon as the last is answered, for so long, and says how many requests
// a second were answered and what each cost the proxy.
func flood(ctx context.Context, p *proxy, requests [][]byte, connections int, length time.Duration) (sample, error) {
	counts := make([]int, connections)
	connected := sync.WaitGroup{}
	connected.Add(connections)
	var before time.Duration
	start := sync.OnceValue(func() time.Time {
		before = p.cpu()
		return time.Now()
	})
	err := together(ctx, p, connections, func(index int, c *connection) error {
		next := index * len(requests) / connections
		err := c.do(requests[next])
		connected.Done()
		connected.Wait()
		end := start().Add(length)
		for ; err == nil && ctx.Err() == nil && (time.Now().Before(end) || counts[index] < leastEach); counts[index]++ {
			next++
			err = c.do(requests[next%len(requests)])
		}
		return err
	})
	took, cost := time.Since(start()), p.cpu()-before
	total := 0
	for _, count := range counts {
		total += count
	}
	return sample{rate: float64(total) / took.Seconds(), cost: float64(cost.Microseconds()) / float64(max(total, 1))}, err
}

// pace sends requests at a fixed rate, whether the earlier ones are answered or not: what a request waits for the one before
// it on its connection counts as latency.
func pace(ctx context.Context, p *proxy, requests [][]byte, connections, rate int, length time.Duration) (sample, error) {
	each := int(length.Seconds() * float64(rate) / float64(connections))
	latencies := make([][]float64, connections)
	start := sync.OnceValue(func() time.Time { return time.Now().Add(50 * time.Millisecond) })
	connected := sync.WaitGroup{}
	connected.Add(connections)
	err := together(ctx, p, connections, func(index int, c *connection) error {
		next := index * len(requests) / connections
		err := c.do(requests[next])
		connected.Done()
		connected.Wait()
		for i := 0; i < each && err == nil; i++ {
			due := start().Add(time.Duration(i*connections+index) * time.Second / time.Duration(rate))
			select {
			case <-time.After(time.Until(due)):
			case <-ctx.Done():
				return ctx.Err()
			}
			next++
			err = c.do(requests[next%len(requests)])
			latencies[index] = append(latencies[index], float64(time.Since(due).Microseconds())/1000)
		}
		return err
	})
	var all []float64
	for _, some := range latencies {
		all = append(all, some...)
	}
	if len(all) == 0 {
		return sample{}, errors.Join(err, errors.New("nothing was sent"))
	}
	return sample{half: quantile(all, 0.5), most: quantile(all, 0.99)}, err
}

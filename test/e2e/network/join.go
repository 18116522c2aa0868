package network

import (
	"context"
	"io"
	"net"
	"sync"
)

// chunk is how much is read at a time. There may be thousands of connections; most carry little.
const chunk = 8 << 10

// join carries bytes both ways between two connections until both ends have finished, or one breaks, or ctx ends. An end that
// finishes sending is told to the other; where one breaks, so does the other.
func join(ctx context.Context, a, b net.Conn) {
	defer context.AfterFunc(ctx, func() {
		reset(a)
		reset(b)
	})()
	var both sync.WaitGroup
	both.Go(func() { carry(a, b) })
	carry(b, a)
	both.Wait()
	_ = a.Close()
	_ = b.Close()
}

func carry(to, from net.Conn) {
	// Plain readers and writers: the kernel's own way would hold two descriptors more for each direction.
	buffer := make([]byte, chunk)
	_, err := io.CopyBuffer(struct{ io.Writer }{to}, struct{ io.Reader }{from}, buffer)
	if err != nil {
		reset(to)
		reset(from)
		return
	}
	if half, is := to.(interface{ CloseWrite() error }); is {
		_ = half.CloseWrite()
	}
}

// reset closes a connection so that the other end sees it break.
func reset(connection net.Conn) {
	if tcp, is := connection.(*net.TCPConn); is {
		_ = tcp.SetLinger(0)
	}
	_ = connection.Close()
}

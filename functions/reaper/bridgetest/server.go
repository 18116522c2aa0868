package bridgetest

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// watch is how often a server looks whether its host still takes connections.
const watch = 20 * time.Millisecond

// Server puts a host on a real socket, for programs that run outside of the test. While the host's process is not there,
// nothing listens, so that the operating system refuses connections.
type Server struct {
	host    Host
	address netip.AddrPort
	stop    context.CancelFunc
	done    sync.WaitGroup
}

// Serve starts a server at an address, for example 127.1.2.3:8080, or at a free port if that is 0. The host must take
// connections at that moment. Close ends the server, and so does ctx.
func Serve(ctx context.Context, address netip.AddrPort, host Host) (*Server, error) {
	listener, err := listen(ctx, address)
	if err != nil {
		return nil, err
	}
	bound, err := netip.ParseAddrPort(listener.Addr().String())
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	s := &Server{host: host, address: bound, stop: stop}
	s.done.Go(func() { s.run(ctx, listener) })
	return s, nil
}

// Address is where the server listens.
func (s *Server) Address() netip.AddrPort { return s.address }

// Close ends the server and waits for it.
func (s *Server) Close() {
	s.stop()
	s.done.Wait()
}

// run opens and closes the socket with the host's process.
func (s *Server) run(ctx context.Context, listener net.Listener) {
	ticker := time.NewTicker(watch)
	defer ticker.Stop()
	serving := s.serve(ctx, listener)
	defer func() { shut(serving) }()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		if s.host.door() == Refuse {
			shut(serving)
			serving = nil
		} else if serving == nil {
			if listener, err := listen(ctx, s.address); err == nil { // If it is not free yet, the next look tries again.
				serving = s.serve(ctx, listener)
			}
		}
	}
}

// shut closes a server with its connections; none is closed already.
func shut(server *http.Server) {
	if server != nil {
		_ = server.Close()
	}
}

func (s *Server) serve(ctx context.Context, listener net.Listener) *http.Server {
	server := &http.Server{
		Handler: s, ReadHeaderTimeout: time.Minute,
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	s.done.Go(func() { _ = server.Serve(listener) })
	return server
}

func listen(ctx context.Context, address netip.AddrPort) (net.Listener, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address.String())
	if err != nil {
		return nil, fmt.Errorf("listening for a fake host: %w", err)
	}
	return listener, nil
}

// ServeHTTP answers as the host does.
func (s *Server) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	if s.host.door() == Unreachable { // The operating system took the connection; there is nobody behind it.
		<-request.Context().Done()
		return
	}
	answer, way := s.host.answer(request)
	switch way {
	case Hang, Lose, Unreachable:
		<-request.Context().Done()
		return
	case Reset, Refuse:
		hangUp(w)
		return
	default:
	}
	w.Header().Set("Content-Type", answer.kind)
	w.WriteHeader(answer.status)
	_, _ = io.Copy(w, content(request.Context(), answer, way))
	if way == Cut {
		_ = http.NewResponseController(w).Flush()
		hangUp(w)
	}
}

// hangUp closes the connection under an answer.
func hangUp(w http.ResponseWriter) {
	if connection, _, err := http.NewResponseController(w).Hijack(); err == nil {
		_ = connection.Close()
	}
}

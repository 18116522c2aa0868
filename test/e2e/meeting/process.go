package meeting

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"

	"jitsi-meet-azure/internal/naming"
	"jitsi-meet-azure/signalling/names"
	"jitsi-meet-azure/test/e2e/pod"
)

// Image is what the containers of a pod of the shard run, by the pod's label: web, Prosody, Jicofo or relay. Running a pod of which
// there are no such containers is an error.
func (s *Shard) Image(p *corev1.Pod) pod.Image {
	return image{shard: s, service: p.Labels[names.NameLabel]}
}

type image struct {
	shard   *Shard
	service string
}

// Run implements [pod.Image].
func (i image) Run(ctx context.Context, sandbox pod.Sandbox) (pod.Process, error) {
	start := map[string]func(context.Context, *running) error{
		names.Web: i.shard.runWeb, names.Prosody: i.shard.runProsody, names.Jicofo: i.shard.runJicofo,
		naming.Names{}.Relay(i.shard.name): i.shard.runRelay,
	}[i.service]
	if start == nil {
		return nil, fmt.Errorf("shard %s has no pods of %q", i.shard.name, i.service)
	}
	ctx, cancel := context.WithCancel(ctx)
	p := &running{shard: i.shard, service: i.service, sandbox: sandbox, done: make(chan struct{}), cancel: cancel}
	if err := start(ctx, p); err != nil {
		cancel()
		p.closeAll()
		return nil, fmt.Errorf("%s of shard %s: %w", i.service, i.shard.name, err)
	}
	i.shard.report(i.service, "starts")
	context.AfterFunc(ctx, func() { p.finish(over) })
	return p, nil
}

// ending is the way in which a process ends.
type ending int

const (
	stopped ending = iota
	killed
	over // with the system test: nobody is there any more to miss it
)

// running is a pod's running containers. It implements [pod.Process].
type running struct {
	shard   *Shard
	service string
	sandbox pod.Sandbox
	cancel  context.CancelFunc
	workers sync.WaitGroup
	once    sync.Once
	done    chan struct{}
	closers []io.Closer
	// end is what the end of the process ends beyond what it has opened.
	end func(ending)
	// program runs a command of the image's own, if it knows it.
	program func(ctx context.Context, command []string, output, problems io.Writer) (code int, known bool, err error)
}

// Stop implements [pod.Process].
func (p *running) Stop() { p.finish(stopped) }

// Kill implements [pod.Process].
func (p *running) Kill() { p.finish(killed) }

// Done implements [pod.Process].
func (p *running) Done() <-chan struct{} { return p.done }

func (p *running) finish(how ending) {
	p.once.Do(func() {
		if p.end != nil {
			p.end(how)
		}
		p.closeAll()
		p.cancel()
		p.workers.Wait()
		if how != over {
			p.shard.report(p.service, map[ending]string{stopped: "stops", killed: "is killed"}[how])
		}
		close(p.done)
	})
}

func (p *running) closeAll() {
	for _, closer := range p.closers {
		_ = closer.Close()
	}
}

// report tells of a service.
func (s *Shard) report(service, what string) {
	s.mu.Lock()
	defer s.unlock()
	s.say(Service, "", service+" "+what)
}

// listen opens a container's port at the pod's address.
func (p *running) listen(ctx context.Context, port string) (net.Listener, error) {
	for _, container := range p.sandbox.Pod.Spec.Containers {
		for _, declared := range container.Ports {
			if declared.Name != port {
				continue
			}
			address := netip.AddrPortFrom(p.sandbox.Address, uint16(declared.ContainerPort))
			listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address.String())
			if err != nil {
				return nil, fmt.Errorf("port %s: %w", port, err)
			}
			p.closers = append(p.closers, listener)
			return listener, nil
		}
	}
	return nil, fmt.Errorf("no container of pod %s has a port %q", p.sandbox.Pod.Name, port)
}

// serve answers requests at a container's port.
func (p *running) serve(ctx context.Context, port string, handler http.Handler) error {
	listener, err := p.listen(ctx, port)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: time.Minute,
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	p.closers = append(p.closers, server)
	p.workers.Go(func() { _ = server.Serve(listener) }) // It ends with the process.
	return nil
}

// accept takes connections at a container's port and closes them: nobody speaks there, probes knock.
func (p *running) accept(ctx context.Context, port string) error {
	listener, err := p.listen(ctx, port)
	if err != nil {
		return err
	}
	p.workers.Go(func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			_ = connection.Close()
		}
	})
	return nil
}

// every does something at each beat until ctx ends.
func (p *running) every(ctx context.Context, what func()) {
	p.workers.Go(func() {
		ticker := time.NewTicker(p.shard.beat())
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				what()
			}
		}
	})
}

// runRelay runs a TURN relay. Nobody's media goes through it, so it stops at once.
func (s *Shard) runRelay(ctx context.Context, p *running) error { return p.accept(ctx, "turns") }

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"jitsi-meet-azure/haproxy/doortest"
	"jitsi-meet-azure/test/procfs"
)

const (
	loopback = "127.0.0.1"
	domain   = doortest.Domain
)

// proxy is one running HAProxy.
type proxy struct {
	name    string
	address string // of its HTTPS
	admin   int
	// metrics is the port that says whether it is ready; 0 if it says nothing.
	metrics int
	command *exec.Cmd
	said    strings.Builder
}

// run starts HAProxy. Its log goes nowhere: to write a line costs it the same as ever, to read the line costs nobody.
func (p *proxy) run(ctx context.Context, text, folder string) error {
	path := filepath.Join(folder, "haproxy.cfg")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return fmt.Errorf("the configuration of %s: %w", p.name, err)
	}
	program, err := doortest.Find()
	if err != nil {
		return err
	}
	p.command = exec.CommandContext(ctx, program, "-db", "-L", p.name, "-f", path)
	p.command.Env = append(os.Environ(), "PROXY_NAME="+p.name)
	p.command.Stderr = &p.said
	p.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.command.Start(); err != nil {
		return fmt.Errorf("starting HAProxy: %w", err)
	}
	return nil
}

// waitReady waits until it takes users.
func (p *proxy) waitReady(ctx context.Context) error {
	for began := time.Now(); time.Since(began) < 90*time.Second; <-time.After(100 * time.Millisecond) {
		if p.ready(ctx) {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("waiting for %s: %w", p.name, ctx.Err())
		}
	}
	p.end()
	return fmt.Errorf("%s does not become ready: %s", p.name, p.said.String())
}

func (p *proxy) ready(ctx context.Context) bool {
	if p.metrics == 0 {
		c, err := dial(ctx, p.address, 0)
		if err != nil {
			return false
		}
		defer c.Close()
		return c.do(file(0)) == nil
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://%s:%d/ready", loopback, p.metrics), http.NoBody)
	if err != nil {
		return false
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

func (p *proxy) end() {
	_ = p.command.Process.Kill()
	_ = p.command.Wait()
}

func end(proxies []*proxy) {
	for _, p := range proxies {
		p.end()
	}
}

// cpu is the processor time that it has used.
func (p *proxy) cpu() time.Duration { return procfs.Processor(p.command.Process.Pid) }

// resident is the memory that it has, in bytes.
func (p *proxy) resident() int { return procfs.Memory(p.command.Process.Pid, procfs.Resident) }

// remembered is the number of rooms in its table.
func (p *proxy) remembered(ctx context.Context) (int, error) {
	connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", fmt.Sprintf("%s:%d", loopback, p.admin))
	if err != nil {
		return 0, fmt.Errorf("the runtime interface of %s: %w", p.name, err)
	}
	defer connection.Close()
	fmt.Fprintln(connection, "show table")
	for lines := bufio.NewScanner(connection); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "# table: shards,") {
			_, used, _ := strings.Cut(lines.Text(), "used:")
			return strconv.Atoi(used)
		}
	}
	return 0, errors.New(p.name + " has no table of rooms")
}

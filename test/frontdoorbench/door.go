package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"jitsi-meet-azure/haproxy/config"
	"jitsi-meet-azure/haproxy/doortest"
)

// kind says which text a proxy runs.
type kind string

const (
	kindBare     kind = "bare"
	kindDeployed kind = "deployed"
)

// door makes proxies in front of the same shards.
type door struct {
	folder string
	shards []config.Backend
}

// start starts proxies that know each other and waits until they are ready.
func (d *door) start(ctx context.Context, what kind, count int) ([]*proxy, error) {
	ports := make([]config.Ports, count)
	for i := range ports {
		var err error
		if ports[i], err = doortest.FreePorts(); err != nil {
			return nil, err
		}
	}
	peers := doortest.Peers(ports)
	proxies := make([]*proxy, 0, count)
	for i := range ports {
		p, err := d.startOne(ctx, what, peers[i].Name, config.Defaults(domain, d.shards, peers), ports[i])
		if err != nil {
			return nil, err
		}
		proxies = append(proxies, p)
	}
	for _, p := range proxies {
		if err := p.waitReady(ctx); err != nil {
			return nil, err
		}
	}
	return proxies, nil
}

func (d *door) startOne(ctx context.Context, what kind, name string, settings config.Config, ports config.Ports) (*proxy, error) {
	folder, err := os.MkdirTemp(d.folder, string(what))
	if err != nil {
		return nil, fmt.Errorf("a folder: %w", err)
	}
	text, err := doortest.Install(settings, ports, folder)
	if err != nil {
		return nil, err
	}
	p := &proxy{name: name, address: fmt.Sprintf("%s:%d", loopback, ports.HTTPS), admin: ports.Admin, metrics: ports.Metrics}
	if what == kindBare {
		text, p.metrics = bareText(text, d.shards), 0
	}
	err = p.run(ctx, text, folder)
	return p, err
}

// bareText keeps of the deployed text what any HAProxy would have: limits, timeouts, TLS, the listener and its log.
func bareText(deployed string, shards []config.Backend) string {
	var text strings.Builder
	section := ""
	for line := range strings.Lines(deployed) {
		trimmed := strings.TrimSpace(line)
		if trimmed == "" || strings.HasPrefix(trimmed, "#") {
			continue
		}
		if trimmed[0] == line[0] {
			section = trimmed
		}
		if isBare(section, trimmed) {
			text.WriteString(strings.ReplaceAll(line, " room=%[var(txn.key)]", ""))
		}
	}
	text.WriteString("    default_backend shards\nbackend shards\n    balance roundrobin\n")
	for _, shard := range shards {
		fmt.Fprintf(&text, "    server %s %s:%d check inter 2s\n", shard.Shard, shard.Host, shard.Port)
	}
	return text.String()
}

func isBare(section, line string) bool {
	keyword := strings.Fields(line)[0]
	switch section {
	case "global":
		return !strings.HasPrefix(keyword, "lua-") && keyword != "setenv"
	case "defaults":
		return true
	case "frontend public":
		return line == section || keyword == "bind" || keyword == "maxconn" || keyword == "log-format"
	default:
		return false
	}
}

// Package doortest runs the front door on loopback for tests: the real HAProxy with exactly the text and programs that are
// deployed (only addresses differ), in front of fake shards whose health, speed and life a test controls.
package doortest

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/haproxy/config"
)

// Domain is the front door's name.
const Domain = "meet.example.org"

// Options describe a front door.
type Options struct {
	// Shards are the shards' names; two if empty.
	Shards []string
	// Proxies is how many proxies there may be. They know each other, but none runs before it is started.
	Proxies int
	// Alone makes them know nothing of each other.
	Alone bool
	// Change changes the configuration beyond addresses, for what cannot be tested otherwise, such as a small table.
	Change func(*config.Config)
}

// Door is a front door with its shards.
type Door struct {
	Proxies []*Proxy
	Shards  map[string]*Shard

	options Options
}

// New makes a front door whose shards run and whose proxies do not yet.
func New(tb testing.TB, options Options) *Door {
	tb.Helper()
	if len(options.Shards) == 0 {
		options.Shards = []string{"a", "b"}
	}
	d := &Door{Shards: map[string]*Shard{}, options: options}
	for _, name := range options.Shards {
		d.Shards[name] = newShard(tb, name, options.Proxies)
	}
	for index := range options.Proxies {
		p := &Proxy{Name: fmt.Sprintf("haproxy-%d", index), index: index, Folder: tb.TempDir()}
		var err error
		p.Ports, err = FreePorts()
		require.NoError(tb, err)
		d.Proxies = append(d.Proxies, p)
	}
	for _, p := range d.Proxies {
		d.Configure(tb, p, options.Shards...)
	}
	return d
}

// Open makes a front door, starts all its proxies, and waits until they are ready.
func Open(tb testing.TB, options Options) *Door {
	tb.Helper()
	d := New(tb, options)
	for _, p := range d.Proxies {
		p.Start(tb)
	}
	for _, p := range d.Proxies {
		p.WaitReady(tb)
	}
	return d
}

// Configure writes a proxy's files anew, for the given shards.
func (d *Door) Configure(tb testing.TB, p *Proxy, shards ...string) {
	tb.Helper()
	backends := make([]config.Backend, 0, len(shards))
	for _, name := range shards {
		s := d.Shards[name]
		backends = append(backends, config.Backend{
			Shard: name, Host: gate(p.index), Port: s.Port, JicofoHost: gate(p.index), JicofoPort: s.JicofoPort,
		})
	}
	settings := config.Defaults(Domain, backends, d.peers(p))
	if d.options.Change != nil {
		d.options.Change(&settings)
	}
	p.configure(tb, settings)
}

// Revive brings a killed shard back.
func (d *Door) Revive(tb testing.TB, shard string) {
	tb.Helper()
	d.Shards[shard].Revive(tb, len(d.Proxies))
}

// peers are all the proxies that one knows.
func (d *Door) peers(self *Proxy) []config.Peer {
	ports := make([]config.Ports, len(d.Proxies))
	for index, p := range d.Proxies {
		if !d.options.Alone || p == self {
			ports[index] = p.Ports
		}
	}
	return Peers(ports)
}

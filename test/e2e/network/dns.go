package network

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"jitsi-meet-azure/test/e2e/loopback"
)

// Zone is the cluster's domain, with the dot at its end.
const Zone = "cluster.local."

const (
	// timeToLive is that of CoreDNS, in seconds.
	timeToLive = 5
	// plainSize is how long an answer over UDP may be for those who do not say otherwise. Source: RFC 1035, section 4.2.1.
	plainSize = 512
	// ownSize is what answers are bounded by in any case.
	ownSize = 4096
	// tcpIdle is how long a connection may stay without a question.
	tcpIdle = 30 * time.Second
)

// DNS is the cluster's nameserver.
type DNS struct {
	cluster *Cluster
	packets net.PacketConn
	streams net.Listener
	at      netip.AddrPort
}

// NewDNS answers at an address, over UDP and TCP, until ctx ends; port 0 is any that is free. It knows `service.namespace.svc` and,
// for the pods of a StatefulSet, `pod.service.namespace.svc`, below cluster.local. Addresses are those at which they are played.
func NewDNS(ctx context.Context, cluster *Cluster, at netip.AddrPort) (*DNS, error) {
	d := &DNS{cluster: cluster}
	var err error
	// The port that is free over one is mostly free over the other.
	for range 10 {
		if err = d.listen(ctx, at); err == nil || at.Port() != 0 {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	go d.servePackets()
	go d.serveStreams(ctx)
	context.AfterFunc(ctx, d.Close)
	return d, nil
}

func (d *DNS) listen(ctx context.Context, at netip.AddrPort) error {
	streams, err := new(net.ListenConfig).Listen(ctx, "tcp4", at.String())
	if err != nil {
		return fmt.Errorf("the cluster's DNS: %w", err)
	}
	packets, err := new(net.ListenConfig).ListenPacket(ctx, "udp4", streams.Addr().String())
	if err != nil {
		_ = streams.Close()
		return fmt.Errorf("the cluster's DNS: %w", err)
	}
	d.streams, d.packets = streams, packets
	if d.at, err = netip.ParseAddrPort(streams.Addr().String()); err != nil {
		return fmt.Errorf("the cluster's DNS: %w", err)
	}
	return nil
}

// Address is where it answers.
func (d *DNS) Address() netip.AddrPort { return d.at }

// Close ends it.
func (d *DNS) Close() {
	_ = d.packets.Close()
	_ = d.streams.Close()
}

func (d *DNS) servePackets() {
	buffer := make([]byte, ownSize)
	for {
		length, from, err := d.packets.ReadFrom(buffer)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		if answer := d.answer(buffer[:length], true); answer != nil {
			_, _ = d.packets.WriteTo(answer, from)
		}
	}
}

func (d *DNS) serveStreams(ctx context.Context) {
	for {
		connection, err := d.streams.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		stop := context.AfterFunc(ctx, func() { _ = connection.Close() })
		go func() {
			defer stop()
			defer connection.Close()
			d.serveStream(connection)
		}()
	}
}

func (d *DNS) serveStream(connection net.Conn) {
	for {
		_ = connection.SetDeadline(time.Now().Add(tcpIdle))
		var length [2]byte
		if _, err := io.ReadFull(connection, length[:]); err != nil {
			return
		}
		question := make([]byte, binary.BigEndian.Uint16(length[:]))
		if _, err := io.ReadFull(connection, question); err != nil {
			return
		}
		answer := d.answer(question, false)
		if answer == nil {
			return
		}
		if _, err := connection.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...)); err != nil {
			return
		}
	}
}

// resolve are the addresses of a name; found says whether there is the name at all.
func (d *DNS) resolve(name string) (addresses []netip.Addr, found bool) {
	name, below := strings.CutSuffix(strings.ToLower(name), ".svc."+Zone)
	parts := strings.Split(name, ".")
	switch {
	case below && len(parts) == 2:
		return d.service(parts[1], parts[0])
	case below && len(parts) == 3:
		addresses = d.ready(parts[2], parts[1], func(e endpoint) bool { return strings.EqualFold(parts[0], e.hostname) })
		return addresses, len(addresses) > 0
	}
	return nil, false
}

// service are the addresses of a Service: its own, or those of whoever is behind it.
func (d *DNS) service(namespace, name string) (addresses []netip.Addr, found bool) {
	service, err := d.cluster.services.Services(namespace).Get(name)
	if err != nil {
		return nil, false
	}
	if own, has := clusterIP(service); has {
		return []netip.Addr{loopback.Of(own)}, true
	}
	return d.ready(namespace, name, func(endpoint) bool { return true }), true
}

// ready are the addresses behind a Service that are ready, of those that are wanted. Where a Service publishes addresses that are not
// ready, its EndpointSlices say that they are.
func (d *DNS) ready(namespace, service string, wanted func(endpoint) bool) []netip.Addr {
	all, err := d.cluster.behind(namespace, service, nil)
	if err != nil {
		return nil
	}
	var addresses []netip.Addr
	for _, e := range all {
		if e.ready && wanted(e) {
			addresses = append(addresses, e.address)
		}
	}
	return addresses
}

// answer is the answer to a question; nil is none, for what cannot be read.
func (d *DNS) answer(question []byte, packet bool) []byte {
	asked, err := parse(question)
	if err != nil {
		return nil
	}
	addresses, found := d.resolve(asked.question.Name.String())
	code := dnsmessage.RCodeSuccess
	if !found {
		code = dnsmessage.RCodeNameError
	}
	if asked.question.Type != dnsmessage.TypeA && asked.question.Type != dnsmessage.TypeALL {
		addresses = nil
	}
	limit := 1<<16 - 1
	if packet {
		limit = asked.size
	}
	answer, err := asked.reply(code, addresses, false)
	if err == nil && len(answer) > limit {
		answer, err = asked.reply(code, nil, true)
	}
	if err != nil {
		return nil
	}
	return answer
}

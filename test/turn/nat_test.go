package turn_test

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/stun/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/turn/coturn"
)

// A relay in the pods' network, as seen from outside.
//
//	user ──TLS──▶ relay host(1) ──UDP──▶ host(16):p  the bridge's public address
//	                                        │ NAT: from here on every flow comes from host(40)
//	                                        ▼
//	                                     host(50):p  the bridge
//
// The address that the relay announces for the user, a pod's, leads nowhere: what the bridge sends there is swallowed at
// host(60).
const (
	publicHost  = 16
	natHost     = 40
	bridgeHost  = 50
	nowhereHost = 60
)

// nat is what the cluster's nodes and their load balancer do to what pods send: each flow gets a source port of its own at
// the outside address, and only answers from where the flow went get back in.
type nat struct {
	public  *net.UDPConn
	outside netip.Addr
	bridge  netip.AddrPort

	mutex sync.Mutex
	flows map[netip.AddrPort]*net.UDPConn
}

func newNAT(t *testing.T, r *relay, bridge netip.AddrPort) {
	t.Helper()
	public, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(r.host(publicHost), bridge.Port())))
	require.NoError(t, err)
	n := &nat{public: public, outside: r.host(natHost), bridge: bridge, flows: map[netip.AddrPort]*net.UDPConn{}}
	t.Cleanup(n.close)
	go n.serve()
}

func (n *nat) close() {
	_ = n.public.Close()
	n.mutex.Lock()
	defer n.mutex.Unlock()
	for _, flow := range n.flows {
		_ = flow.Close()
	}
}

func (n *nat) serve() {
	data := make([]byte, 2048)
	for {
		length, from, err := n.public.ReadFromUDPAddrPort(data)
		if err != nil {
			return
		}
		flow, err := n.flow(from)
		if err != nil {
			return
		}
		_, _ = flow.Write(data[:length])
	}
}

// flow is the way out for what comes from an address inside. A connected socket takes packets only from where it leads.
func (n *nat) flow(inside netip.AddrPort) (*net.UDPConn, error) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	if flow, ok := n.flows[inside]; ok {
		return flow, nil
	}
	flow, err := net.DialUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(n.outside, 0)), net.UDPAddrFromAddrPort(n.bridge))
	if err != nil {
		return nil, err
	}
	n.flows[inside] = flow
	go func() {
		data := make([]byte, 2048)
		for {
			length, err := flow.Read(data)
			if err != nil {
				return
			}
			_, _ = n.public.WriteToUDPAddrPort(data[:length], inside)
		}
	}()
	return flow, nil
}

// newBridge is a bridge as the videobridge is one: full ICE, all users at one port, its public address in place of its own.
func newBridge(t *testing.T, r *relay) *ice.Agent {
	t.Helper()
	socket := listen(t, r.host(bridgeHost))
	newNAT(t, r, addressOf(t, socket))
	mux := ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: socket})
	t.Cleanup(func() { _ = mux.Close() })
	agent, err := ice.NewAgentWithOptions(ice.WithUDPMux(mux), ice.WithIncludeLoopback(),
		ice.WithNetworkTypes([]ice.NetworkType{ice.NetworkTypeUDP4}), ice.WithMulticastDNSMode(ice.MulticastDNSModeDisabled),
		ice.WithCandidateTypes([]ice.CandidateType{ice.CandidateTypeHost}),
		ice.WithAddressRewriteRules(ice.AddressRewriteRule{External: []string{r.host(publicHost).String()}}))
	require.NoError(t, err)
	t.Cleanup(func() { _ = agent.Close() })
	return agent
}

// newUser is a user whose network lets only TLS out: of its candidates, only the relayed one is left.
func newUser(t *testing.T, r *relay) *ice.Agent {
	t.Helper()
	username, password := coturn.Credentials(secret, time.Now(), time.Hour)
	agent, err := ice.NewAgent(&ice.AgentConfig{ //nolint:staticcheck // no option of the newer form accepts the certificate
		Urls: []*stun.URI{{
			Scheme: stun.SchemeTypeTURNS, Proto: stun.ProtoTypeTCP, Host: r.host(1).String(), Port: r.config.TLSPort,
			Username: username, Password: password,
		}},
		CandidateTypes:     []ice.CandidateType{ice.CandidateTypeRelay},
		NetworkTypes:       []ice.NetworkType{ice.NetworkTypeUDP4},
		MulticastDNSMode:   ice.MulticastDNSModeDisabled,
		IncludeLoopback:    true,
		InsecureSkipVerify: true, // the library takes no authorities; other tests check the certificate
	})
	require.NoError(t, err)
	t.Cleanup(func() { _ = agent.Close() })
	return agent
}

// gather returns an agent's only candidate.
func gather(t *testing.T, agent *ice.Agent) ice.Candidate {
	t.Helper()
	found := make(chan ice.Candidate, 10)
	require.NoError(t, agent.OnCandidate(func(candidate ice.Candidate) {
		if candidate == nil {
			close(found)
			return
		}
		found <- candidate
	}))
	require.NoError(t, agent.GatherCandidates())
	var all []ice.Candidate
	for candidate := range found {
		all = append(all, candidate)
	}
	require.Len(t, all, 1)
	return all[0]
}

// Users initiate the checks and the bridge answers to where they come from, so that the relay's own address need not be
// reachable. That does not depend on who of the two decides: with Jitsi it is the bridge.
func TestReachesABridgeFromBehindNAT(t *testing.T) {
	t.Parallel()
	for name, bridgeDecides := range map[string]bool{"the bridge is controlling": true, "the user is controlling": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t)
			nowhere := listen(t, r.host(nowhereHost))
			bridge, user := newBridge(t, r), newUser(t, r)
			public, relayed := gather(t, bridge), gather(t, user)
			require.Equal(t, r.host(publicHost).String(), public.Address())
			require.Equal(t, ice.CandidateTypeRelay, relayed.Type())

			require.NoError(t, user.AddRemoteCandidate(public))
			unreachable, err := ice.NewCandidateRelay(&ice.CandidateRelayConfig{
				Network: "udp4", Address: r.host(nowhereHost).String(), Port: int(addressOf(t, nowhere).Port()), Component: 1,
				RelAddr: "0.0.0.0", RelPort: 9,
			})
			require.NoError(t, err)
			require.NoError(t, bridge.AddRemoteCandidate(unreachable))

			ofBridge, ofUser := connect(t, bridge, user, bridgeDecides)
			pair, err := bridge.GetSelectedCandidatePair()
			require.NoError(t, err)
			assert.Equal(t, ice.CandidateTypePeerReflexive, pair.Remote.Type())
			assert.Equal(t, r.host(natHost).String(), pair.Remote.Address())
			exchange(t, ofUser, ofBridge)
			exchange(t, ofBridge, ofUser)

			require.NoError(t, nowhere.SetReadDeadline(time.Now().Add(5*time.Second)))
			_, from, err := nowhere.ReadFromUDPAddrPort(make([]byte, 1500))
			require.NoError(t, err, "the bridge has not tried the address that leads nowhere")
			assert.Equal(t, r.host(bridgeHost), from.Addr())
		})
	}
}

// connect lets two agents check each other until both have a pair.
func connect(t *testing.T, bridge, user *ice.Agent, bridgeDecides bool) (ofBridge, ofUser *ice.Conn) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	bridgeName, bridgePassword, err := bridge.GetLocalUserCredentials()
	require.NoError(t, err)
	userName, userPassword, err := user.GetLocalUserCredentials()
	require.NoError(t, err)
	roles := map[bool]func(*ice.Agent, context.Context, string, string) (*ice.Conn, error){true: (*ice.Agent).Dial, false: (*ice.Agent).Accept}
	done := make(chan error, 1)
	go func() {
		var err error
		ofBridge, err = roles[bridgeDecides](bridge, ctx, userName, userPassword)
		done <- err
	}()
	ofUser, err = roles[!bridgeDecides](user, ctx, bridgeName, bridgePassword)
	require.NoError(t, err, "the user's side")
	require.NoError(t, <-done, "the bridge's side")
	return ofBridge, ofUser
}

// exchange sends packets of media's size and waits for each at the other end.
func exchange(t *testing.T, from, to *ice.Conn) {
	t.Helper()
	received := make([]byte, 2048)
	for count := range 50 {
		packet := make([]byte, 1200)
		packet[0], packet[1] = 0x80, byte(count)
		_, err := from.Write(packet)
		require.NoError(t, err)
		require.NoError(t, to.SetReadDeadline(time.Now().Add(5*time.Second)))
		length, err := to.Read(received)
		require.NoError(t, err)
		require.Equal(t, packet, received[:length])
	}
}

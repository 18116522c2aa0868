package turn_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/stun/v4"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/turn/coturn"
)

// codes that the relay refuses with.
const (
	codeUnauthorized = 401
	codeForbidden    = 403
	codeStaleNonce   = 438
	codeNoFamily     = 440
	codeNoTransport  = 442
	codeWrongFamily  = 443
	codeQuota        = 486
)

// protocol numbers of REQUESTED-TRANSPORT and REQUESTED-ADDRESS-FAMILY. Source: RFC 8656.
const (
	protocolUDP = 17
	protocolTCP = 6
	familyIPv6  = 2
)

// user speaks TURN over one TLS connection, message by message, so that a test can say what no well-behaved client does.
type user struct {
	connection *tls.Conn
	username   string
	password   string
	nonce      stun.Nonce
}

// visit connects a user who has credentials.
func (r *relay) visit(t *testing.T, username, password string) *user {
	t.Helper()
	connection, err := r.dial(nil)
	require.NoError(t, err)
	t.Cleanup(func() { _ = connection.Close() })
	return &user{connection: connection, username: username, password: password}
}

// visitor connects a user with what Prosody would give for the next hour.
func (r *relay) visitor(t *testing.T) *user {
	t.Helper()
	username, password := coturn.Credentials(secret, time.Now(), time.Hour)
	return r.visit(t, username, password)
}

// exchange sends a request and returns the answer.
func (u *user) exchange(request *stun.Message) (*stun.Message, error) {
	if err := u.connection.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return nil, fmt.Errorf("setting the deadline: %w", err)
	}
	if _, err := u.connection.Write(request.Raw); err != nil {
		return nil, fmt.Errorf("asking the relay: %w", err)
	}
	for {
		message, err := u.read()
		if err != nil {
			return nil, err
		}
		if message.TransactionID == request.TransactionID {
			return message, nil
		}
	}
}

// read reads one STUN message.
func (u *user) read() (*stun.Message, error) {
	header := make([]byte, 20)
	if _, err := io.ReadFull(u.connection, header); err != nil {
		return nil, fmt.Errorf("reading from the relay: %w", err)
	}
	raw := make([]byte, 20+int(header[2])<<8+int(header[3]))
	copy(raw, header)
	if _, err := io.ReadFull(u.connection, raw[20:]); err != nil {
		return nil, fmt.Errorf("reading from the relay: %w", err)
	}
	message := &stun.Message{Raw: raw}
	if err := message.Decode(); err != nil {
		return nil, fmt.Errorf("what the relay says: %w", err)
	}
	return message, nil
}

// ask makes a request with the user's credentials and returns the answer and its error code, 0 for success.
func (u *user) ask(t *testing.T, method stun.Method, attributes ...stun.Setter) (*stun.Message, int) {
	t.Helper()
	answer, code, err := u.try(method, attributes...)
	require.NoError(t, err)
	return answer, code
}

// try is ask for where a test cannot be ended. It takes a new nonce when the relay demands one.
func (u *user) try(method stun.Method, attributes ...stun.Setter) (*stun.Message, int, error) {
	for range 3 {
		parts := append([]stun.Setter{stun.TransactionID, stun.NewType(method, stun.ClassRequest)}, attributes...)
		if u.nonce != nil {
			parts = append(parts, stun.NewUsername(u.username), stun.NewRealm(realm), u.nonce,
				stun.NewLongTermIntegrity(u.username, realm, u.password))
		}
		request, err := stun.Build(append(parts, stun.Fingerprint)...)
		if err != nil {
			return nil, 0, fmt.Errorf("a request: %w", err)
		}
		answer, err := u.exchange(request)
		if err != nil {
			return nil, 0, err
		}
		var code stun.ErrorCodeAttribute
		if !answer.Contains(stun.AttrErrorCode) {
			return answer, 0, nil
		}
		if err := code.GetFrom(answer); err != nil {
			return nil, 0, fmt.Errorf("the relay's refusal: %w", err)
		}
		first := code.Code == codeUnauthorized && u.nonce == nil
		if !first && code.Code != codeStaleNonce {
			return answer, int(code.Code), nil
		}
		if err := u.nonce.GetFrom(answer); err != nil {
			return nil, 0, fmt.Errorf("the relay's nonce: %w", err)
		}
	}
	return nil, 0, errors.New("the relay takes no nonce")
}

// allocate asks for a relayed address for UDP.
func (u *user) allocate(t *testing.T, attributes ...stun.Setter) (*stun.Message, int) {
	t.Helper()
	return u.ask(t, stun.MethodAllocate, append(attributes, transport(protocolUDP))...)
}

// refresh prolongs the allocation.
func (u *user) refresh(t *testing.T) (*stun.Message, int) {
	t.Helper()
	return u.ask(t, stun.MethodRefresh)
}

// permit asks for the permission to talk to a peer.
func (u *user) permit(t *testing.T, peer netip.AddrPort) int {
	t.Helper()
	_, code := u.ask(t, stun.MethodCreatePermission, peerAddress(peer))
	return code
}

// bind asks for a channel to a peer.
func (u *user) bind(t *testing.T, channel byte, peer netip.AddrPort) int {
	t.Helper()
	_, code := u.ask(t, stun.MethodChannelBind, stun.RawAttribute{Type: stun.AttrChannelNumber, Value: []byte{0x40, channel, 0, 0}},
		peerAddress(peer))
	return code
}

// send sends data to a peer without waiting for anything.
func (u *user) send(t *testing.T, peer netip.AddrPort, data string) {
	t.Helper()
	message, err := stun.Build(stun.TransactionID, stun.NewType(stun.MethodSend, stun.ClassIndication), peerAddress(peer),
		stun.RawAttribute{Type: stun.AttrData, Value: []byte(data)})
	require.NoError(t, err)
	_, err = u.connection.Write(message.Raw)
	require.NoError(t, err)
}

// receive waits for data from a peer.
func (u *user) receive(t *testing.T) string {
	t.Helper()
	require.NoError(t, u.connection.SetDeadline(time.Now().Add(5*time.Second)))
	for {
		message, err := u.read()
		require.NoError(t, err)
		if message.Type.Method == stun.MethodData {
			data, err := message.Get(stun.AttrData)
			require.NoError(t, err)
			return string(data)
		}
	}
}

// lifetime is for how long the relay grants an allocation.
func lifetime(t *testing.T, answer *stun.Message) time.Duration {
	t.Helper()
	value, err := answer.Get(stun.AttrLifetime)
	require.NoError(t, err)
	require.Len(t, value, 4)
	return time.Duration(uint32(value[0])<<24|uint32(value[1])<<16|uint32(value[2])<<8|uint32(value[3])) * time.Second
}

func transport(protocol byte) stun.Setter {
	return stun.RawAttribute{Type: stun.AttrRequestedTransport, Value: []byte{protocol, 0, 0, 0}}
}

// peerAddress is XOR-PEER-ADDRESS. An IPv4 address that is written as IPv6 stays IPv6.
func peerAddress(peer netip.AddrPort) stun.Setter { return peerSetter{peer} }

type peerSetter struct{ peer netip.AddrPort }

// AddTo implements [stun.Setter]. It encodes by hand because the library writes IPv4-mapped addresses as IPv4.
// Source: RFC 8489, 14.2.
func (s peerSetter) AddTo(message *stun.Message) error {
	key := message.Raw[4:20] // the magic cookie and the transaction
	address, family := s.peer.Addr().AsSlice(), byte(1)
	if s.peer.Addr().Is6() {
		family = 2
	}
	value := []byte{0, family, byte(s.peer.Port()>>8) ^ key[0], byte(s.peer.Port()) ^ key[1]}
	for index, part := range address {
		value = append(value, part^key[index])
	}
	message.Add(stun.AttrXORPeerAddress, value)
	return nil
}

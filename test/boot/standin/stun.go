package standin

import (
	"context"
	"net"
	"net/netip"

	"github.com/pion/stun/v4"
)

// serveSTUN answers binding requests until the socket is closed.
// Source: RFC 5389, section 7.3.1.
func (s *Surroundings) serveSTUN() {
	buffer := make([]byte, 2048)
	for {
		size, from, err := s.socket.ReadFrom(buffer)
		if err != nil {
			return
		}
		request := stun.New()
		if stun.Decode(buffer[:size], request) != nil || request.Type != stun.BindingRequest {
			continue
		}
		go s.bind(request, from)
	}
}

func (s *Surroundings) bind(request *stun.Message, from net.Addr) {
	reply, facts := s.arrive(Request{Place: STUN})
	if !s.wait(context.Background(), reply) {
		return
	}
	answer := []byte(reply.Body)
	if reply.Status == 0 {
		mapped, err := netip.ParseAddr(facts.MappedAddress)
		if err != nil {
			return
		}
		message, err := stun.Build(stun.NewTransactionIDSetter(request.TransactionID), stun.BindingSuccess,
			stun.NewSoftware("stand-in"), &stun.XORMappedAddress{IP: mapped.AsSlice(), Port: 40000}, stun.Fingerprint)
		if err != nil {
			return
		}
		answer = message.Raw
	}
	_, _ = s.socket.WriteTo(answer, from)
}

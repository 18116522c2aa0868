package boot_test

import (
	"context"
	"encoding/hex"
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/test/boot/standin"
	"jitsi-meet-azure/vmss/cloudinit"
)

// What a STUN server sends may be anything, and anybody may send something in its name.
func TestHostileSTUN(t *testing.T) {
	t.Parallel()
	const (
		cookie = "2112a442"
		mapped = "0020000800019c40e721c047" // would be an address of the prefix
	)
	nought := strings.Repeat("00", 12) // nobody's transaction
	var replies []standin.Reply
	for _, answer := range []string{
		"", "00", strings.Repeat("01", 8000),
		hex.EncodeToString([]byte("HTTP/1.1 400 Bad Request\r\n\r\n$(reboot)")),
		"0101000c" + cookie + nought + mapped,
		"0111000c" + cookie + nought + mapped,
		"0101fffc" + cookie + nought + "0020ffff0001",
		"010104b0" + cookie + strings.Repeat("00", 1212),
	} {
		raw, err := hex.DecodeString(answer)
		require.NoError(t, err)
		replies = append(replies, standin.Reply{Status: 1, Body: string(raw)})
	}
	m := newMachine(t, nil)
	m.around.Change(knows("", "", standin.Public))
	m.around.Set(standin.STUN, append(replies, standin.Reply{})...)
	ended := m.boot(t)
	assert.Equal(t, standin.Public, m.public(t))
	assert.Equal(t, len(replies)+1, m.around.Count(standin.STUN), ended.log)
	assert.Contains(t, ended.log, "no STUN server tells an address")
}

// altered passes requests on to a STUN server, and back what each change in turn makes of the answer.
func altered(t *testing.T, server string, changes []func([]byte) []byte) string {
	t.Helper()
	front, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp4", "127.0.0.1:0")
	require.NoError(t, err)
	back, err := new(net.Dialer).DialContext(t.Context(), "udp4", server)
	require.NoError(t, err)
	context.AfterFunc(t.Context(), func() { _, _ = front.Close(), back.Close() })
	go func() {
		buffer := make([]byte, 2048)
		for _, change := range changes {
			size, from, err := front.ReadFrom(buffer)
			if err != nil {
				return
			}
			_, _ = back.Write(buffer[:size])
			if size, err = back.Read(buffer); err != nil {
				return
			}
			_, _ = front.WriteTo(change(buffer[:size]), from)
		}
	}()
	return front.LocalAddr().String()
}

// Right answers that were cut off or altered on their way, with the transaction that was asked for.
func TestDamagedSTUN(t *testing.T) {
	t.Parallel()
	const begin = 20 // of the attributes
	// address is where the second attribute, the mapped address, begins.
	address := func(answer []byte) int { return begin + 4 + (int(answer[begin+3])+3)/4*4 }
	changes := []func([]byte) []byte{
		func(a []byte) []byte { return a[:address(a)+9] },
		func(a []byte) []byte { return a[:begin-2] },
		func(a []byte) []byte { return a[:address(a)] },
		func(a []byte) []byte { a[address(a)+5] = 7; return a },                             // a family that is none
		func(a []byte) []byte { a[2], a[3] = 0, byte(address(a)-begin); return a },          // a length that ends before it
		func(a []byte) []byte { a[begin+2] = 0xff; return a },                               // an attribute longer than all
		func(a []byte) []byte { a[address(a)+8] ^= 0xff; return a },                         // outside the prefix
		func(a []byte) []byte { a[0] = 0; return a },                                        // no success
		func(a []byte) []byte { a[begin-1] ^= 1; return a },                                 // another transaction
		func(a []byte) []byte { return append(a, "\x00\x20\x00\x08\x00\x01rubbish"...) },    // right, with more behind it
		func(a []byte) []byte { t.Error("asked again after a right answer"); return a[:0] }, // not reached
	}
	m := newMachine(t, func(cfg *cloudinit.Config) { cfg.STUNServers[0] = altered(t, cfg.STUNServers[0], changes) })
	m.around.Change(knows("", "", standin.Public))
	ended := m.boot(t)
	assert.Equal(t, standin.Public, m.public(t))
	assert.Equal(t, len(changes)-1, m.around.Count(standin.STUN), ended.log)
	assert.Contains(t, ended.log, "by_stun says")
}

package registration_test

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/signalling/names"
	"jitsi-meet-azure/test/registration/member"
	"jitsi-meet-azure/test/registration/prosody"
)

// Ids of machines, as Azure writes them, and the nicknames that are made of them.
const (
	vmID     = "02AAB8A4-74EF-476E-8182-F6D2BA4166A6"
	nickname = "02aab8a4-74ef-476e-8182-f6d2ba4166a6"
	otherID  = "7d3f9c52-1be0-4c1c-8d0f-3a5b6c7d8e9f"
)

func TestABridgeMeetsJicofo(t *testing.T) {
	t.Parallel()
	shard := prosody.Start(t, prosody.Options{})
	as := boot(t, shard, vmID, member.Known(shard)).settings(t)
	require.Equal(t, nickname, as.Nickname)
	require.Equal(t, "auth.meet.jitsi", as.Domain)
	require.Equal(t, "jvbbrewery@internal-muc.meet.jitsi", as.Room)

	focus := enter(t, as.Focus(shard))
	focus.occupant(t, prosody.FocusUser)
	require.False(t, focus.saw(func(seen member.Occupant) bool { return seen.From.Resourcepart() == nickname }), "early")

	bridge := enter(t, as)
	seen := focus.occupant(t, nickname)
	assert.Equal(t, []string{bridge.Address()}, seen.Connections(), "Jicofo talks to this very connection")
	assert.True(t, strings.HasPrefix(bridge.Address(), "jvb@auth.meet.jitsi/"), bridge.Address())
	bridge.occupant(t, prosody.FocusUser)

	bridge.Close()
	focus.gone(t, nickname)
}

// Jicofo may start after its bridges: they make the room then, which only the shard's own users may. And a password is any
// text, which the boot must bring through its files unharmed.
func TestABridgeIsFirst(t *testing.T) {
	t.Parallel()
	shard := prosody.Start(t, prosody.Options{BridgePassword: `pass"word\with${HOME} 'signs' #and ümlauts`})
	as := boot(t, shard, vmID, member.Known(shard)).settings(t)
	require.Equal(t, shard.BridgePassword, as.Password)
	bridge := enter(t, as)
	bridge.occupant(t, nickname)
	other := as
	other.Nickname = otherID
	enter(t, other).occupant(t, otherID)

	focus := enter(t, as.Focus(shard))
	first, second := focus.occupant(t, nickname), focus.occupant(t, otherID)
	assert.NotEqual(t, first.Connections(), second.Connections(),
		"one account, but each bridge is a connection of its own")
	testTwoBridgesOfOneNickname(t, focus, bridge)
}

// Two bridges of one nickname are one occupant: Prosody takes them for two connections of one user. Jicofo sees one bridge with
// both connections, in any order; of the one that goes it hears only that the bridge is still there. So a nickname must be a
// machine's own, which its vmId is.
// Source: Prosody 0.12, muc.lib.lua, handle_normal_presence and build_item_list; XEP-0045, 7.2.8.
func testTwoBridgesOfOneNickname(t *testing.T, focus, first client) {
	t.Helper()
	focus.waitFor(t, "the first", has(first))
	second := enter(t, first.Settings)
	focus.waitFor(t, "both", has(first, second))
	before := len(focus.Seen())
	first.Close()
	require.Eventually(t, func() bool { return slices.ContainsFunc(focus.Seen()[before:], is(second)) }, patience, 20*time.Millisecond,
		"Prosody has not noticed that the first is gone")
	assert.False(t, focus.saw(func(seen member.Occupant) bool { return seen.Type != "" }), "Jicofo is told that a bridge is gone")
}

func TestRefused(t *testing.T) {
	t.Parallel()
	another, err := prosody.NewAuthority("a") // of the same name
	require.NoError(t, err)
	for name, c := range map[string]struct {
		shard prosody.Options
		// known changes what the bridge finds in its Key Vault.
		known func(*secret)
		check func(*testing.T, error)
		// java is what Java says; the videobridge's verification of the certificate is Java's. Empty where the certificate is right.
		java string
	}{
		"wrong password": {
			known: func(known *secret) { known.Password += "x" },
			check: func(t *testing.T, err error) {
				t.Helper()
				answer, marshalErr := xml.Marshal(errors.Unwrap(err))
				require.NoError(t, marshalErr, "%v", err)
				assert.Contains(t, string(answer), "not-authorized")
			},
		},
		"another shard's Prosody": {
			known: func(known *secret) { known.CACertificate = another.Certificate },
			check: func(t *testing.T, err error) {
				t.Helper()
				var unknown x509.UnknownAuthorityError
				assert.ErrorAs(t, err, &unknown)
			},
			java: "PKIX path",
		},
		"certificate for another name": {
			shard: prosody.Options{CertificateNames: []string{names.XMPPDomain, names.MUCDomain, names.InternalMUCDomain}},
			known: func(*secret) {},
			check: func(t *testing.T, err error) {
				t.Helper()
				var wrong x509.HostnameError
				if assert.ErrorAs(t, err, &wrong) {
					assert.Equal(t, names.AuthDomain, wrong.Host)
				}
			},
			java: "the certificate is not for auth.meet.jitsi",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shard := prosody.Start(t, c.shard)
			known := member.Known(shard)
			c.known(&known)
			b := boot(t, shard, vmID, known)
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			_, err := member.LogIn(ctx, b.settings(t))
			require.Error(t, err)
			c.check(t, err)
			assert.NotContains(t, shard.Log(), "Authenticated")
			if c.java != "" {
				accepted, said := handshake(t, b)
				assert.False(t, accepted, said)
				assert.Contains(t, said, c.java)
			}
		})
	}
}

// Whoever does not encrypt is not even told how to log in.
func TestPlainConnectionsAreRefused(t *testing.T) {
	t.Parallel()
	shard := prosody.Start(t, prosody.Options{})
	conn, err := net.Dial("tcp", shard.Address())
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))

	_, err = io.WriteString(conn, `<?xml version='1.0'?><stream:stream to='`+names.AuthDomain+
		`' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>`)
	require.NoError(t, err)
	features := readTo(t, conn, "</stream:features>")
	assert.Contains(t, features, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>")
	assert.NotContains(t, features, "mechanism")

	login := base64.StdEncoding.EncodeToString([]byte("\x00" + names.BridgeUser + "\x00" + shard.BridgePassword))
	_, err = io.WriteString(conn, `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>`+login+`</auth>`)
	require.NoError(t, err)
	assert.Contains(t, readTo(t, conn, "</failure>"), "<encryption-required/>")
	assert.NotContains(t, shard.Log(), "Authenticated")
}

func readTo(t *testing.T, in io.Reader, mark string) string {
	t.Helper()
	var read strings.Builder
	for one := make([]byte, 1); !strings.HasSuffix(read.String(), mark); {
		_, err := in.Read(one)
		require.NoError(t, err, "after %s", &read)
		read.Write(one)
	}
	return read.String()
}

// has tells the presences of an occupant that has the connections of these clients, and no others.
func has(clients ...client) func(member.Occupant) bool {
	var want []string
	for _, c := range clients {
		want = append(want, c.Address())
	}
	slices.Sort(want)
	return func(seen member.Occupant) bool { return seen.Type == "" && slices.Equal(seen.Connections(), want) }
}

// is tells the presences of an occupant of which a client's own connection is one.
func is(c client) func(member.Occupant) bool {
	return func(seen member.Occupant) bool {
		return seen.Type == "" && slices.Contains(seen.Connections(), c.Address())
	}
}

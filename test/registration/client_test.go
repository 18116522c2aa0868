package registration_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/xml"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"mellium.im/sasl"
	"mellium.im/xmlstream"
	"mellium.im/xmpp"
	"mellium.im/xmpp/jid"
	"mellium.im/xmpp/muc"
	"mellium.im/xmpp/stanza"
)

// settings are what an XMPP client needs to join a room of its shard.
type settings struct {
	// Address is the host and port of Prosody, Domain the XMPP domain and the name in Prosody's certificate.
	Address, Domain string
	// Authorities are those that the certificate may be signed by.
	Authorities    *x509.CertPool
	User, Password string
	// Room is an address such as jvbbrewery@internal-muc.meet.jitsi.
	Room, Nickname string
}

// patience is how long anything here may take on a busy machine.
const patience = 20 * time.Second

// occupant is what a room says of somebody in it.
type occupant struct {
	XMLName xml.Name `xml:"presence"`
	From    jid.JID  `xml:"from,attr"`
	Type    string   `xml:"type,attr"`
	Room    struct {
		Item struct {
			// JID is who it really is.
			JID jid.JID `xml:"jid,attr"`
		} `xml:"item"`
	} `xml:"http://jabber.org/protocol/muc#user x"`
	// Error is why the room refuses somebody.
	Error stanza.Error `xml:"error"`
}

// client is somebody logged in.
type client struct {
	settings settings
	session  *xmpp.Session
	conn     net.Conn

	mutex sync.Mutex
	seen  []occupant
}

// logIn connects as a bridge does: STARTTLS with the certificate verified, SCRAM, and a resource of the server's choice.
// Source: jicoco, MucClient, and the Smack library that it uses.
func logIn(ctx context.Context, as settings) (*client, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", as.Address)
	if err != nil {
		return nil, err
	}
	who, err := jid.New(as.User, as.Domain, "")
	if err != nil {
		return nil, err
	}
	session, err := xmpp.NewClientSession(ctx, who, conn,
		xmpp.StartTLS(&tls.Config{ServerName: as.Domain, RootCAs: as.Authorities, MinVersion: tls.VersionTLS12}),
		xmpp.SASL("", as.Password, sasl.ScramSha256, sasl.ScramSha1),
		xmpp.BindResource())
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return &client{settings: as, session: session, conn: conn}, nil
}

// enter logs somebody in who must be let in, and has them join their room.
func enter(t *testing.T, as settings) *client {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, err := logIn(ctx, as)
	require.NoError(t, err)
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = c.session.Serve(xmpp.HandlerFunc(c.handle))
	}()
	t.Cleanup(func() {
		_ = c.conn.Close()
		<-served
	})
	c.join(t)
	return c
}

// join asks the room to be let in. What the room answers is among what the client sees.
func (c *client) join(t *testing.T) {
	t.Helper()
	room, err := jid.Parse(c.settings.Room + "/" + c.settings.Nickname)
	require.NoError(t, err)
	request := stanza.Presence{ID: "join", To: room}.Wrap(xmlstream.Wrap(nil,
		xml.StartElement{Name: xml.Name{Space: muc.NS, Local: "x"}}))
	require.NoError(t, c.session.Send(t.Context(), request))
}

func (c *client) handle(in xmlstream.TokenReadEncoder, start *xml.StartElement) error {
	if start.Name.Local != "presence" {
		return nil
	}
	var seen occupant
	if err := xml.NewTokenDecoder(xmlstream.MultiReader(xmlstream.Token(*start), in)).Decode(&seen); err != nil {
		return err
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.seen = append(c.seen, seen)
	return nil
}

// find gives the first presence that was seen and is of the kind.
func (c *client) find(kind func(occupant) bool) (occupant, bool) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for _, seen := range c.seen {
		if kind(seen) {
			return seen, true
		}
	}
	return occupant{}, false
}

// count says how many presences of the kind were seen.
func (c *client) count(kind func(occupant) bool) int {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	number := 0
	for _, seen := range c.seen {
		if kind(seen) {
			number++
		}
	}
	return number
}

// waitFor waits until the client has seen a presence of the kind.
func (c *client) waitFor(t *testing.T, what string, kind func(occupant) bool) occupant {
	t.Helper()
	assert.Eventually(t, func() bool {
		_, found := c.find(kind)
		return found
	}, patience, 20*time.Millisecond, what)
	seen, found := c.find(kind)
	c.mutex.Lock()
	defer c.mutex.Unlock()
	require.True(t, found, "%s has not seen %s but %+v", c.settings.Nickname, what, c.seen)
	return seen
}

// occupant waits until the client sees this nickname in its room.
func (c *client) occupant(t *testing.T, nickname string) occupant {
	t.Helper()
	return c.waitFor(t, nickname, func(seen occupant) bool {
		return seen.Type == "" && seen.From.String() == c.settings.Room+"/"+nickname
	})
}

// gone waits until the client sees the nickname leave.
func (c *client) gone(t *testing.T, nickname string) {
	t.Helper()
	c.waitFor(t, nickname+" leave", func(seen occupant) bool {
		return seen.Type == string(stanza.UnavailablePresence) && seen.From.Resourcepart() == nickname
	})
}

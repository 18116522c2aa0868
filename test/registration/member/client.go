// Package member registers with a shard's Prosody as a videobridge does, with what a boot has written, and tells what a focus sees
// of it. It needs Java's keytool.
package member

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/xml"
	"fmt"
	"net"
	"slices"
	"sync"

	"mellium.im/sasl"
	"mellium.im/xmlstream"
	"mellium.im/xmpp"
	"mellium.im/xmpp/jid"
	"mellium.im/xmpp/muc"
	"mellium.im/xmpp/stanza"

	"jitsi-meet-azure/test/registration/prosody"
)

// Settings are what an XMPP client needs to join a room of its shard.
type Settings struct {
	// Address is the host and port of Prosody, Domain the XMPP domain and the name in Prosody's certificate.
	Address, Domain string
	// Authorities are those that the certificate may be signed by.
	Authorities    *x509.CertPool
	User, Password string
	// Room is an address such as jvbbrewery@internal-muc.meet.jitsi.
	Room, Nickname string
}

// Focus is what Jicofo logs in with, into the room of a bridge of the shard.
func (s Settings) Focus(shard *prosody.Server) Settings {
	s.User, s.Password, s.Nickname = prosody.FocusUser, shard.FocusPassword, prosody.FocusUser
	s.Authorities = x509.NewCertPool()
	s.Authorities.AppendCertsFromPEM([]byte(shard.Authority.Certificate))
	return s
}

// Occupant is what a room says of somebody in it.
type Occupant struct {
	XMLName xml.Name `xml:"presence"`
	From    jid.JID  `xml:"from,attr"`
	Type    string   `xml:"type,attr"`
	Room    struct {
		// Items have one for each connection of the occupant, in any order.
		Items []struct {
			// JID is who it really is.
			JID jid.JID `xml:"jid,attr"`
		} `xml:"item"`
	} `xml:"http://jabber.org/protocol/muc#user x"`
	// Error is why the room refuses somebody.
	Error stanza.Error `xml:"error"`
}

// Connections are the occupant's own addresses, sorted.
func (o Occupant) Connections() []string {
	var found []string
	for _, item := range o.Room.Items {
		found = append(found, item.JID.String())
	}
	slices.Sort(found)
	return found
}

// Client is somebody logged in.
type Client struct {
	Settings Settings

	session *xmpp.Session
	conn    net.Conn
	served  chan struct{}

	mutex sync.Mutex
	seen  []Occupant
	// more is closed when more is seen.
	more chan struct{}
}

// LogIn connects as a bridge does: STARTTLS with the certificate verified, SCRAM, and a resource of the server's choice. Close ends it.
// Source: jicoco, MucClient, and the Smack library that it uses.
func LogIn(ctx context.Context, as Settings) (*Client, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", as.Address)
	if err != nil {
		return nil, fmt.Errorf("reaching Prosody: %w", err)
	}
	who, err := jid.New(as.User, as.Domain, "")
	if err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("an XMPP user: %w", err)
	}
	session, err := xmpp.NewClientSession(ctx, who, conn,
		xmpp.StartTLS(&tls.Config{ServerName: as.Domain, RootCAs: as.Authorities, MinVersion: tls.VersionTLS12}),
		xmpp.SASL("", as.Password, sasl.ScramSha256, sasl.ScramSha1),
		xmpp.BindResource())
	if err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("logging in: %w", err)
	}
	c := &Client{Settings: as, session: session, conn: conn, served: make(chan struct{}), more: make(chan struct{})}
	go func() {
		defer close(c.served)
		_ = session.Serve(xmpp.HandlerFunc(c.handle))
	}()
	return c, nil
}

// Enter logs in, and asks the room to be let in. What the room answers is among what the client sees.
func Enter(ctx context.Context, as Settings) (*Client, error) {
	room, err := jid.Parse(as.Room + "/" + as.Nickname)
	if err != nil {
		return nil, fmt.Errorf("a room: %w", err)
	}
	c, err := LogIn(ctx, as)
	if err != nil {
		return nil, err
	}
	request := stanza.Presence{ID: "join", To: room}.Wrap(xmlstream.Wrap(nil,
		xml.StartElement{Name: xml.Name{Space: muc.NS, Local: "x"}}))
	if err := c.session.Send(ctx, request); err != nil {
		c.Close()
		return nil, fmt.Errorf("joining %s: %w", room, err)
	}
	return c, nil
}

// Close cuts the connection.
func (c *Client) Close() {
	_ = c.conn.Close()
	<-c.served
}

// Address is that of the client's own connection.
func (c *Client) Address() string { return c.session.LocalAddr().String() }

func (c *Client) handle(in xmlstream.TokenReadEncoder, start *xml.StartElement) error {
	if start.Name.Local != "presence" {
		return nil
	}
	var seen Occupant
	if err := xml.NewTokenDecoder(xmlstream.MultiReader(xmlstream.Token(*start), in)).Decode(&seen); err != nil {
		return fmt.Errorf("a presence: %w", err)
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.seen = append(c.seen, seen)
	close(c.more)
	c.more = make(chan struct{})
	return nil
}

// Seen are the presences that were seen so far.
func (c *Client) Seen() []Occupant {
	seen, _ := c.look()
	return seen
}

// look gives what was seen, and what is closed when there is more.
func (c *Client) look() ([]Occupant, <-chan struct{}) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return slices.Clone(c.seen), c.more
}

// WaitFor waits until the client has seen a presence of the kind, and gives the first one. It is an error if the context ends before.
func (c *Client) WaitFor(ctx context.Context, what string, kind func(Occupant) bool) (Occupant, error) {
	for {
		seen, more := c.look()
		if index := slices.IndexFunc(seen, kind); index >= 0 {
			return seen[index], nil
		}
		select {
		case <-more:
		case <-ctx.Done():
			return Occupant{}, fmt.Errorf("%s has not seen %s but %+v: %w", c.Settings.Nickname, what, seen, ctx.Err())
		}
	}
}

// Occupant waits until the client sees this nickname in its room.
func (c *Client) Occupant(ctx context.Context, nickname string) (Occupant, error) {
	return c.WaitFor(ctx, nickname, func(seen Occupant) bool {
		return seen.Type == "" && seen.From.String() == c.Settings.Room+"/"+nickname
	})
}

// Gone waits until the client sees the nickname leave.
func (c *Client) Gone(ctx context.Context, nickname string) error {
	_, err := c.WaitFor(ctx, nickname+" leave", func(seen Occupant) bool {
		return seen.Type == string(stanza.UnavailablePresence) && seen.From.Resourcepart() == nickname
	})
	return err
}

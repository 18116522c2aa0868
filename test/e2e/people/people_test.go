package people_test

import (
	"context"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/functions/reaper/bridgetest"
	"jitsi-meet-azure/internal/clock"
	"jitsi-meet-azure/signalling/names"
	"jitsi-meet-azure/test/e2e/meeting"
	"jitsi-meet-azure/test/e2e/meeting/meetingtest"
	"jitsi-meet-azure/test/e2e/people"
)

// A front door that changes its mind: the clients find out by themselves, and everybody is together again on the other shard.
func TestAnotherShardAnswers(t *testing.T) {
	t.Parallel()
	clk, err := clock.Start(begins(), 144)
	require.NoError(t, err)
	var current atomic.Pointer[httputil.ReverseProxy]
	var targets []*httputil.ReverseProxy
	for _, name := range []string{"a", "b"} {
		s := meeting.New(name, clk, nil)
		pods := meetingtest.Start(t, s, name)
		s.AddBridge(bridgetest.New(bridgetest.Settings{Nickname: name, Now: clk.Now}))
		at := netip.AddrPortFrom(pods.WebAddress, names.WebPort).String()
		targets = append(targets, httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: at}))
	}
	current.Store(targets[0])
	front := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { current.Load().ServeHTTP(w, r) }))
	t.Cleanup(front.Close)
	roots := x509.NewCertPool()
	roots.AddCert(front.Certificate())
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	crowd, err := people.Run(ctx, people.Options{
		Clock: clk, Domain: "example.com", Roots: roots, Day: gathered(2, 3), From: begins(), Until: begins().Add(time.Hour),
		Dial: func(ctx context.Context) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", front.Listener.Addr().String())
		},
	})
	require.NoError(t, err)
	w := &town{tb: t}
	waitFor := func(shard string) {
		t.Helper()
		w.until(time.Minute, func() bool {
			now := crowd.Now()
			return now.Shards[shard] == people.Share{People: 6, Rooms: 2} && len(now.Shards) == 1 && now.Waiting == 0
		}, func() string { return "not everybody comes to shard " + shard })
	}
	waitFor("a")
	current.Store(targets[1])
	waitFor("b")
	l := crowd.Ledger()
	assert.Equal(t, 6, l.Reloads)
	assert.Equal(t, 6, l.Rejoined)
	require.Len(t, l.Moves, 2)
	for _, move := range l.Moves {
		assert.Equal(t, people.Elsewhere, move.Why)
		assert.Equal(t, "a", move.From)
		assert.Equal(t, 3, move.Users)
	}
	assert.Empty(t, l.LongPartings())
	require.Len(t, l.Certificates, 1)
	assert.Equal(t, front.Certificate().SerialNumber.String(), l.Certificates[0].Serial)
	cancel()
	<-crowd.Done()
	assert.Zero(t, crowd.Now().Joined+crowd.Now().Connecting)
	assert.Zero(t, crowd.Ledger().Never)
}

func TestAFrontDoorThatNobodyGetsThrough(t *testing.T) {
	t.Parallel()
	clk, err := clock.Start(begins(), 1000)
	require.NoError(t, err)
	stranger := httptest.NewUnstartedServer(http.NotFoundHandler())
	stranger.Config.ErrorLog = log.New(io.Discard, "", 0)
	stranger.StartTLS()
	t.Cleanup(stranger.Close)
	crowd, err := people.Run(t.Context(), people.Options{
		Clock: clk, Domain: "meet.example.org", Roots: x509.NewCertPool(), From: begins(), Until: begins().Add(time.Hour),
		Day: people.Curve{Lasting: []people.Lasting{{Room: "r", From: 4 * time.Hour, To: 5*time.Hour + 20*time.Minute, People: 2}}},
		Dial: func(ctx context.Context) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", stranger.Listener.Addr().String())
		},
	})
	require.NoError(t, err)
	select {
	case <-crowd.Done():
	case <-time.After(time.Minute):
		require.Fail(t, "they do not give up when their meeting is over")
	}
	l := crowd.Ledger()
	assert.Equal(t, 2, l.Due)
	assert.Equal(t, 2, l.Never)
	assert.Zero(t, l.Joins)
	assert.GreaterOrEqual(t, l.Refused, 2, "they do not believe a stranger's certificate")
}

func TestWhatIsNoCrowd(t *testing.T) {
	t.Parallel()
	_, err := people.Run(t.Context(), people.Options{
		Peak: -1, From: begins(), Until: begins().Add(-time.Hour), Day: people.Curve{
			Points:  []people.Point{{At: 25 * time.Hour}, {At: time.Hour, Share: 2}},
			Lasting: []people.Lasting{{Room: "a b", From: time.Hour, To: 2 * time.Hour, People: 1}, {Room: "r", From: time.Hour, To: time.Hour}},
		},
	})
	for _, problem := range []string{
		"Domain is empty", "Dial is nil", "Peak is -1", "before From", "point 0", "point 1 of the day is at 1h0m0s", "share 2",
		`"a b" is no room`, "with 0 people",
	} {
		assert.ErrorContains(t, err, problem)
	}
}

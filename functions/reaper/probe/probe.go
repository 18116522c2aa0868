// Package probe asks bridges and Jicofo what they say of themselves, and asks bridges to drain and to shut down. It
// believes nothing that is not complete and well formed: an answer is either understood to the last field that matters or
// it is none, and no answer is ever taken for "idle" or for "dead".
//
// Nobody authenticates here: bridges and Jicofo have no means to, and the network's rules alone say who reaches them. So
// whatever answers is untrusted: sizes and times are limited and redirects are not followed.
// Source: jitsi-videobridge, doc/rest.md (the private interface).
package probe

import (
	"cmp"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"time"
)

const (
	// dialLimit is how long connecting to a bridge may take, requestLimit one request with its answer, bridgeLimit all
	// requests to one bridge.
	dialLimit    = 2 * time.Second
	requestLimit = 3 * time.Second
	bridgeLimit  = 6 * time.Second
	// idleLimit ends a connection that a tick left open.
	idleLimit = 10 * time.Second
	// maxHeader bounds an answer's header, in bytes.
	maxHeader = 64 << 10

	// defaultConcurrency and defaultPort are the options where none are given.
	// Source of the port: jicoco, JettyBundleActivatorConfig.kt.
	defaultConcurrency = 128
	defaultPort        = 8080
)

// Options are what a [Client] can be told; the zero value is for production.
type Options struct {
	// Transport carries the requests; nil for one of the client's own.
	Transport http.RoundTripper
	// Concurrency is how many bridges the client asks at the same time, in all calls of Reports together; 128 if it is not
	// positive.
	Concurrency int
	// Port is the port of the bridges' private interface; 8080 if it is zero.
	Port uint16
}

// Client asks. It may be used by several goroutines.
type Client struct {
	http        *http.Client
	concurrency int
	// places holds an entry for each bridge that is being asked.
	places chan struct{}
	port   uint16
}

// New returns a client.
func New(options Options) *Client {
	carrier := options.Transport
	if carrier == nil {
		carrier = transport()
	}
	client := &Client{
		http: &http.Client{
			Transport: carrier,
			// An answer that leads elsewhere is not the bridge's own.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		concurrency: defaultConcurrency,
		port:        cmp.Or(options.Port, defaultPort),
	}
	if options.Concurrency > 0 {
		client.concurrency = options.Concurrency
	}
	client.places = make(chan struct{}, client.concurrency)
	return client
}

// Close closes the connections that wait for a next request. The client can still be used. It is for the end of a tick:
// the next is a minute away, and a connection kept so long would only have to be found broken.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// transport is the client's own: straight to the bridge, whatever proxy the environment names, one connection for all
// requests to one bridge.
func transport() *http.Transport {
	dialer := &net.Dialer{Timeout: dialLimit, KeepAlive: -1}
	return &http.Transport{
		Proxy:                  nil,
		DialContext:            dialer.DialContext,
		MaxIdleConnsPerHost:    1,
		IdleConnTimeout:        idleLimit,
		ResponseHeaderTimeout:  requestLimit,
		MaxResponseHeaderBytes: maxHeader,
		DisableCompression:     true, // The limits are on what arrives.
	}
}

// url is where a bridge has a path.
func (c *Client) url(address netip.Addr, path string) string {
	host := net.JoinHostPort(address.String(), strconv.Itoa(int(c.port)))
	return (&url.URL{Scheme: "http", Host: host, Path: path}).String()
}

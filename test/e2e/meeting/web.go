package meeting

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"jitsi-meet-azure/test/e2e/meeting/wire"
)

// helloLimit is how long a user may take to say who is there.
const helloLimit = 20 * time.Second

const webSocketPath = "/xmpp-websocket"

// shardHeader tells clients on which shard they are. The web server's configuration has it on answers that are well.
// Source: docker-jitsi-meet, web's meet.conf.
const shardHeader = "X-Jitsi-Shard"

// web is one running web server with the WebSockets that go through it.
type web struct {
	shard *Shard

	mu      sync.Mutex
	sockets map[*socket]bool
	ended   bool
}

func (s *Shard) runWeb(ctx context.Context, p *running) error {
	w := &web{shard: s, sockets: map[*socket]bool{}}
	p.end = func(ending) { w.end() }
	return p.serve(ctx, "http", w)
}

// ServeHTTP implements [http.Handler].
func (w *web) ServeHTTP(answer http.ResponseWriter, request *http.Request) {
	path := request.URL.Path
	switch {
	case strings.HasSuffix(path, "/http-bind"):
		w.signalling(answer, func() {})
	case strings.HasSuffix(path, webSocketPath):
		w.signalling(answer, func() { w.webSocket(answer, request) })
	case strings.HasSuffix(path, "/config.js"):
		answer.Header().Set(shardHeader, w.shard.name)
		answer.Header().Set("Content-Type", "application/javascript")
		fmt.Fprint(answer, w.config())
	case strings.HasSuffix(path, "/conference-request/v1"):
		http.NotFound(answer, request)
	default:
		// The page of a room, which has the configuration in it, and whatever else is asked for.
		answer.Header().Set(shardHeader, w.shard.name)
		answer.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(answer, "<!doctype html><title>Jitsi Meet</title><script>%s</script>\n", w.config())
	}
}

// config is what clients compare the shard's name with that comes with each answer.
func (w *web) config() string {
	return fmt.Sprintf("var config = {deploymentInfo: {shard: '%s'}};\n", w.shard.name)
}

// signalling answers for Prosody as long as one runs.
func (w *web) signalling(answer http.ResponseWriter, serve func()) {
	w.shard.mu.Lock()
	runs := w.shard.prosody != nil
	w.shard.unlock()
	if !runs {
		http.Error(answer, "Prosody does not answer", http.StatusBadGateway)
		return
	}
	answer.Header().Set(shardHeader, w.shard.name)
	serve()
}

// webSocket is a user's stay in a room. Without the wish to upgrade it is a question which shard this is.
func (w *web) webSocket(answer http.ResponseWriter, request *http.Request) {
	if !strings.EqualFold(request.Header.Get("Upgrade"), "websocket") {
		return
	}
	name, err := parseRoom(request.URL)
	if err != nil {
		http.Error(answer, err.Error(), http.StatusBadRequest)
		return
	}
	// nginx adds headers to a few statuses only, and 101 is none of them. Source: nginx, ngx_http_headers_module.
	answer.Header().Del(shardHeader)
	connection, err := websocket.Accept(answer, request, &websocket.AcceptOptions{Subprotocols: []string{wire.Subprotocol}})
	if err != nil {
		return // Accept has answered.
	}
	socket := &socket{connection: connection, wake: make(chan struct{}, 1)}
	defer socket.close()
	if !w.add(socket) {
		return
	}
	defer w.remove(socket)
	socket.serve(request.Context(), w.shard, name)
}

func (w *web) add(socket *socket) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.ended {
		w.sockets[socket] = true
	}
	return !w.ended
}

func (w *web) remove(socket *socket) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.sockets, socket)
}

// end closes all WebSockets.
func (w *web) end() {
	w.mu.Lock()
	w.ended = true
	sockets := w.sockets
	w.sockets = map[*socket]bool{}
	w.mu.Unlock()
	for socket := range sockets {
		socket.close()
	}
}

package doortest

import (
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
)

// acceptKey is what a server proves with that it speaks WebSocket. Source: RFC 6455, section 4.2.2.
func acceptKey(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// upgrade turns a request into a WebSocket that counts as a member of its room for as long as it is open, and echoes what
// it gets: a proxy looks no further into it.
func (s *Shard) upgrade(w http.ResponseWriter, r *http.Request) {
	connection, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	defer connection.Close()
	room := r.URL.Query().Get("room")
	s.mutex.Lock()
	s.open[connection] = room
	s.mutex.Unlock()
	defer func() {
		s.mutex.Lock()
		defer s.mutex.Unlock()
		delete(s.open, connection)
	}()
	_, err = fmt.Fprintf(connection, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Accept: %s\r\nX-Jitsi-Shard: %s\r\n\r\n", acceptKey(r.Header.Get("Sec-Websocket-Key")), s.Name)
	if err != nil {
		return
	}
	_, _ = io.Copy(connection, buffered)
}

package meeting

import (
	"context"
	"errors"
	"sync"

	"github.com/coder/websocket"

	"jitsi-meet-azure/test/e2e/meeting/wire"
)

// socket is one user's WebSocket.
type socket struct {
	connection *websocket.Conn
	wake       chan struct{}

	mu sync.Mutex
	// untold is what the user is still to be told, in order: a conference that is cut and on again at once has been cut.
	untold []wire.Notice
}

// tell has the socket tell its user something. It never waits.
func (k *socket) tell(notice wire.Notice) {
	k.mu.Lock()
	k.untold = append(k.untold, notice)
	k.mu.Unlock()
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// take is what the user is to be told now.
func (k *socket) take() []wire.Notice {
	k.mu.Lock()
	defer k.mu.Unlock()
	untold := k.untold
	k.untold = nil
	return untold
}

// close breaks the connection. It may be done again.
func (k *socket) close() { _ = k.connection.CloseNow() }

// serve is a stay in a room: it ends when the user leaves or the connection breaks.
func (k *socket) serve(ctx context.Context, s *Shard, name roomName) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	word, err := k.hello(ctx)
	if err != nil {
		return
	}
	member, notice, err := s.enter(name, word, k)
	switch {
	case errors.Is(err, errNoSession):
		_ = k.connection.Close(wire.NoSession, err.Error())
		return
	case err != nil:
		return
	}
	var writer sync.WaitGroup
	writer.Go(func() { k.inform(ctx, notice) })
	left := k.listen(ctx)
	s.breaks(member, k, left)
	if left {
		_ = k.connection.Close(websocket.StatusNormalClosure, "")
	}
	cancel()
	writer.Wait()
}

// hello is a user's first word.
func (k *socket) hello(ctx context.Context) (wire.Word, error) {
	ctx, cancel := context.WithTimeout(ctx, helloLimit)
	defer cancel()
	_, text, err := k.connection.Read(ctx)
	if err != nil {
		return wire.Word{}, err
	}
	return wire.ParseWord(text)
}

// listen hears a user out, and says whether goodbye was the last that came.
func (k *socket) listen(ctx context.Context) (left bool) {
	for {
		_, text, err := k.connection.Read(ctx)
		if err != nil {
			return false
		}
		if word, err := wire.ParseWord(text); err != nil || word.Leave {
			return err == nil
		}
	}
}

// inform greets a user and then tells what changes of the media.
func (k *socket) inform(ctx context.Context, greeting wire.Notice) {
	notices, told := []wire.Notice{greeting}, wire.Notice{}
	for {
		for _, notice := range notices {
			if notice.Media == told.Media && notice.Bridge == told.Bridge {
				continue
			}
			text, err := wire.Encode(notice)
			if err != nil || k.connection.Write(ctx, websocket.MessageText, text) != nil {
				k.close()
				return
			}
			told = notice
		}
		select {
		case <-ctx.Done():
			return
		case <-k.wake:
			notices = k.take()
		}
	}
}

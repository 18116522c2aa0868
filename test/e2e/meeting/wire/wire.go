// Package wire is what a user of the system test and the stand-in for a shard's signalling say to each other over a WebSocket. It
// takes the place of XMPP, of which it has only what matters to who meets whom: a user enters a room, takes a session up again
// after the connection broke, hears whether there is media, and leaves.
package wire

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Subprotocol is that of XMPP over WebSocket (RFC 7395), as the real client asks for it.
const Subprotocol = "xmpp"

// NoSession is the status with which a shard closes the WebSocket of a user who wants to take up a session that it does not know,
// or no longer. The real Prosody answers item-not-found (XEP-0198).
const NoSession = 4404

// Media is what a user has of the media of a room.
type Media string

const (
	// Alone is a user without anybody to talk to: there is no conference yet, or it is over.
	Alone Media = "alone"
	// On is a conference on a bridge.
	On Media = "on"
	// Off is two or more in a room, and no bridge that carries them.
	Off Media = "off"
)

// Word is what a user says. The first one names the user and, after a break, the session; later ones are empty, which keeps the
// connection alive, or say that the user leaves.
type Word struct {
	User   string `json:"user,omitempty"`
	Resume string `json:"resume,omitempty"`
	Leave  bool   `json:"leave,omitempty"`
}

// Notice is what a shard says. The first one has everything, later ones only what there is of media.
type Notice struct {
	Shard   string `json:"shard,omitempty"`
	Session string `json:"session,omitempty"`
	// Resumed says that the user has never been away.
	Resumed bool   `json:"resumed,omitempty"`
	Media   Media  `json:"media"`
	Bridge  string `json:"bridge,omitempty"`
}

// Encode is the text of a [Word] or a [Notice].
func Encode[T Word | Notice](message T) ([]byte, error) {
	text, err := json.Marshal(message)
	if err != nil {
		return nil, fmt.Errorf("a message between a user and a shard: %w", err)
	}
	return text, nil
}

// ParseWord reads what a user says.
func ParseWord(text []byte) (Word, error) {
	var word Word
	if err := json.Unmarshal(text, &word); err != nil {
		return Word{}, fmt.Errorf("what a user says: %w", err)
	}
	return word, nil
}

// ParseNotice reads what a shard says.
func ParseNotice(text []byte) (Notice, error) {
	var notice Notice
	if err := json.Unmarshal(text, &notice); err != nil {
		return Notice{}, fmt.Errorf("what a shard says: %w", err)
	}
	switch notice.Media {
	case Alone, On, Off:
		return notice, nil
	default:
		return Notice{}, errors.New("what a shard says: it does not say whether there is media")
	}
}

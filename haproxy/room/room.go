// Package room knows how the front door recognises a room: the canonical form of its name, the key made of the form, and
// the program with which HAProxy computes the part of the form that it cannot compute by itself.
//
// The form may be coarser than Jitsi's own idea of a room (two rooms with one form share a shard, which harms nobody) but
// must never be finer: one room with two forms is split. Jitsi's idea is in the client, jitsi-meet's
// react/features/base/util/uri.ts: parseURIString takes the tenant and the room from the path of the page, without special
// characters, and getBackendSafeRoomName makes of each what signalling carries: it decodes, applies NFKC, makes letters
// small and encodes again; what cannot be decoded it encodes once more.
//
// The form is the end of a few small steps, each of which is taken wherever it can be: drop an ASCII character that is no
// letter, digit or percent sign; decode one percent-encoded byte; replace one letter by what it is folded to. No step takes
// another's place away, so the end is the same in whatever order they are taken. Everything that the client does is some of
// these steps, or one of them backwards. So the page and all that the client makes of it have one form.
package room

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// keyLength is half of a SHA-256 in hexadecimal: too long for two rooms ever to meet, and short in the proxies' table.
const keyLength = 32

// Form is the canonical form of a room, given the path of its page ("/Some%20Room", "/tenant/room"), or the path of its
// tenant, a slash and the room that signalling names. It consists of a-z, 0-9 and bytes that are not ASCII.
//
// It is byte for byte what the rules in haproxy.cfg compute, for names that fit HAProxy's buffers. All rooms do: XMPP allows
// a name 1023 bytes (RFC 7622, 3.3).
//
// The form of a page and that of its signalling can differ, so that the room is split, only where
//   - the name contains text that has itself been encoded half a dozen times or more: see [rounds];
//   - the browser has a version of Unicode later than 17 in which a new letter is another spelling of an older one: see
//     [later].
func Form(path string) string { return essence(reduce(path)) }

// Key is the key under which the proxies remember a room, and under which they log its requests. See [Form] for the path.
func Key(path string) string {
	sum := sha256.Sum256([]byte(Form(path)))
	return strings.ToUpper(hex.EncodeToString(sum[:]))[:keyLength]
}

// essence makes ASCII letters small and drops all other ASCII but digits. It is what is left to do for HAProxy, whose own
// converters do it.
func essence(text string) string {
	kept := make([]byte, 0, len(text))
	for index := range len(text) {
		switch char := text[index]; {
		case char >= 'A' && char <= 'Z':
			kept = append(kept, char+'a'-'A')
		case char >= 0x80, isLetterOrDigit(char):
			kept = append(kept, char)
		}
	}
	return string(kept)
}

func isLetterOrDigit(char byte) bool {
	return char >= 'a' && char <= 'z' || char >= 'A' && char <= 'Z' || char >= '0' && char <= '9'
}

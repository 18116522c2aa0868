package room

import (
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
)

// This is what the client does, in Go: jitsi-meet, react/features/base/util/uri.ts.

// removed is _ROOM_EXCLUDE_PATTERN without the slash, which separates the parts of a path.
var removed = regexp.MustCompile(`[:?#\[\]@!$&'()*+,;=><"]`)

// signalled is the path and the room that signalling names for a page.
func signalled(page string) (tenant, room string) {
	parts := strings.Split(removed.ReplaceAllString(page, ""), "/")
	for index, part := range parts {
		parts[index] = backendSafe(part)
	}
	last := len(parts) - 1
	return strings.Join(parts[:last], "/"), parts[last]
}

// backendSafe is getBackendSafeRoomName.
func backendSafe(room string) string {
	if decoded, err := decodeURIComponent(room); err == nil {
		room = decoded
	}
	return strings.ToLower(encodeURIComponent(lower(normalized(room))))
}

// lower is JavaScript's toLowerCase, without a locale.
func lower(text string) string {
	return cases.Lower(language.Und, cases.HandleFinalSigma(true)).String(text)
}

var errMalformed = errors.New("URI malformed")

func decodeURIComponent(text string) (string, error) {
	var decoded strings.Builder
	for index := 0; index < len(text); index++ {
		if text[index] != '%' {
			decoded.WriteByte(text[index])
			continue
		}
		if index+2 >= len(text) {
			return "", errMalformed
		}
		octet, err := hex.DecodeString(text[index+1 : index+3])
		if err != nil {
			return "", errMalformed
		}
		decoded.Write(octet)
		index += 2
	}
	if !utf8.ValidString(decoded.String()) {
		return "", errMalformed
	}
	return decoded.String(), nil
}

func encodeURIComponent(text string) string {
	var encoded strings.Builder
	for index := range len(text) {
		char := text[index]
		if isLetterOrDigit(char) || strings.IndexByte("-_.!~*'()", char) >= 0 {
			encoded.WriteByte(char)
			continue
		}
		fmt.Fprintf(&encoded, "%%%02X", char)
	}
	return encoded.String()
}

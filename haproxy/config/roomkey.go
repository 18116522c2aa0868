package config

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
	"unicode/utf8"
)

// furtherDecodings is how often the rules decode a room that still holds percent signs.
const furtherDecodings = 3

var slashes = regexp.MustCompile(`//+`)

// RoomKey is the key under which the proxies remember a room, given the path of its page, for example "/Some%20Room" or
// "/tenant/room". It does what the rules in haproxy.cfg do; a test holds the two together.
func RoomKey(path string) string {
	path = urlDecode("/" + strings.TrimPrefix(path, "/"))
	for range furtherDecodings {
		if strings.Contains(path, "%") {
			path = urlDecode(path)
		}
	}
	path = slashes.ReplaceAllString(path, "/")
	sum := sha256.Sum256([]byte(asciiLower(foldLetters(path))))
	return strings.ToUpper(hex.EncodeToString(sum[:]))[:32]
}

// urlDecode is HAProxy's converter url_dec: text with a stray percent sign stays as it is, and a plus sign is a space only
// after a question mark.
func urlDecode(text string) string {
	var decoded strings.Builder
	inQuery := false
	for index := 0; index < len(text); index++ {
		char := text[index]
		switch {
		case char == '%':
			if index+2 >= len(text) {
				return text
			}
			octet, err := hex.DecodeString(text[index+1 : index+3])
			if err != nil {
				return text
			}
			char = octet[0]
			index += 2
		case char == '+' && inQuery:
			char = ' '
		case char == '?':
			inQuery = true
		}
		decoded.WriteByte(char)
	}
	return decoded.String()
}

// foldLetters is the converter lua.fold.
func foldLetters(text string) string {
	var folded strings.Builder
	for len(text) > 0 {
		letter, size := utf8.DecodeRuneInString(text)
		switch to := fold(letter); {
		case letter < utf8.RuneSelf || letter == utf8.RuneError && size == 1:
			folded.WriteString(text[:size])
		case to >= 0:
			folded.WriteRune(to)
		}
		text = text[size:]
	}
	return folded.String()
}

// asciiLower is HAProxy's converter lower.
func asciiLower(text string) string {
	lowered := []byte(text)
	for index, char := range lowered {
		if char >= 'A' && char <= 'Z' {
			lowered[index] = char + 'a' - 'A'
		}
	}
	return string(lowered)
}

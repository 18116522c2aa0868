package room

import (
	"encoding/hex"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// rounds is how often [reduce] takes its steps. A page needs one round, what clients encode twice needs two; more is for
// names that contain percent signs themselves. Without a limit one long request could keep a proxy busy.
const rounds = 8

// reduce is HAProxy's converter lua.fold, which is for every text that has a percent sign or a letter outside ASCII.
func reduce(text string) string {
	for range rounds {
		reduced := foldLetters(decode(dropSpecials(text)))
		if reduced == text {
			break
		}
		text = reduced
	}
	return text
}

// dropSpecials drops ASCII but letters, digits and percent signs. The client drops most of these before it decodes, which can
// bring together what is then decoded ("50%+add"); the rest is dropped along with them, being no part of the form.
func dropSpecials(text string) string {
	kept := make([]byte, 0, len(text))
	for index := range len(text) {
		if char := text[index]; char >= 0x80 || char == '%' || isLetterOrDigit(char) {
			kept = append(kept, char)
		}
	}
	return string(kept)
}

// decode decodes every byte that is percent-encoded, once. A stray percent sign stays, and hinders no other: unlike the
// client and HAProxy's url_dec, which leave the whole text as it is, or the client the whole part of the path.
func decode(text string) string {
	var decoded strings.Builder
	for text != "" {
		if text[0] == '%' && len(text) > 2 {
			if octet, err := hex.DecodeString(text[1:3]); err == nil {
				decoded.Write(octet)
				text = text[3:]
				continue
			}
		}
		decoded.WriteByte(text[0])
		text = text[1:]
	}
	return decoded.String()
}

// foldLetters folds every letter outside ASCII. Bytes that are not UTF-8 stay as they are.
func foldLetters(text string) string {
	var folded strings.Builder
	for text != "" {
		letter, size := utf8.DecodeRuneInString(text)
		if letter < utf8.RuneSelf || letter == utf8.RuneError && size == 1 {
			folded.WriteString(text[:size])
		} else {
			folded.WriteString(foldLetter(letter))
		}
		text = text[size:]
	}
	return folded.String()
}

// foldLetter is what a letter outside ASCII counts as. The client's NFKC decomposes letters, orders the marks and composes
// them again; hence the decomposition (NFKD) and no marks, which makes the order and the composition irrelevant. The
// client's lower-casing is covered by the lower-case form of the upper-case form, which is coarser where the two differ
// (long s, both forms of sigma, dotless i). Each step can call for the others, so they are repeated.
func foldLetter(letter rune) string {
	for text := string(letter); ; {
		folded := strings.Map(foldPart, norm.NFKD.String(text))
		if folded == text {
			return folded
		}
		text = folded
	}
}

// foldPart folds a code point that does not decompose; a negative one is dropped.
//
// Unassigned code points are dropped: browsers may have a newer Unicode than Go, in which they are marks, have cases or
// decompose into each other, and then nothing is left of them on either side.
func foldPart(part rune) rune {
	switch {
	case norm.NFKD.PropertiesString(string(part)).CCC() != 0:
		return -1
	case unicode.Is(unicode.Cn, part):
		return foldLater(part)
	default:
		return unicode.ToLower(unicode.ToUpper(part))
	}
}

// later are the letters that Unicode 16 and 17 have and Go's tables do not, and that turn into letters which both have. To
// drop only one of the two would split a room. A test says when Go has come to know them.
var later = []run{
	{first: 0xA7CB, last: 0xA7CB, step: 1, delta: 0x264 - 0xA7CB},
	{first: 0xA7D2, last: 0xA7D4, step: 2, delta: 1},
	{first: 0xA7DC, last: 0xA7DC, step: 1, delta: 0x19B - 0xA7DC},
	{first: 0xA7F1, last: 0xA7F1, step: 1, delta: 's' - 0xA7F1},
	{first: 0x1CCD6, last: 0x1CCEF, step: 1, delta: 'a' - 0x1CCD6},
	{first: 0x1CCF0, last: 0x1CCF9, step: 1, delta: '0' - 0x1CCF0},
}

func foldLater(letter rune) rune {
	for _, run := range later {
		if letter >= run.first && letter <= run.last && (letter-run.first)%run.step == 0 {
			return letter + run.delta
		}
	}
	return -1
}

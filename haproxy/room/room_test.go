package room

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"
)

// requests are the paths of a page and of what the client signals for it: tenant and room encoded once, and the room twice.
func requests(page string) (paths []string) {
	tenant, room := signalled(page)
	return []string{page, tenant + "/" + room, tenant + "/" + encodeURIComponent(room)}
}

func assertOneForm(t *testing.T, page string) bool {
	t.Helper()
	paths := requests(page)
	for _, path := range paths[1:] {
		if !assert.Equal(t, Form(page), Form(path), "page %q, signalling %q", page, path) {
			return false
		}
	}
	return true
}

// surroundings are texts around a letter in which the client may treat it otherwise than alone: marks to order and to
// compose, sigmas that become final, jamo that become syllables.
func surroundings(letter string) string {
	pieces := []string{
		"a" + letter, letter + "\u0301", letter + "\u0327\u0301", letter + "\u0345", "e\u0301" + letter,
		"\u03a3" + letter, letter + "\u03a3", "a\u03a3" + letter, letter + "\u03a3" + letter + "b",
		"\u1100" + letter, letter + "\u1161", "\uac00" + letter, letter + "\u3099", letter + "\u09be", letter + letter,
		norm.NFD.String(letter), norm.NFKD.String(letter), strings.ToUpper(letter), strings.ToLower(letter),
	}
	return strings.Join(pieces, " ")
}

// plain says whether a letter is nothing but itself, whatever stands around it: what is not assigned, what is for private
// use, and the 90,000 ideographs that are not compatibility forms.
func plain(letter rune) bool {
	return unicode.In(letter, unicode.Cn, unicode.Co) ||
		unicode.Is(unicode.Unified_Ideograph, letter) && norm.NFKD.IsNormalString(string(letter))
}

func TestFormAgreesWithTheClientOnEveryLetter(t *testing.T) {
	t.Parallel()
	for first := rune(0); first <= unicode.MaxRune; first += 0x8000 {
		t.Run(fmt.Sprintf("%X", first), func(t *testing.T) {
			t.Parallel()
			for letter := first; letter < first+0x8000; letter++ {
				if !utf8.ValidRune(letter) {
					continue
				}
				text := string(letter)
				if !plain(letter) {
					text += surroundings(text)
				}
				tenant, room := signalled(text)
				if form := Form(tenant + "/" + room); form != Form(text) {
					assert.Equal(t, Form(text), form, "U+%04X", letter)
				}
			}
		})
	}
}

func TestFormAgreesWithTheClientOnEncodedPages(t *testing.T) {
	t.Parallel()
	for letter := rune(1); letter < 0x3100; letter++ {
		text := encodeURIComponent("Room " + string(letter))
		if !assertOneForm(t, "/"+text) || !assertOneForm(t, "/"+text+"/"+text) {
			return
		}
	}
}

// randomName is a part of a path.
func randomName(random *rand.Rand) string {
	specials := ":?#[]@!$&'()*+,;=><\""
	letters := []rune("abcXYZ019-_.~% \uff05\ufe6a\u00e9\u00c9\u00df\u1e9e\u4f1a\u8b70\u0130\u0131\u0307\u0301\u03a3\u03c2\u03c3\u0416\u212a\ufb01\u00b2\u00bd" +
		"\uac01\u1100\u1161\u11a8\u3131\uff21\uff41\u304b\u3099\u0345\u1fb3\u01c5\U00010400\U0001d400\U0001f600\ufe0f\u200d\u0958\u09c7\u09be")
	var name strings.Builder
	for range 1 + random.IntN(8) {
		letter := string(letters[random.IntN(len(letters))])
		switch random.IntN(16) {
		case 0:
			name.WriteByte(specials[random.IntN(len(specials))])
		case 1:
			name.WriteString("%") // stray, unless digits follow
		case 2:
			name.WriteString("%25")
		case 3:
			fmt.Fprintf(&name, "%%%02xx", 0x80+random.IntN(0x80)) // not UTF-8
		case 4:
			name.WriteString(encodeURIComponent(encodeURIComponent(letter)))
		case 5:
			name.WriteString(strings.ToLower(encodeURIComponent(letter)))
		case 6:
			name.WriteString("%00")
		case 7:
			fmt.Fprintf(&name, "%%%02X", 0x20+random.IntN(0x60))
		default:
			name.WriteString(encodeURIComponent(letter))
		}
	}
	return name.String()
}

func TestFormAgreesWithTheClientOnRandomPages(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 30_000 {
		page := "/" + randomName(random)
		for range random.IntN(3) {
			page = "/" + randomName(random) + page
		}
		require.True(t, assertOneForm(t, page))
	}
}

package room

import (
	"slices"
	"sync"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"golang.org/x/text/unicode/norm"
)

// normalized is JavaScript's normalize("NFKC"), after Unicode, section 3.11. The one of golang.org/x/text is not: it composes
// letters beyond U+FFFF as if they were their lower 16 bits (U+10041 and an acute become U+00E1), and puts a joiner (U+034F)
// into long rows of marks. Neither concerns the decomposition of single letters, which is all that [foldLetter] takes from it.
func normalized(text string) string {
	var parts []rune
	for _, letter := range text {
		parts = append(parts, []rune(norm.NFKD.String(string(letter)))...)
	}
	for start := 0; start < len(parts); start++ {
		end := start
		for end < len(parts) && class(parts[end]) != 0 {
			end++
		}
		slices.SortStableFunc(parts[start:end], func(a, b rune) int { return int(class(a)) - int(class(b)) })
		start = end
	}
	return string(compose(parts))
}

// compose puts every part that is not blocked together with the last starter before it.
func compose(parts []rune) []rune {
	var composed []rune
	starter := -1
	for _, part := range parts {
		if starter >= 0 {
			last := len(composed) - 1
			blocked := last > starter && class(composed[last]) >= class(part)
			whole, found := composites()[[2]rune{composed[starter], part}]
			if found && !blocked {
				composed[starter] = whole
				continue
			}
		}
		composed = append(composed, part)
		if class(part) == 0 {
			starter = len(composed) - 1
		}
	}
	return composed
}

func class(letter rune) uint8 { return norm.NFD.PropertiesString(string(letter)).CCC() }

// composites are the letters that composition makes, by their two parts: those that NFC leaves alone though they decompose.
var composites = sync.OnceValue(func() map[[2]rune]rune {
	made := map[[2]rune]rune{}
	for letter := rune(utf8.RuneSelf); letter <= unicode.MaxRune; letter++ {
		whole := string(letter)
		if !norm.NFC.IsNormalString(whole) || norm.NFD.IsNormalString(whole) {
			continue
		}
		parts := []rune(norm.NFD.String(whole))
		last := len(parts) - 1
		first := []rune(norm.NFC.String(string(parts[:last])))
		made[[2]rune{first[0], parts[last]}] = letter
	}
	return made
})

func TestNormalized(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"e\u0301":                    "\u00e9",
		"\U00010041\u0301":           "\U00010041\u0301",
		"e\u0301\u0327":              "\u0229\u0301",
		"\u1100\u1161\u11a8":         "\uac01",
		"\ufb01\uff05\u212a":         "fi%K",
		"\u0958":                     "\u0915\u093c",
		"\U00011099\u0334\U000110ba": "\U0001109a\u0334",
	} {
		assert.Equal(t, want, normalized(text), "%+q", text)
	}
	assert.Len(t, composites(), 11172+941)
}

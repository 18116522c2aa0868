package room

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
)

var fuzzSeeds = []string{
	"", "/", "/Some%20Room", "/tenant/room", "/100%", "/%41%2542%252543", "/a%00b%2541", "/%C3%89quipe", "/%FF%C3", "/\u0130\u03a3 \u1e9e",
	"/\uff05\uff14\uff11", "/\uac01\u1100\u1161", "/%2A%CC%81", "/%25%EF%BC%941%2541", "/\U00011099\U000110ba",
}

func FuzzKey(f *testing.F) {
	for _, seed := range fuzzSeeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		key := Key(path)
		assert.Len(t, key, keyLength)
		assert.Empty(t, strings.Trim(key, "0123456789ABCDEF"))
		// Percent signs that are left over go last, which can bring bytes together that were no letter apart.
		if reduced := reduce(path); reduced == reduce(reduced) && utf8.ValidString(reduced) {
			assert.Equal(t, Form(path), Form(Form(path)))
		}
	})
}

func FuzzClientAgrees(f *testing.F) {
	for _, seed := range fuzzSeeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, page string) {
		if !utf8.ValidString(page) || deep(page) {
			t.Skip("no browser sends it, or the form does not decode it")
		}
		assertOneForm(t, page)
	})
}

// deep says whether a page is encoded more often than [reduce] decodes. The client adds up to two times.
func deep(page string) bool {
	for range rounds - 2 {
		next := foldLetters(decode(dropSpecials(page)))
		if next == page {
			return false
		}
		page = next
	}
	return true
}

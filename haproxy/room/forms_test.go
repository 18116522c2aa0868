package room

import (
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"
)

func TestForm(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"":                                  "",
		"/":                                 "",
		"/Some%20Room":                      "someroom",
		"//some-room/":                      "someroom",
		"/Tenant/Room_1.~!*":                "tenantroom1",
		"/a+b?c+d":                          "abcd",
		"/100%":                             "100",
		"/%41%25zz%42":                      "azzb",
		"/%41%2542":                         "ab",
		"/%41%254":                          "a4",
		"/%41%":                             "a",
		"/%4":                               "4",
		"/%4141%252541":                     "a41a",
		"/a%00b%2541":                       "aba",
		"/%10%19\x7f":                       "",
		"/%C3%89quipe":                      "equipe",
		"/\u0130zmir":                       "izmir",
		"/stra\u00dfe":                      "stra\u00dfe",
		"/%ff\xc3%41":                       "\xff\xc3a",
		"/\xc3\xff\xf0\x90\x80\xed\xa0\x80": "\xc3\xff\xf0\x90\x80\xed\xa0\x80",
		"/\uac01":                           "\u1100\u1161\u11a8",
		"/\uff05\uff14\uff11":               "a",
		"/\U00011099\U000110ba x":           "\U00011099x",
		"/\U0001ccd6\ua7cb\U000e0fff":       "a\u0264",
	} {
		assert.Equal(t, want, Form(path), path)
	}
}

func TestSpellingsOfOneRoom(t *testing.T) {
	t.Parallel()
	for _, spellings := range [][]string{
		{"/Caf\u00e9", "/cafe\u0301", "/CAFE\u0301", "/CAF%C3%89", "/%EF%BD%83\uff41f\u00e9"},
		{"/\u0130stanbul", "/i\u0307stanbul", "/I\u0307STANBUL"},
		{"/\u039f\u0394\u039f\u03a3", "/\u03bf\u03b4\u03bf\u03c2", "/\u03bf\u03b4\u03bf\u03c3"},
		{"/\ufb01ne", "/fine", "/\uff26ine"},
		{"/x\u00b2", "/x2"},
		{"/\u212aelvin", "/kelvin"},
		{"/\u1e9e", "/\u00df"},
		{"/\ud55c\uad6d", "/\u1112\u1161\u11ab\u1100\u116e\u11a8"},
		{"/\u304c", "/\u304b\u3099", "/\uff76\uff9e\u304c"},
		{"/\u0412\u0441\u0442\u0440\u0435\u0447\u0430", "/\u0432\u0421\u0422\u0420\u0415\u0427\u0410"},
		{"/acme/Stand Up", "/ACME/stand%20up", "//acme/stand%2520up", "/acme/stand-up/"},
	} {
		for _, spelling := range spellings {
			assertOneForm(t, spelling)
			if !strings.HasPrefix(spelling, "/\uff76") { // half-width katakana are other letters
				assert.Equal(t, Form(spellings[0]), Form(spelling), spelling)
			}
		}
	}
}

func TestDifferentRoomsHaveDifferentForms(t *testing.T) {
	t.Parallel()
	forms := map[string]string{}
	for _, path := range []string{
		"/room1", "/room2", "/tenant/room1", "/\u4f1a\u8b70", "/\u4f1a\u5834", "/\u0412\u0441\u0442\u0440\u0435\u0447\u0430",
		"/\u0432\u0441\u0442\u0440\u0435\u0447\u0438", "/\ud55c\uad6d", "/\ud55c\uad6c", "/\u0939\u093f\u0928\u094d\u0926\u0940", "/stra\u00dfe", "/strasse",
	} {
		form := Form(path)
		assert.Empty(t, forms[form], "%s has the same form", path)
		forms[form] = path
	}
}

func TestKey(t *testing.T) {
	t.Parallel()
	// printf someroom | sha256sum
	assert.Equal(t, "C749E74DE77DB5C0D9C12C19A0EAAFE1", Key("/Some%20Room"))
	shape := regexp.MustCompile(`^[0-9A-F]{32}$`)
	for _, path := range []string{"", "%", "%%%", "\xff", "%ff", strings.Repeat("a", 100_000)} {
		assert.Regexp(t, shape, Key(path))
	}
}

// The client takes special characters away before it decodes, leaves a whole part of the path as it is when it cannot decode
// it, and makes percent signs of full-width ones. Each time what is a percent-encoded byte changes.
func TestPercentSignsThatTheClientSeesOtherwise(t *testing.T) {
	t.Parallel()
	for _, page := range []string{
		"/50%+add", "/%4+1", "/%C3!%A9", "/%25!41", "/100%,%41", "/%2(5(4(1",
		"/my%20team/50%", "/50%/my%20room", "/%C3%A9%FF/%C3%A9", "/50%25/caf%C3%A9", "/a%00%2541/%00",
		"/%EF%BC%85zz%2541", "/%EF%BC%854%2531", "/%2A%CC%81", "/%254%CC%811", "/%C3%CC%81%A9", "/%E4%CC%81%B8%CC%81%80",
	} {
		assertOneForm(t, page)
	}
}

// The first limit that the comment of [Form] names.
func TestNamesEncodedTooOften(t *testing.T) {
	t.Parallel()
	page := "/"
	for times := range rounds {
		page += "%41"
		paths := requests(page)
		if times < rounds-1 {
			assertOneForm(t, page)
		} else {
			assert.NotEqual(t, Form(page), Form(paths[2]), page)
		}
		page = "/" + encodeURIComponent(page[1:])
	}
}

// Go's newer tables will do what the list does.
func TestLaterLettersAreUnknownToGo(t *testing.T) {
	t.Parallel()
	assert.Equal(t, norm.Version, unicode.Version, "decomposition and case come from different versions of Unicode")
	for _, run := range later {
		for letter := run.first; letter <= run.last; letter += run.step {
			assert.True(t, unicode.Is(unicode.Cn, letter), "Go knows U+%04X: take it off the list", letter)
			folded := string(letter + run.delta)
			assert.Equal(t, folded, foldLetter(letter))
			if letter+run.delta >= utf8.RuneSelf {
				assert.Equal(t, folded, foldLetter(letter+run.delta), "U+%04X folds to what folds on", letter)
			}
		}
	}
}

func TestEveryFoldIsFinal(t *testing.T) {
	t.Parallel()
	for letter := rune(utf8.RuneSelf); letter <= unicode.MaxRune; letter++ {
		if folded := foldLetter(letter); utf8.ValidRune(letter) && folded != string(letter) {
			require.Equal(t, folded, foldLetters(folded), "U+%04X", letter)
			require.Equal(t, strings.ToLower(folded), folded, "U+%04X", letter)
		}
	}
}

// A ConfigMap holds 1 MiB, and this is not all that is in it.
func TestTheScriptIsSmallAndASCII(t *testing.T) {
	t.Parallel()
	script := FoldScript()
	assert.Less(t, len(script), 64<<10)
	assert.Equal(t, script, newTable().script(), "the text differs from time to time")
	assert.NotContains(t, script, "{{")
	assert.Len(t, []rune(script), len(script))
}

func BenchmarkKey(b *testing.B) {
	for b.Loop() {
		Key("/Caf%C3%89%20%E4%BC%9A")
	}
}

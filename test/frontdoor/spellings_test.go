package frontdoor_test

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"

	"jitsi-meet-azure/haproxy/room"
)

// roomRequests are requests that all belong to one room.
type roomRequests struct {
	name, key string
	// pages are paths of the room's page, signalling is what clients ask for after they have loaded one.
	pages, signalling []string
}

func (r roomRequests) all() []string { return slices.Concat(r.pages, r.signalling) }

// removedSigns is jitsi-meet's _ROOM_EXCLUDE_PATTERN without the slash: uri.ts, as everything here that a client does.
var removedSigns = regexp.MustCompile(`[:?#\[\]@!$&'()*+,;=><"]`)

// roomSpellings are all the ways to write a room's name. What is typed may be another room to Jitsi: signs vanish from it.
func roomSpellings(tenant, name string) []roomRequests {
	var pages []string
	for _, spelling := range []string{
		name, strings.ToUpper(name), smallLetters(name), norm.NFC.String(name), norm.NFD.String(name), fullWidth(name),
	} {
		pages = append(pages, tenant+"/"+componentEncoded(spelling))
	}
	page := pages[0]
	pages = append(pages, "/"+tenant+"//"+componentEncoded(name), strings.ToUpper(page), page+"?jwt=x&room=other&config.prejoin=1")
	return []roomRequests{requestsOf(name, pages...), requestsOf(name+" as typed", tenant+"/"+typedPath(name))}
}

// requestsOf are the pages and what the client signals from each.
func requestsOf(name string, pages ...string) roomRequests {
	r := roomRequests{name: name}
	for _, page := range pages {
		path, _, _ := strings.Cut(page, "?")
		r.key = room.Key(path)
		if _, err := url.PathUnescape(path); err == nil { // web servers refuse the others; the client has them from elsewhere
			r.pages = append(r.pages, page)
		}
		tenant, signalled := signalledBy(path)
		r.signalling = append(r.signalling,
			tenant+"/xmpp-websocket?room="+signalled,
			tenant+"/xmpp-websocket?prefix=&room="+strings.ToUpper(signalled)+"&token=x",
			tenant+"/http-bind?room="+signalled,
			tenant+"/http-bind?room="+componentEncoded(signalled),
			tenant+"/conference-request/v1?room="+signalled,
		)
	}
	for _, signalling := range r.signalling {
		if tenant, query, found := strings.Cut(signalling, "/http-bind"); found {
			r.pages = append(r.pages, tenant+"/config.js"+query)
		}
	}
	slices.Sort(r.signalling)
	r.signalling = slices.Compact(r.signalling)
	slices.Sort(r.pages)
	r.pages = slices.Compact(r.pages)
	return r
}

// signalledBy is what a client does with the path of its page.
func signalledBy(path string) (tenant, room string) {
	parts := strings.Split(removedSigns.ReplaceAllString(path, ""), "/")
	for index, part := range parts {
		if decoded, err := url.PathUnescape(part); err == nil && utf8.ValidString(decoded) {
			part = decoded
		}
		parts[index] = strings.ToLower(componentEncoded(smallLetters(norm.NFKC.String(part))))
	}
	last := len(parts) - 1
	return strings.TrimRight(strings.Join(parts[:last], "/"), "/"), parts[last]
}

// smallLetters is JavaScript's toLowerCase.
func smallLetters(text string) string {
	return cases.Lower(language.Und, cases.HandleFinalSigma(true)).String(text)
}

var componentSigns = strings.NewReplacer("+", "%20", "%21", "!", "%27", "'", "%28", "(", "%29", ")", "%2A", "*")

// componentEncoded is JavaScript's encodeURIComponent.
func componentEncoded(text string) string { return componentSigns.Replace(url.QueryEscape(text)) }

// typedPath is what a browser makes of a name that is typed after the address: most signs stay, the query is cut off.
func typedPath(name string) string {
	if end := strings.IndexAny(name, "?#"); end >= 0 {
		name = name[:end]
	}
	var path strings.Builder
	for _, char := range []byte(name) {
		if char <= ' ' || char > '~' || strings.IndexByte("\"<>`{}", char) >= 0 {
			fmt.Fprintf(&path, "%%%02X", char)
		} else {
			path.WriteByte(char)
		}
	}
	return path.String()
}

// fullWidth writes ASCII letters as they are written among Japanese ones.
func fullWidth(text string) string {
	return strings.Map(func(letter rune) rune {
		if letter >= 'a' && letter <= 'z' || letter >= 'A' && letter <= 'Z' || letter >= '0' && letter <= '9' {
			return letter - '!' + '\uff01'
		}
		return letter
	}, text)
}

// difficultNames are names in which something went wrong once, or could.
var difficultNames = []string{
	"Daily", "daily stand-up", "100%", "50% off", "a+b", "a?b+c", "what/ever", "x..y", "%41", "%2541", "Tom & Jerry", "-room",
	"\u00c9quipe", "h\u00e9h\u00e9", "\u4f1a\u8b70", "\u0412\u0441\u0442\u0440\u0435\u0447\u0430", "\u039f\u0394\u039f\u03a3", "\u0130zmir", "\u212aelvin", "\ufb01ne", "x\u00b2", "stra\u00dfe", "\u304c", "\ud55c\uad6d",
	"\U00010400", "\U0001f680 launch", "libs", "static", "config", "http-bind-room", "xmpp-websocket-room", "css", "images",
	"about", "close.htm", "50%!41", "50%(2)541", "%c3!%a9", "%(41", "%*c3%a9", "\uff0541", "100\uff05zz%41", "a%", "%", "%zz", "%ff", "[x]@y!$&'()*", "a<b>\"c\"", "a;b=c,d:e", "a#b", "back\\slash", "~._-",
	strings.Repeat("long", 250), strings.Repeat("\u00e9", 170), "\u00c5ngstro\u0308m", "e\u0323\u0302", "\u1ec7", "I\u0307x",
}

// randomNames are names of any letters and signs; no two belong to one room.
func randomNames(count int) []string {
	random := rand.New(rand.NewPCG(1, 2))
	alphabet := []rune("abcdefgXYZ0134-_.~!*'()%+?&=/#;,@[]:$<>\" \u00e9\u00c9\u00df\u4f1a\u0130\u0307\u03a3\u03c2\u0416\u212a\U00010400\ufb01\u00b2\uac01\u0301")
	names := make([]string, 0, count)
	for index := range count {
		name := fmt.Sprintf("room %d ", index)
		for range random.IntN(20) {
			name += string(alphabet[random.IntN(len(alphabet))])
		}
		names = append(names, name+"q")
	}
	return names
}

// manyRooms are difficult and random rooms, half of them of a tenant.
func manyRooms() []roomRequests {
	var rooms []roomRequests
	for index, name := range append(slices.Clone(difficultNames), randomNames(roomCount())...) {
		rooms = append(rooms, roomSpellings([]string{"", "/Acme"}[index%2], name)...)
	}
	return rooms
}

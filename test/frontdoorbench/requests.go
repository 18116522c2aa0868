package main

import (
	"fmt"
	"net/url"
)

// class is one kind of request.
type class struct {
	name     string
	requests [][]byte
}

const mixName = "mix"

// perClass is how many different requests of a kind there are; clients send them over and over.
const perClass = 1000

// browser are the headers that a browser sends, roughly.
const browser = "Host: " + domain + "\r\nConnection: keep-alive\r\n" +
	"sec-ch-ua: \"Chromium\";v=\"126\", \"Not/A)Brand\";v=\"8\"\r\nsec-ch-ua-mobile: ?0\r\nsec-ch-ua-platform: \"Linux\"\r\n" +
	"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36\r\n" +
	"Accept: */*\r\nSec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: script\r\n" +
	"Referer: https://" + domain + "/SomeRoom\r\nAccept-Encoding: gzip, deflate, br\r\nAccept-Language: de-DE,de;q=0.9,en;q=0.8\r\n"

const bosh = `<body rid="1573741820" sid="b2f0c4a0-7b7e-4a53-9a5f-6f5d3c1f0e11" xmlns="http://jabber.org/protocol/httpbind">` + bodyEnd

func get(path string) []byte {
	return fmt.Appendf(nil, "GET %s HTTP/1.1\r\n%s\r\n", path, browser)
}

func post(path string) []byte {
	return fmt.Appendf(nil, "POST %s HTTP/1.1\r\n%sContent-Type: text/xml; charset=utf-8\r\nContent-Length: %d\r\n\r\n%s",
		path, browser, len(bosh), bosh)
}

// files are what the web server has.
var files = []string{
	"/libs/app.bundle.min.js?v=8044", "/libs/lib-jitsi-meet.min.js?v=8044", "/libs/do_external_connect.min.js?v=1",
	"/libs/analytics-ga.min.js?v=8044", "/libs/rnnoise.wasm", "/css/all.css?v=8044", "/images/watermark.svg",
	"/images/favicon.svg?v=1", "/sounds/joined.mp3", "/sounds/outgoingRinging.mp3", "/static/pwa/icons/icon192.png",
	"/lang/main-de.json", "/lang/languages-de.json", "/fonts/jitsi.woff?3", "/interface_config.js?v=8044", "/manifest.json",
	"/favicon.ico", "/external_api.js",
}

// room is the i-th room's name, as a user writes it.
func room(i int) string { return fmt.Sprintf("WeeklyMeetingOfTeam%d", i) }

func file(i int) []byte { return get(files[i%len(files)]) }

// page is a room's page: of ten one of a tenant, one with spaces and one with letters outside ASCII.
func page(i int) []byte {
	switch i % 10 {
	case 7:
		return get(fmt.Sprintf("/tenant%d/%s", i%50, room(i)))
	case 8:
		return get(fmt.Sprintf("/Weekly%%20Meeting%%20of%%20Team%%20%d", i))
	case 9:
		return foreign(i)
	default:
		return get("/" + room(i))
	}
}

// foreign is a page whose room has letters outside ASCII, which the proxy's program folds.
func foreign(i int) []byte {
	return get("/" + url.PathEscape(fmt.Sprintf("Wöchentliche Übung der Gruppe Größe %d", i)))
}

// signalling is BOSH or a WebSocket's keep-alive request, in turns; of ten one is a tenant's.
func signalling(i int) []byte {
	prefix := ""
	if i%10 == 7 {
		prefix = fmt.Sprintf("/tenant%d", i%50)
	}
	if i%2 == 0 {
		return post(prefix + "/http-bind?room=" + room(i))
	}
	return get(prefix + "/xmpp-websocket?room=" + room(i))
}

func settings(i int) []byte { return get("/config.js?room=" + room(i)) }

func many(one func(int) []byte) [][]byte {
	requests := make([][]byte, perClass)
	for i := range requests {
		requests[i] = one(i)
	}
	return requests
}

// mix is what a proxy gets: of a hundred requests 70 files, 10 pages, 15 of signalling, 5 settings, well stirred.
func mix() [][]byte {
	return many(func(i int) []byte {
		const prime = 37 // visits every remainder of a hundred
		switch place := i * prime % 100; {
		case place < 70:
			return file(i)
		case place < 80:
			return page(i/10 + place)
		case place < 95:
			return signalling(i/10 + place)
		default:
			return settings(i)
		}
	})
}

func classes() []class {
	return []class{
		{mixName, mix()},
		{"files", many(file)},
		{"pages", many(page)},
		{"foreign pages", many(foreign)},
		{"signalling", many(signalling)},
		{"config.js", many(settings)},
	}
}

package bridgetest

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strconv"
)

// door implements [Host].
func (b *Bridge) door() Kind {
	defer b.look()()
	switch {
	case b.destroyed:
		return Unreachable
	case !b.alive(b.settings.Now()):
		return Refuse
	default:
		return b.faults.door("")
	}
}

// answer implements [Host].
func (b *Bridge) answer(request *http.Request) (reply, Kind) {
	var body []byte
	if request.Body != nil {
		body, _ = io.ReadAll(io.LimitReader(request.Body, 1<<20))
	}
	return respond(b.faults.on(request.URL.Path), func() reply {
		defer b.look()()
		return b.route(request, body)
	})
}

// route is the bridge's private interface.
// Source: jitsi-videobridge, doc/rest.md, rest/root.
func (b *Bridge) route(request *http.Request, body []byte) reply {
	switch request.Method + " " + request.URL.Path {
	case "GET /about/health":
		if b.unfit {
			return plain(http.StatusInternalServerError, "No valid IP addresses available for harvesting.")
		}
		return plain(http.StatusOK, "")
	case "GET /about/version":
		return document(`{"name":"JVB","version":` + strconv.Quote(b.settings.Version) + `,"os":"Linux"}`)
	case "GET /colibri/stats":
		return document(b.statistics())
	case "GET /colibri/drain":
		return document(`{"drain":` + strconv.FormatBool(b.drain) + `}`)
	case "POST /colibri/drain/enable":
		b.drain = true
		return plain(http.StatusOK, "")
	case "POST /colibri/drain/disable":
		b.drain = false
		return plain(http.StatusOK, "")
	case "POST /colibri/shutdown":
		return b.askedToStop(request.Header.Get("Content-Type"), body)
	case "GET /metrics":
		return reply{status: http.StatusOK, kind: "text/plain; version=0.0.4; charset=utf-8", body: b.metrics()}
	default:
		return plain(http.StatusNotFound, "Not Found")
	}
}

// askedToStop is POST /colibri/shutdown.
// Source: jitsi-videobridge, rest/root/colibri/shutdown/Shutdown.java.
func (b *Bridge) askedToStop(kind string, body []byte) reply {
	if media, _, err := mime.ParseMediaType(kind); err != nil || media != "application/json" {
		return plain(http.StatusUnsupportedMediaType, "Unsupported Media Type")
	}
	var asked struct {
		Graceful *bool `json:"graceful-shutdown"`
	}
	if err := json.Unmarshal(body, &asked); err != nil || asked.Graceful == nil {
		return plain(http.StatusBadRequest, "Bad Request")
	}
	b.shutdown(*asked.Graceful)
	return plain(http.StatusOK, "")
}

// Package metricstest plays the part of Azure Monitor that takes custom metrics, for tests: it looks strictly at what it is sent,
// keeps what a minute's values add up to, and tells it. It knows every scale set that somebody names.
//
// A [Store] is a transport of the SDK, also in the virtual time of testing/synctest, and an [http.Handler] for programs that run
// outside of the test.
// Source: Azure docs, metrics-store-custom-rest-api and metrics-custom-overview.
package metricstest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"time"
)

const (
	// Audience is what a token must be for.
	Audience = "https://monitoring.azure.com/"
	// maxBody bounds a request's body, in bytes. Azure's own bound is larger.
	maxBody = 64 << 10
)

// path is that of a scale set's metrics. Azure does not care about the case of an id.
var path = regexp.MustCompile(
	`(?i)^(/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.Compute/virtualMachineScaleSets/[^/]+)/metrics$`)

// Value is what the values of a metric in one minute add up to.
type Value struct {
	Min, Max, Sum float64
	Count         int
}

// key is where a value is kept; the scale set is in lower case.
type key struct {
	scaleSet, metric string
	minute           time.Time
}

// Store keeps what was published. It may be used by several goroutines.
type Store struct {
	now func() time.Time

	mu       sync.Mutex
	values   map[key]Value
	requests int
	broken   http.Handler
}

// New makes an empty store with a clock, by which it says how old a value is; nil stands for the real one.
func New(now func() time.Time) *Store {
	if now == nil {
		now = time.Now
	}
	return &Store{now: now, values: map[key]Value{}}
}

// Minute is what a scale set's metric adds up to in the minute that a moment lies in, and false where it has no value.
func (s *Store) Minute(scaleSetID, metric string, minute time.Time) (Value, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	value, found := s.values[key{strings.ToLower(scaleSetID), metric, minute.UTC().Truncate(time.Minute)}]
	return value, found
}

// Requests counts what was sent, also what was refused.
func (s *Store) Requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}

// Break has another handler answer every request, and nothing kept; nil mends that.
func (s *Store) Break(broken http.Handler) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = broken
}

// Do answers a request. It implements policy.Transporter of azcore.
func (s *Store) Do(request *http.Request) (*http.Response, error) {
	recorder := httptest.NewRecorder()
	s.ServeHTTP(recorder, request)
	if err := request.Context().Err(); err != nil {
		return nil, err
	}
	response := recorder.Result()
	response.Request = request
	return response, nil
}

// ServeHTTP implements [http.Handler].
func (s *Store) ServeHTTP(out http.ResponseWriter, request *http.Request) {
	s.mu.Lock()
	s.requests++
	broken := s.broken
	s.mu.Unlock()
	if broken != nil {
		broken.ServeHTTP(out, request)
		return
	}
	parts := path.FindStringSubmatch(request.URL.Path)
	kind := request.Header.Get("Content-Type")
	switch {
	case parts == nil:
		refuse(out, http.StatusNotFound, "ResourceNotFound", "no such path")
	case request.Method != http.MethodPost:
		refuse(out, http.StatusMethodNotAllowed, "MethodNotAllowed", request.Method)
	case audience(request.Header.Get("Authorization")) != Audience:
		refuse(out, http.StatusUnauthorized, "AuthenticationFailed", "no token for "+Audience)
	case kind != "application/json":
		refuse(out, http.StatusUnsupportedMediaType, "UnsupportedMediaType", kind)
	default:
		s.take(out, parts[1], io.LimitReader(request.Body, maxBody))
	}
}

// take reads a body and keeps what it says.
func (s *Store) take(out http.ResponseWriter, scaleSetID string, body io.Reader) {
	metric, at, value, err := read(body, s.now())
	if err != nil {
		refuse(out, http.StatusBadRequest, "BadRequest", err.Error())
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	k := key{strings.ToLower(scaleSetID), metric, at.UTC().Truncate(time.Minute)}
	if kept, found := s.values[k]; found {
		value = kept.plus(value)
	}
	s.values[k] = value
}

// plus is what both add up to.
func (v Value) plus(other Value) Value {
	return Value{
		Min: min(v.Min, other.Min), Max: max(v.Max, other.Max), Sum: v.Sum + other.Sum, Count: v.Count + other.Count,
	}
}

// audience is what a bearer token is for, by its own word; empty for none.
func audience(authorization string) string {
	token, bearer := strings.CutPrefix(authorization, "Bearer ")
	parts := strings.Split(token, ".")
	if !bearer || len(parts) != 3 {
		return ""
	}
	claims, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return ""
	}
	var said struct {
		Audience string `json:"aud"`
	}
	if json.Unmarshal(claims, &said) != nil {
		return ""
	}
	return said.Audience
}

// refuse answers in Azure's form.
func refuse(out http.ResponseWriter, status int, code, message string) {
	out.Header().Set("Content-Type", "application/json")
	out.WriteHeader(status)
	fmt.Fprintf(out, `{"error":{"code":%q,"message":%q}}`, code, message)
}

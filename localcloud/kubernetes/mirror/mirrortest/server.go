// Package mirrortest stands in for an API server that a mirror applies objects to. It keeps what it is given, merges without
// any rules, and runs no controllers: tests write the status.
package mirrortest

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
)

// Request is what one request asked for.
type Request struct {
	Method string
	// Path is the object's, for example "/apis/apps/v1/namespaces/shard-a/deployments/web".
	Path  string
	Query url.Values
	// Body is what was sent; nil where it was nothing.
	Body map[string]any
}

// Server is the API server. Its methods may be called by several goroutines.
type Server struct {
	tb     testing.TB
	server *httptest.Server

	mu       sync.Mutex
	objects  map[string]map[string]any
	requests []Request
	refuse   func(Request) *apierrors.StatusError
	lingers  bool
	made     int
}

// New starts one that lives as long as the test.
func New(tb testing.TB) *Server {
	tb.Helper()
	s := &Server{tb: tb, objects: map[string]map[string]any{}}
	s.server = httptest.NewServer(s)
	tb.Cleanup(s.server.Close)
	return s
}

// Config leads to it.
func (s *Server) Config() *rest.Config { return &rest.Config{Host: s.server.URL} }

// Refuse answers the requests for which the function gives an error with that.
func (s *Server) Refuse(with func(Request) *apierrors.StatusError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = with
}

// Linger keeps deleted objects from going until it is called again with false.
func (s *Server) Linger(lingers bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lingers = lingers
	if !lingers {
		maps.DeleteFunc(s.objects, func(_ string, o map[string]any) bool {
			return (&unstructured.Unstructured{Object: o}).GetDeletionTimestamp() != nil
		})
	}
}

// Put writes an object as a controller does, over what is there.
func (s *Server) Put(at string, object map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.objects[at] = typed(merge(s.objects[at], object))
}

// typed gives an object that says nothing about its type one.
func typed(o map[string]any) map[string]any {
	for key, value := range map[string]string{"apiVersion": "v1", "kind": "Thing"} {
		if _, given := o[key]; !given {
			o[key] = value
		}
	}
	return o
}

// Object is a copy of what is there; nil where there is nothing.
func (s *Server) Object(at string) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.objects[at] == nil {
		return nil
	}
	return merge(nil, s.objects[at])
}

// Requests are those with the given method so far.
func (s *Server) Requests(method string) []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.requests), func(r Request) bool { return r.Method != method })
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	request := Request{Method: r.Method, Path: r.URL.Path, Query: r.URL.Query()}
	if len(raw) > 0 && json.Unmarshal(raw, &request.Body) != nil {
		s.answer(w, apierrors.NewBadRequest("no JSON"))
		return
	}
	s.requests = append(s.requests, request)
	if s.refuse != nil {
		if refusal := s.refuse(request); refusal != nil {
			s.answer(w, refusal)
			return
		}
	}
	switch r.Method {
	case http.MethodPatch:
		s.answer(w, s.patch(request))
	case http.MethodDelete:
		s.answer(w, s.remove(request))
	default:
		s.answer(w, s.get(request))
	}
}

func (s *Server) answer(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	if refusal, is := value.(*apierrors.StatusError); is {
		w.WriteHeader(int(refusal.ErrStatus.Code))
		status := refusal.ErrStatus
		status.Kind, status.APIVersion = "Status", "v1"
		value = status
	}
	require.NoError(s.tb, json.NewEncoder(w).Encode(value))
}

// patch merges whatever it gets, as apply and merge patches do where nobody disagrees.
func (s *Server) patch(r Request) any {
	at := strings.TrimSuffix(r.Path, "/status")
	before := s.objects[at]
	after := typed(merge(before, r.Body))
	object := unstructured.Unstructured{Object: after}
	if before == nil {
		s.made++
		object.SetUID(types.UID(fmt.Sprintf("uid-%d", s.made)))
	}
	object.SetGeneration(object.GetGeneration() + 1)
	if !r.Query.Has("dryRun") {
		s.objects[at] = after
	}
	return after
}

func (s *Server) get(r Request) any {
	if found := s.objects[r.Path]; found != nil {
		return found
	}
	selector, err := labels.Parse(r.Query.Get("labelSelector"))
	if err != nil {
		return apierrors.NewBadRequest(err.Error())
	}
	if !r.Query.Has("labelSelector") && !r.Query.Has("fieldSelector") {
		return notFound(r.Path)
	}
	items := []any{}
	for _, at := range slices.Sorted(maps.Keys(s.objects)) {
		o := unstructured.Unstructured{Object: s.objects[at]}
		if path.Dir(at) == r.Path && selector.Matches(labels.Set(o.GetLabels())) && selected(o, r.Query.Get("fieldSelector")) {
			items = append(items, o.Object)
		}
	}
	return map[string]any{"apiVersion": "v1", "kind": "List", "metadata": map[string]any{}, "items": items}
}

// selected applies the one field selector that a mirror uses.
func selected(o unstructured.Unstructured, fields string) bool {
	_, name, asked := strings.Cut(fields, "involvedObject.name=")
	about, _, _ := unstructured.NestedString(o.Object, "involvedObject", "name")
	return !asked || name == about
}

func (s *Server) remove(r Request) any {
	found := s.objects[r.Path]
	if found == nil {
		return notFound(r.Path)
	}
	if s.lingers {
		s.objects[r.Path] = merge(found, map[string]any{"metadata": map[string]any{"deletionTimestamp": "2026-01-01T00:00:00Z"}})
		return s.objects[r.Path]
	}
	delete(s.objects, r.Path)
	return found
}

func notFound(at string) *apierrors.StatusError {
	return apierrors.NewNotFound(schema.GroupResource{Resource: path.Base(path.Dir(at))}, path.Base(at))
}

// merge gives a deep copy of before with the members of after over it.
func merge(before, after map[string]any) map[string]any {
	merged := map[string]any{}
	for _, members := range []map[string]any{before, after} {
		for key, value := range members {
			if inner, isMap := value.(map[string]any); isMap {
				below, _ := merged[key].(map[string]any)
				value = merge(below, inner)
			}
			merged[key] = value
		}
	}
	return merged
}

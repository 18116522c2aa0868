package store

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func newStore(t *testing.T) *Store {
	t.Helper()
	s, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func put(t *testing.T, s *Store, ids ...string) {
	t.Helper()
	if err := s.Update(func(tx *Tx) error {
		for _, id := range ids {
			tx.Put(Resource{ID: id, Provider: "p", Type: "t"})
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func TestOpenNeedsADirectory(t *testing.T) {
	t.Parallel()
	if _, err := Open(""); err == nil || !strings.Contains(err.Error(), "LOCALCLOUD_DIR") {
		t.Errorf("got %v", err)
	}
}

func TestIDsIgnoreCase(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	put(t, s, "/Subscriptions/A")
	if r, err := s.Get("/subscriptions/a"); err != nil || r.ID != "/Subscriptions/A" {
		t.Errorf("got %v, %v", r, err)
	}
	if _, err := s.Get("/subscriptions/b"); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

func TestTransactionSeesItsChangesAndOthersSeeAllOrNothing(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	put(t, s, "/a", "/b")
	failure := errors.New("no")
	err := s.Update(func(tx *Tx) error {
		tx.Put(Resource{ID: "/c", Provider: "p", Type: "t"})
		tx.Delete("/a")
		tx.Log(Event{Op: OpCreate})
		all, err := tx.List("p")
		if err != nil || len(all) != 2 || all[0].ID != "/b" || all[1].ID != "/c" {
			t.Errorf("inside: %v, %v", all, err)
		}
		if _, err := tx.Get("/a"); !errors.Is(err, ErrNotFound) {
			t.Errorf("deleted inside: %v", err)
		}
		return failure
	})
	if !errors.Is(err, failure) {
		t.Errorf("got %v", err)
	}
	all, err := s.List("")
	if err != nil || len(all) != 2 || all[0].ID != "/a" {
		t.Errorf("outside: %v, %v", all, err)
	}
	if events, err := s.Events(); err != nil || len(events) != 0 {
		t.Errorf("events %v, %v", events, err)
	}
}

// Two stores on one directory stand for two provider processes.
func TestProcessesShareOneCloud(t *testing.T) {
	t.Parallel()
	first := newStore(t)
	second, err := Open(first.Dir())
	if err != nil {
		t.Fatal(err)
	}
	put(t, first, "/counter")
	add := func(s *Store) {
		if err := s.Update(func(tx *Tx) error {
			r, err := tx.Get("/counter")
			if err != nil {
				return err
			}
			count := 0
			if r.Live != nil {
				if err := json.Unmarshal(r.Live, &count); err != nil {
					return err
				}
			}
			r.Live = json.RawMessage(strconv.Itoa(count + 1))
			tx.Put(r)
			tx.Log(Event{Op: OpUpdate, ID: r.ID})
			return nil
		}); err != nil {
			t.Error(err)
		}
	}
	var wait sync.WaitGroup
	for i := range 40 {
		wait.Go(func() { add([]*Store{first, second}[i%2]) })
	}
	wait.Wait()
	r, err := second.Get("/counter")
	if err != nil || string(r.Live) != "40" {
		t.Errorf("live %s, %v", r.Live, err)
	}
	if events, err := first.Events(); err != nil || len(events) != 40 {
		t.Errorf("%d events, %v", len(events), err)
	}
}

func TestFaultsAreTakenOnce(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	if err := s.AddFault(Fault{Op: OpUpdate, Type: "Set", Name: "x", Times: 3, Error: "boom"}); err != nil {
		t.Fatal(err)
	}
	for _, miss := range [][3]string{{OpCreate, "a:b:Set", "x"}, {OpUpdate, "a:b:Other", "x"}, {OpUpdate, "a:b:Set", "y"}} {
		if got, err := s.TakeFaults(miss[0], miss[1], miss[2]); err != nil || len(got) != 0 {
			t.Errorf("%v: %v, %v", miss, got, err)
		}
	}
	var wait sync.WaitGroup
	var mu sync.Mutex
	struck := 0
	for range 10 {
		wait.Go(func() {
			got, err := s.TakeFaults(OpUpdate, "a:b:Set", "other", "x")
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			struck += len(got)
		})
	}
	wait.Wait()
	if struck != 3 {
		t.Errorf("struck %d times, want 3", struck)
	}
}

func TestFaultsAreChecked(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	four := 4
	for _, bad := range []Fault{
		{Op: "patch", Times: 1, Error: "x"},
		{Op: OpCreate, Times: 0, Error: "x"},
		{Op: OpCreate, Times: 1},
		{Op: OpCreate, Times: 1, Error: "x", SetCapacity: &four},
	} {
		if err := s.AddFault(bad); err == nil {
			t.Errorf("%+v was accepted", bad)
		}
	}
}

func TestDamagedFileIsNamed(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	put(t, s, "/a")
	path := s.path("/a")
	if err := os.WriteFile(path, []byte(`{"id":"/a"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get("/a"); err == nil || !strings.Contains(err.Error(), filepath.Base(path)) {
		t.Errorf("got %v", err)
	}
}

func TestBlobs(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	if _, err := s.Blob("x"); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v", err)
	}
	if err := s.PutBlob("../x", []byte("content")); err != nil {
		t.Fatal(err)
	}
	if raw, err := s.Blob("x"); err != nil || string(raw) != "content" {
		t.Errorf("got %q, %v", raw, err)
	}
}

func TestDestroy(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	put(t, s, "/a")
	if err := s.Destroy(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(s.Dir()); !os.IsNotExist(err) {
		t.Errorf("still there: %v", err)
	}
}

// What is put comes back, whatever the id.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	rapid.Check(t, func(rt *rapid.T) {
		want := Resource{
			ID: rapid.StringN(1, 40, 200).Draw(rt, "id"), Provider: "p", Type: "t",
			Created: time.Unix(rapid.Int64Range(0, 1<<32).Draw(rt, "time"), 0).UTC(), Live: json.RawMessage(`{"a":1}`),
		}
		if !json.Valid([]byte(`"`+want.ID+`"`)) || strings.ToLower(want.ID) != want.ID {
			rt.Skip("an id that no cloud gives")
		}
		if err := s.Update(func(tx *Tx) error { tx.Put(want); return nil }); err != nil {
			rt.Fatal(err)
		}
		got, err := s.Get(want.ID)
		if err != nil || got.ID != want.ID || !got.Created.Equal(want.Created) {
			rt.Fatalf("got %+v, %v, want %+v", got, err, want)
		}
	})
}

func FuzzParseResource(f *testing.F) {
	f.Add([]byte(`{"id":"/a","provider":"p","type":"t","created":"2026-01-01T00:00:00Z","inputs":{}}`))
	f.Add([]byte(`{"id":"/a"}`))
	f.Add([]byte(`{} {}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := parseResource(raw)
		if err != nil {
			return
		}
		if r.ID == "" || r.Provider == "" || r.Type == "" {
			t.Errorf("accepted %s", raw)
		}
		if _, err := json.Marshal(r); err != nil {
			t.Errorf("%s cannot be written back: %v", raw, err)
		}
	})
}

func FuzzParseFaults(f *testing.F) {
	f.Add([]byte(`[{"op":"create","times":1,"error":"x"}]`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		faults, err := parseFaults(raw)
		if err != nil {
			return
		}
		for _, fault := range faults {
			if fault.validate() != nil {
				t.Errorf("accepted %s", raw)
			}
		}
	})
}

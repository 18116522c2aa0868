package remember

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/data/aztables"

	"jitsi-meet-azure/functions/reaper/decide"
	"jitsi-meet-azure/functions/reaper/remember/azuritetest"
)

func TestMain(m *testing.M) { os.Exit(azuritetest.Main(m)) }

// noon is when most things happen in these tests. Its zone is not UTC, and it is finer than storage can keep.
var noon = time.Date(2026, time.March, 1, 13, 0, 0, 123456789, time.FixedZone("", 3600))

var (
	tablesOnce sync.Once
	errTables  error
)

// azurite gives the emulator with the three tables in it.
func azurite(t *testing.T) *azuritetest.Server {
	t.Helper()
	server := azuritetest.Shared(t)
	tablesOnce.Do(func() {
		errTables = server.CreateTables(context.WithoutCancel(t.Context()), azuritetest.Account, Machines, Decisions, Usage)
	})
	if errTables != nil {
		t.Fatal(errTables)
	}
	return server
}

// stored is the real thing, as it is deployed: a bearer token over TLS.
func stored(t *testing.T, options aztables.ClientOptions) *Tables {
	t.Helper()
	server := azurite(t)
	if options.Transport == nil {
		options.Transport = server.Client()
	}
	tables, err := NewTables(server.Endpoint(azuritetest.Account), azuritetest.Credential{}, &options)
	if err != nil {
		t.Fatal(err)
	}
	return tables
}

// memories are those that a test of what they have in common runs against.
var memories = map[string]func(t *testing.T) *store{
	"volatile": func(*testing.T) *store { return &NewVolatile().store },
	"tables":   func(t *testing.T) *store { t.Helper(); return &stored(t, aztables.ClientOptions{}).store },
}

var shards atomic.Int64

// newShard gives a shard that no other test uses.
func newShard() string { return "t" + strconv.FormatInt(shards.Add(1), 36) }

// vmID gives the vmId of the nth machine.
func vmID(n int) string { return fmt.Sprintf("5ca1ab1e-0000-4000-8000-%012x", n) }

// removal is a record that has begun.
func removal(n int) decide.Removal {
	return decide.Removal{
		Machine: vmID(n), Instance: strconv.Itoa(n), Cause: decide.CauseRule, Phase: decide.PhaseTainting,
		Began: noon, Since: noon.Add(time.Second),
	}
}

// kept is a time as storage keeps it.
func kept(at time.Time) time.Time { return at.UTC().Truncate(100 * time.Nanosecond) }

func keptRemoval(r decide.Removal, version string) decide.Removal {
	r.Began, r.Since, r.Version = kept(r.Began), kept(r.Since), version
	for _, at := range []*time.Time{&r.Reported, &r.EndedSince, &r.Accepted} {
		if !at.IsZero() {
			*at = kept(*at)
		}
	}
	return r
}

func recall(t *testing.T, s Store, shard string) decide.Memory {
	t.Helper()
	memory, err := s.Recall(t.Context(), shard)
	if err != nil {
		t.Fatal(err)
	}
	return memory
}

func write(t *testing.T, s Store, shard string, slot decide.Slot, r decide.Removal) string {
	t.Helper()
	version, err := s.Write(t.Context(), shard, slot, r)
	if err != nil {
		t.Fatal(err)
	}
	return version
}

// rows gives all rows of a table whose partition begins with the shard.
func rows(t *testing.T, from table, shard string) []map[string]any {
	t.Helper()
	entities, _, err := from.list(t.Context(), query{partition: shard, below: shard + "~", pages: 100})
	if err != nil {
		t.Fatal(err)
	}
	all := make([]map[string]any, 0, len(entities))
	for _, entity := range entities {
		var row map[string]any
		if err := json.Unmarshal(entity, &row); err != nil {
			t.Fatal(err)
		}
		all = append(all, row)
	}
	return all
}

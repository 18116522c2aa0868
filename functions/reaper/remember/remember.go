// Package remember is the reaper's memory: what earlier ticks left behind for the next one, and the trail that they leave for
// people. It lies in three tables of a storage account, which a deployment makes and this package never does:
//
//	machines   what a tick needs of earlier ones: removals under way, what was seen of each machine, the last look
//	decisions  the audit: what was decided on which machine and why
//	usage      what each bridge carried over time
//
// Two rules hold. The memory of a shard is read whole or not at all: whatever is missing, malformed or unknown to this version
// is an error, from which follows that the shard is left alone. And a slot has one row, written under the condition that it is
// still as it was read: of two reapers that want the same slot, one is refused ([ErrConflict]).
//
// [Tables] is the memory of a deployed reaper. [Volatile] is the same without storage, for dry runs and for tests.
package remember

import (
	"context"
	"errors"
	"time"

	"jitsi-meet-azure/functions/reaper/decide"
	"jitsi-meet-azure/functions/reaper/fleet"
)

// The tables, by name.
const (
	Machines  = "machines"
	Decisions = "decisions"
	Usage     = "usage"
)

const (
	// recallPages bounds a recall. Storage answers with at most 1000 rows a page, and a shard has at most a few hundred
	// machines; pages can be empty, though.
	recallPages = 20
	// prunePages and pruneRows bound one call of Prune, in each table and in both: two seconds where storage is quick.
	prunePages, pruneRows = 5, 500
	// transaction is how many rows storage writes at once, all of them or none.
	// Source: Azure docs, performing-entity-group-transactions.
	transaction = 100
)

// ErrConflict says that a record is not what it was when it was read: somebody else has written or cleared it since. It can
// also be one's own doing: a request whose answer got lost is sent again and finds that it was carried out. Both mean the
// same for the caller, to do nothing now; the next tick recalls what is there, and goes on from that.
var ErrConflict = errors.New("the record has been changed since it was read")

// Store is what a tick needs of the memory. Any number of goroutines may use it.
//
// An error of Write, Clear or Observe other than [ErrConflict] leaves open whether it was carried out, as an answer can get
// lost. So nothing may be done on the strength of a record whose Write has failed, and nothing may rely on its absence.
//
// Times are kept to 100 nanoseconds, in UTC. Source: Azure docs, Understanding the Table service data model.
type Store interface {
	// Recall reads all that is remembered of a shard, or fails. A shard that nobody has looked at has an empty memory.
	Recall(ctx context.Context, shard string) (decide.Memory, error)
	// Write records a removal: a new one where r.Version is empty, else in place of exactly that version. It gives the
	// version of what it has written. It fails with ErrConflict where the slot is taken, or holds another version or none.
	Write(ctx context.Context, shard string, slot decide.Slot, r decide.Removal) (version string, err error)
	// Clear ends a removal. It fails with ErrConflict where the slot holds another version; a slot that is free already is
	// fine.
	Clear(ctx context.Context, shard string, slot decide.Slot, version string) error
	// Observe remembers what a tick has seen. The time of the look is written together with the last of the sightings, and
	// not before, so that an observation that was lost in part is taken for a look that did not take place.
	Observe(ctx context.Context, shard string, o Observation) error
	// Audit adds entries to the trail of decisions. It writes what it can and reports the rest. Within one call no entry
	// replaces another.
	Audit(ctx context.Context, entries []Entry) error
	// Use adds what bridges carried at a moment. It writes what it can and reports the rest.
	Use(ctx context.Context, at time.Time, samples []Sample) error
	// Prune removes the shard's decisions and usage of whole days (UTC) before a moment, but only so much in one call that a
	// tick can afford it. It is meant to be called in every tick, and says how many rows it removed.
	Prune(ctx context.Context, shard string, before time.Time) (removed int, err error)
}

// Observation is what one tick has seen of a shard.
type Observation struct {
	// At is when the shard was looked at.
	At time.Time
	// Seen are machines of which something is to be remembered. Those whose Past has not changed need not be in it.
	Seen []Sighting
	// Gone are machines, by vmId, to be forgotten. Those of which nothing is remembered are fine.
	Gone []string
}

// Sighting is what is to be remembered of one machine.
type Sighting struct {
	Machine fleet.Machine
	Past    decide.Past
	// Phase is the phase of the machine's removal. Like all of Machine but its ID it is stored for people only, and never
	// read back.
	Phase string
}

// store is what Tables and Volatile have in common, which is all but the tables.
type store struct{ machines, decisions, usage table }

// table is a table of storage, reduced to what is needed of it. Rows are in the form in which storage takes and gives them.
type table interface {
	// insert adds a row; ErrConflict where there is one with its keys.
	insert(ctx context.Context, entity []byte) (version string, err error)
	// replace puts a row in the place of the given version; ErrConflict where that is another one, errGone where it is none.
	replace(ctx context.Context, entity []byte, version string) (string, error)
	// remove deletes the given version of a row; the same errors.
	remove(ctx context.Context, partition, key, version string) error
	// submit makes all changes or none: at most as many as a transaction takes, to different rows of one partition. errGone
	// where one of them removes a row that is not there.
	submit(ctx context.Context, changes []change) error
	// list gives rows in the order of their keys. complete says that there are no more.
	list(ctx context.Context, q query) (entities [][]byte, complete bool, err error)
}

// change is one change of a transaction, whatever the version of the row: to write it, or to remove it.
type change struct {
	entity []byte
	remove bool
}

// query asks for the rows of one partition, or where below is set, of those from the first (included) to below (excluded).
type query struct {
	partition, below string
	// keys asks for the keys of the rows alone.
	keys bool
	// rows and pages bound the answer; no rows means no bound.
	rows, pages int
}

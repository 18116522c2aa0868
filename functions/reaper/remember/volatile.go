package remember

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// volatileRows bounds what Volatile keeps of decisions and of usage, in rows each. The oldest give way: a dry run may go on
// for months, and nobody reads them but tests.
const volatileRows = 10_000

// Volatile is a memory that ends with the process. All it does differently from [Tables] is to forget the trail after ten
// thousand rows. Any number of goroutines may use it.
type Volatile struct {
	store

	tables map[string]*local
}

var _ Store = (*Volatile)(nil)

// NewVolatile gives an empty memory.
func NewVolatile() *Volatile {
	machines, decisions, usage := newLocal(0), newLocal(volatileRows), newLocal(volatileRows)
	return &Volatile{
		store:  store{machines: machines, decisions: decisions, usage: usage},
		tables: map[string]*local{Machines: machines, Decisions: decisions, Usage: usage},
	}
}

// Rows gives all rows of a table ([Machines], [Decisions] or [Usage]) in the order of their keys, in the form in which storage
// shows them: times and 64-bit numbers are texts.
func (v *Volatile) Rows(table string) []map[string]any {
	held := v.tables[table]
	if held == nil {
		return nil
	}
	held.lock.Lock()
	defer held.lock.Unlock()
	var rows []map[string]any
	for _, id := range held.sorted() {
		rows = append(rows, maps.Clone(held.rows[id].columns))
	}
	return rows
}

// local is a table in memory.
type local struct {
	limit int // of rows; 0 means none

	lock   sync.Mutex
	rows   map[rowID]row
	serial int
}

type rowID struct{ partition, key string }

// row is a row of a local table. Its version is the serial number of the change that wrote it.
type row struct {
	columns map[string]any
	serial  int
}

func newLocal(limit int) *local { return &local{limit: limit, rows: map[rowID]row{}} }

func (r row) version() string { return `W/"` + strconv.Itoa(r.serial) + `"` }

func (l *local) sorted() []rowID {
	return slices.SortedFunc(maps.Keys(l.rows), func(a, b rowID) int {
		return cmp.Or(strings.Compare(a.partition, b.partition), strings.Compare(a.key, b.key))
	})
}

// read takes a row in the form of storage apart, as long as the context has not ended: tables in memory obey it like others.
func read(ctx context.Context, entity []byte) (rowID, map[string]any, error) {
	if err := ctx.Err(); err != nil {
		return rowID{}, nil, err
	}
	keys, err := parse(entity)
	if err != nil {
		return rowID{}, nil, err
	}
	var columns map[string]any
	if err := json.Unmarshal(entity, &columns); err != nil {
		return rowID{}, nil, fmt.Errorf("reading a row: %w", err)
	}
	return rowID{keys.partition, keys.key}, columns, nil
}

// put writes a row, and lets the oldest go where there are too many. The lock must be held.
func (l *local) put(id rowID, columns map[string]any) string {
	l.serial++
	l.rows[id] = row{columns: columns, serial: l.serial}
	if l.limit > 0 && len(l.rows) > l.limit {
		oldest := slices.MinFunc(slices.Collect(maps.Keys(l.rows)), func(a, b rowID) int { return l.rows[a].serial - l.rows[b].serial })
		delete(l.rows, oldest)
	}
	return l.rows[id].version()
}

func (l *local) insert(ctx context.Context, entity []byte) (string, error) {
	id, columns, err := read(ctx, entity)
	if err != nil {
		return "", err
	}
	l.lock.Lock()
	defer l.lock.Unlock()
	if _, there := l.rows[id]; there {
		return "", ErrConflict
	}
	return l.put(id, columns), nil
}

func (l *local) replace(ctx context.Context, entity []byte, version string) (string, error) {
	id, columns, err := read(ctx, entity)
	if err != nil {
		return "", err
	}
	l.lock.Lock()
	defer l.lock.Unlock()
	if err := l.match(id, version); err != nil {
		return "", err
	}
	return l.put(id, columns), nil
}

func (l *local) remove(ctx context.Context, partition, key, version string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.lock.Lock()
	defer l.lock.Unlock()
	id := rowID{partition, key}
	if err := l.match(id, version); err != nil {
		return err
	}
	delete(l.rows, id)
	return nil
}

// match insists on a version of a row. The lock must be held.
func (l *local) match(id rowID, version string) error {
	old, there := l.rows[id]
	switch {
	case !there:
		return errGone
	case old.version() != version:
		return ErrConflict
	default:
		return nil
	}
}

func (l *local) submit(ctx context.Context, changes []change) error {
	l.lock.Lock()
	defer l.lock.Unlock()
	writes, removals, err := l.check(ctx, changes)
	if err != nil {
		return err
	}
	for _, id := range removals {
		delete(l.rows, id)
	}
	for id, columns := range writes {
		l.put(id, columns)
	}
	return nil
}

// check holds a transaction against the rules of storage. The lock must be held.
func (l *local) check(ctx context.Context, changes []change) (writes map[rowID]map[string]any, removals []rowID, err error) {
	if len(changes) == 0 || len(changes) > transaction {
		return nil, nil, fmt.Errorf("a transaction of %d changes", len(changes))
	}
	writes = map[rowID]map[string]any{}
	seen, partition := map[string]bool{}, ""
	for _, c := range changes {
		id, columns, err := read(ctx, c.entity)
		if err != nil {
			return nil, nil, err
		}
		if seen[id.key] || partition != "" && id.partition != partition {
			return nil, nil, errors.New("a transaction on one row twice, or on two partitions")
		}
		seen[id.key], partition = true, id.partition
		if _, there := l.rows[id]; c.remove && !there {
			return nil, nil, errGone
		}
		if c.remove {
			removals = append(removals, id)
		} else {
			writes[id] = columns
		}
	}
	return writes, removals, nil
}

func (l *local) list(ctx context.Context, q query) (entities [][]byte, complete bool, err error) {
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	l.lock.Lock()
	defer l.lock.Unlock()
	for _, id := range l.sorted() {
		if id.partition != q.partition && (q.below == "" || id.partition < q.partition || id.partition >= q.below) {
			continue
		}
		if q.rows > 0 && len(entities) == q.rows {
			return entities, false, nil
		}
		columns := maps.Clone(l.rows[id].columns)
		columns["odata.etag"] = l.rows[id].version()
		entity, err := json.Marshal(columns)
		if err != nil {
			return nil, false, fmt.Errorf("reading a row: %w", err)
		}
		entities = append(entities, entity)
	}
	return entities, true, nil
}

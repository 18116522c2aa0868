package remember

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"jitsi-meet-azure/functions/reaper/decide"
)

// spoiled gives a row of a removal, of a machine or of the last look with some columns changed; nil removes one.
func spoiled(tb testing.TB, key string, changes map[string]any) []byte {
	tb.Helper()
	const at, kind = "2026-03-01T12:00:00Z", "Edm.DateTime"
	row := map[string]any{"PartitionKey": "a", "RowKey": key}
	switch {
	case strings.HasPrefix(key, machineKey):
		maps.Copy(row, map[string]any{
			"FirstSeen": at, "FirstSeen@odata.type": kind, "Watched": true, "EverAnswered": true, "EverHealthy": false, "OwesUndrain": false,
		})
	case key == tickKey:
		maps.Copy(row, map[string]any{"At": at, "At@odata.type": kind})
	default:
		maps.Copy(row, map[string]any{
			"Machine": vmID(1), "Instance": "1", "Cause": "rule", "Phase": "tainting", "Confirmed": false,
			"Began": at, "Began@odata.type": kind, "Since": at, "Since@odata.type": kind,
		})
	}
	for name, value := range changes {
		if row[name] = value; value == nil {
			delete(row, name)
		}
	}
	encoded, err := json.Marshal(row)
	if err != nil {
		tb.Fatal(err)
	}
	return encoded
}

const removalRow, machineRow = "removal:retirement", "machine:5ca1ab1e-0000-4000-8000-000000000001"

// unreadable are rows from which nothing may be concluded, with what is to be said about them.
var unreadable = map[string]struct {
	key     string
	changes map[string]any
	want    string
}{
	"an unknown slot":            {"removal:hold", nil, `"hold" is no slot`},
	"an unknown row":             {"lease", nil, "knows no such row"},
	"a machine without an id":    {"machine:", nil, "knows no such row"},
	"an unknown phase":           {removalRow, map[string]any{"Phase": "pausing"}, `"pausing" is no phase`},
	"an unknown cause":           {removalRow, map[string]any{"Cause": "whim"}, `"whim" is no cause`},
	"no phase":                   {removalRow, map[string]any{"Phase": nil}, "Phase is missing"},
	"an empty phase":             {removalRow, map[string]any{"Phase": ""}, "Phase is empty"},
	"a phase that is a number":   {removalRow, map[string]any{"Phase": 1}, "Phase is not of the type Edm.String"},
	"no cause":                   {removalRow, map[string]any{"Cause": nil}, "Cause is missing"},
	"no machine":                 {removalRow, map[string]any{"Machine": nil}, "Machine is missing"},
	"a machine in capitals":      {removalRow, map[string]any{"Machine": "5CA1"}, `"5CA1" is no vmId`},
	"no instance":                {removalRow, map[string]any{"Instance": nil}, "Instance is missing"},
	"an instance with a slash":   {removalRow, map[string]any{"Instance": "1/2"}, `"1/2" is no instance`},
	"no confirmation":            {removalRow, map[string]any{"Confirmed": nil}, "Confirmed is missing"},
	"a confirmation as a text":   {removalRow, map[string]any{"Confirmed": "true"}, "Confirmed is not of the type Edm.Boolean"},
	"no beginning":               {removalRow, map[string]any{"Began": nil}, "Began is missing"},
	"a malformed time":           {removalRow, map[string]any{"Since": "soon"}, "Since is not of the type Edm.DateTime"},
	"a time in another zone":     {removalRow, map[string]any{"Since": "2026-03-01T12:00:00+01:00"}, "Since is not of the type Edm.DateTime"},
	"a time as a text":           {removalRow, map[string]any{"Since@odata.type": nil}, "Since is not of the type Edm.DateTime"},
	"a time as a number":         {removalRow, map[string]any{"Since": 7, "Since@odata.type": nil}, "Since is not of the type Edm.DateTime"},
	"a time of the year 1":       {removalRow, map[string]any{"Since": "0001-01-01T00:00:00Z"}, "Since is a time that storage cannot keep"},
	"an optional time malformed": {removalRow, map[string]any{"Reported": "?", "Reported@odata.type": "Edm.DateTime"}, "Reported is not"},
	"no first sight":             {machineRow, map[string]any{"FirstSeen": nil}, "FirstSeen is missing"},
	"no watch":                   {machineRow, map[string]any{"Watched": nil}, "Watched is missing"},
	"a since as a text":          {machineRow, map[string]any{"AbsentSince": "2026-03-01T12:00:00Z"}, "AbsentSince is not of the type"},
	"a reason as a number":       {machineRow, map[string]any{"Reason": 1}, "Reason is not of the type"},
	"a look at no time":          {tickKey, map[string]any{"At": nil}, "At is missing"},
	"a look as a text":           {tickKey, map[string]any{"At@odata.type": nil}, "At is not of the type"},
}

// One row that cannot be read makes the whole shard's memory unreadable.
func TestUnreadableRows(t *testing.T) {
	t.Parallel()
	for kind, open := range memories {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			for name, c := range unreadable {
				shard := newShard()
				observe(t, s, shard, Observation{At: noon, Seen: []Sighting{sighting(7)}})
				changes := map[string]any{"PartitionKey": shard}
				maps.Copy(changes, c.changes)
				if err := s.machines.submit(t.Context(), []change{{entity: spoiled(t, c.key, changes)}}); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				memory, err := s.Recall(t.Context(), shard)
				if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "shard "+shard) {
					t.Errorf("%s: error %v, want one that says %q", name, err, c.want)
				}
				if len(memory.Slots)+len(memory.Machines) > 0 || !memory.LastTick.IsZero() {
					t.Errorf("%s: half a memory came along: %+v", name, memory)
				}
			}
		})
	}
}

// What storage never does, but what a memory must not be made from.
func TestImpossibleRows(t *testing.T) {
	t.Parallel()
	versioned := map[string]any{"odata.etag": `W/"1"`}
	for name, c := range map[string]struct {
		rows [][]byte
		want string
	}{
		"another shard's":    {[][]byte{spoiled(t, tickKey, map[string]any{"PartitionKey": "b"})}, "not asked for"},
		"the same row twice": {[][]byte{spoiled(t, removalRow, versioned), spoiled(t, removalRow, versioned)}, "not asked for"},
		"no version":         {[][]byte{spoiled(t, removalRow, nil)}, "no version"},
		"any version":        {[][]byte{spoiled(t, removalRow, map[string]any{"odata.etag": "*"})}, "no version"},
		"a version as null":  {[][]byte{[]byte(`{"PartitionKey":"a","RowKey":"tick","odata.etag":null}`)}, "odata.etag"},
		"no keys":            {[][]byte{[]byte(`{}`)}, "without its keys"},
		"a list":             {[][]byte{[]byte(`[]`)}, "not a JSON object"},
		"null":               {[][]byte{[]byte(`null`)}, "without its keys"},
		"an unreadable type": {[][]byte{spoiled(t, tickKey, map[string]any{"At@odata.type": 1})}, "unreadable type"},
		"null for a flag":    {[][]byte{[]byte(`{"PartitionKey":"a","RowKey":"` + machineRow + `","Watched":null}`)}, "Watched is not"},
	} {
		if _, err := parseShard("a", c.rows); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one that says %q", name, err, c.want)
		}
	}
}

// Operators and later versions may add columns of any kind.
func TestUnknownColumns(t *testing.T) {
	t.Parallel()
	for kind, open := range memories {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			shard := newShard()
			extra := map[string]any{"PartitionKey": shard, "Note": "hands off", "Since2": "soon", "Count": 7, "Ratio": 0.5}
			for _, key := range []string{removalRow, machineRow, tickKey} {
				if err := s.machines.submit(t.Context(), []change{{entity: spoiled(t, key, extra)}}); err != nil {
					t.Fatal(err)
				}
			}
			memory := recall(t, s, shard)
			if len(memory.Slots) != 1 || len(memory.Machines) != 1 || memory.LastTick.IsZero() {
				t.Errorf("recalled %+v", memory)
			}
		})
	}
}

// A phase, cause or slot that is added to the package decide must be added here, or no record of it can be written.
func TestVocabularyIsWhole(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "../decide/memory.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]string{}
	ast.Inspect(file, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if !ok || spec.Type == nil || len(spec.Values) != 1 {
			return true
		}
		name, isName := spec.Type.(*ast.Ident)
		literal, isLiteral := spec.Values[0].(*ast.BasicLit)
		if isName && isLiteral {
			value, err := strconv.Unquote(literal.Value)
			if err != nil {
				t.Fatal(err)
			}
			found[name.Name] = append(found[name.Name], value)
		}
		return true
	})
	compare := func(name string, known []string) {
		slices.Sort(known)
		if slices.Sort(found[name]); len(known) == 0 || !slices.Equal(found[name], known) {
			t.Errorf("the package decide has the %ss %v, this one %v", name, found[name], known)
		}
	}
	compare("Phase", texts(knownPhases))
	compare("Cause", texts(knownCauses))
	compare("Slot", texts(decide.Slots()))
}

func texts[T ~string](values []T) []string {
	all := make([]string, 0, len(values))
	for _, value := range values {
		all = append(all, string(value))
	}
	return all
}

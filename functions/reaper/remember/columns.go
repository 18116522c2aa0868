package remember

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode"

	"github.com/Azure/azure-sdk-for-go/sdk/data/aztables"
)

const (
	// longestText is how many bytes of a text are stored. Storage takes 64 KiB of one, but 4 MiB of a transaction.
	longestText = 1024
	// resolution is that of times in storage.
	resolution = 100 * time.Nanosecond
	// typeOf follows a column's name in the name of what says of which type it is.
	typeOf = "@odata.type"
)

// earliest is the first time that storage can keep. Source: Azure docs, Understanding the Table service data model.
var earliest = time.Date(1601, time.January, 1, 0, 0, 0, 0, time.UTC)

// columns are those of a row to be written. Empty texts and zero times are left out, as storage knows no null.
type columns map[string]any

// text adds a text for people: one line, cut where it is long. What is read back is checked instead; see encodeRemoval.
func (c columns) text(name, value string) {
	value = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(value, "\uFFFD"))
	if len(value) > longestText {
		value = strings.ToValidUTF8(value[:longestText], "") // The cut may go through a letter.
	}
	if value != "" {
		c[name] = value
	}
}

// moment adds a time. The zone goes first: the SDK writes a time as if it were in UTC.
func (c columns) moment(name string, value time.Time) {
	if !value.IsZero() {
		c[name] = aztables.EDMDateTime(value.UTC().Truncate(resolution))
	}
}

// number adds a whole number, of 64 bits so that a column has the same type in all rows.
func (c columns) number(name string, value int64) { c[name] = aztables.EDMInt64(value) }

// fraction adds a number. One that is none is left out. The type is said because a whole one would be taken for an integer.
func (c columns) fraction(name string, value float64) {
	if !math.IsNaN(value) && !math.IsInf(value, 0) {
		c[name], c[name+typeOf] = value, "Edm.Double"
	}
}

// encode makes a row of columns.
func encode(partition, key string, c columns) ([]byte, error) {
	for name, value := range c {
		moment, ok := value.(aztables.EDMDateTime)
		if at := time.Time(moment); ok && (at.Before(earliest) || at.Year() > 9999) {
			return nil, fmt.Errorf("%s: storage cannot keep the time %s", name, at)
		}
	}
	entity := aztables.EDMEntity{Entity: aztables.Entity{PartitionKey: partition, RowKey: key}, Properties: c}
	encoded, err := json.Marshal(entity)
	if err != nil {
		return nil, fmt.Errorf("writing the row %s: %w", key, err)
	}
	return encoded, nil
}

// record is a row as it was read. The getters collect what is wrong with its columns, and problem gives all of that; columns
// that nobody asks for may hold anything.
type record struct {
	partition, key, version string

	columns  map[string]json.RawMessage
	problems []error
}

// parse reads a row's keys and version.
func parse(entity []byte) (*record, error) {
	r := &record{}
	if err := json.Unmarshal(entity, &r.columns); err != nil {
		return nil, fmt.Errorf("a row is not a JSON object: %w", err)
	}
	r.partition, r.key = r.text("PartitionKey"), r.text("RowKey")
	if len(r.problems) > 0 {
		return nil, fmt.Errorf("a row without its keys: %w", r.problem())
	}
	if _, there := r.columns["odata.etag"]; there {
		r.version = r.text("odata.etag")
	}
	return r, nil
}

func (r *record) problem() error { return errors.Join(r.problems...) }

func (r *record) wrong(format string, arguments ...any) {
	r.problems = append(r.problems, fmt.Errorf(format, arguments...))
}

// take reads a column of the given type into target. Types that JSON itself tells apart need not be said.
func (r *record) take(name, kind string, implied bool, target any) bool {
	raw, there := r.columns[name]
	if !there {
		r.wrong("%s is missing", name)
		return false
	}
	said := ""
	if annotation, there := r.columns[name+typeOf]; there && json.Unmarshal(annotation, &said) != nil {
		r.wrong("%s is of an unreadable type", name)
		return false
	}
	if said != kind && (said != "" || !implied) {
		r.wrong("%s is not of the type %s", name, kind)
		return false
	}
	// A null would leave the target as it is.
	if string(raw) == "null" || json.Unmarshal(raw, target) != nil {
		r.wrong("%s is not of the type %s: %s", name, kind, quote(string(raw)))
		return false
	}
	return true
}

// text reads a text that must be there and have content.
func (r *record) text(name string) string {
	var value string
	if r.take(name, "Edm.String", true, &value) && value == "" {
		r.wrong("%s is empty", name)
	}
	return value
}

// flag reads a truth value that must be there.
func (r *record) flag(name string) bool {
	var value bool
	r.take(name, "Edm.Boolean", true, &value)
	return value
}

// moment reads a time that must be there.
func (r *record) moment(name string) time.Time {
	var value aztables.EDMDateTime
	if r.take(name, "Edm.DateTime", false, &value) && time.Time(value).Before(earliest) {
		r.wrong("%s is a time that storage cannot keep", name)
	}
	return time.Time(value).UTC().Truncate(resolution)
}

// since reads a time that is left out while it is zero.
func (r *record) since(name string) time.Time {
	if _, there := r.columns[name]; !there {
		return time.Time{}
	}
	return r.moment(name)
}

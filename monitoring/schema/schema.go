// Package schema says which tables of the workspace queries read, and which columns of them. It is pure.
//
// Azure makes most tables when their first row arrives, and fails a query about one that is not there yet: of a reaper that has
// never run there would be no alert, because nothing has been logged. [Table.From] therefore reads a table that may be missing.
package schema

import (
	"fmt"
	"slices"
	"strings"

	"jitsi-meet-azure/monitoring/table"
)

// Kind is the type of a column in the query language.
// Source: Kusto docs, scalar data types.
type Kind string

// Types of columns.
const (
	Time    Kind = "datetime"
	Text    Kind = "string"
	Flag    Kind = "bool"
	Int     Kind = "int"
	Long    Kind = "long"
	Decimal Kind = "real"
	Any     Kind = "dynamic"
)

// Column is a column of a table.
type Column struct {
	Name string
	Kind Kind
}

// Table is a table of the workspace.
type Table struct {
	// Name is the table's name.
	Name string
	// Columns are those that queries here may use; Azure's own tables have more.
	Columns []Column
	// Filled says what brings rows into the table.
	Filled string
	// Source is where the columns are documented.
	Source string
}

// Tables are all tables that queries read, in a fixed order.
func Tables() []Table { return append(azures(), ours()...) }

// Find is the table of that name.
func Find(name string) (Table, bool) {
	all := Tables()
	i := slices.IndexFunc(all, func(t Table) bool { return t.Name == name })
	if i < 0 {
		return Table{}, false
	}
	return all[i], true
}

// Kind is the type of a column; empty where the table has no such column.
func (t Table) Kind(column string) Kind {
	for _, c := range t.Columns {
		if c.Name == column {
			return c.Kind
		}
	}
	return ""
}

// From begins a query about some columns of a table, which may not be there yet: it is then one without rows. The time of a row
// is always among the columns. An unknown table or column gives a query that names it, which tests refuse.
func From(name string, columns ...string) string {
	found, _ := Find(name)
	typed := make([]string, 0, len(columns)+1)
	for _, column := range append([]string{timeColumn}, columns...) {
		typed = append(typed, fmt.Sprintf("%s:%s", column, found.Kind(column)))
	}
	return fmt.Sprintf("union isfuzzy=true (datatable(%s)[]), %s", strings.Join(typed, ", "), name)
}

// timeColumn is when a row was written. Every table has it, and a query's window is about it.
const timeColumn = "TimeGenerated"

// Quote writes a text as a literal of the query language.
// Source: Kusto docs, the string data type.
func Quote(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}

// List writes texts as the rows of a datatable of one column.
func List(texts []string) string {
	quoted := make([]string, 0, len(texts))
	for _, text := range texts {
		quoted = append(quoted, Quote(text))
	}
	return strings.Join(quoted, ", ")
}

// ours are the tables that bridges fill.
func ours() []Table {
	kinds := map[table.Kind]Kind{
		table.Time: Time, table.Text: Text, table.Flag: Flag, table.Int: Int, table.Long: Long, table.Decimal: Decimal,
	}
	var all []Table
	for _, described := range table.Tables() {
		made := Table{Name: described.Name, Filled: "the collection rule of the bridges", Source: "monitoring/table"}
		for _, column := range described.Columns {
			made.Columns = append(made.Columns, Column{column.Name, kinds[column.Type]})
		}
		all = append(all, made)
	}
	return all
}

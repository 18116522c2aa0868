// Package check reads queries as far as is needed to find mistakes in them without a workspace: brackets and texts that are not
// closed, tables that nobody fills, columns that a table does not have, names that nothing gives, and reads without a bound. It is
// for tests. It is no parser of the whole language and takes some wrong queries for right.
package check

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"jitsi-meet-azure/monitoring/schema"
)

// words are the operators, functions and values of the language that queries here may use. Those that read without regard to a
// rule's window (ago, between, externaldata), or every table (search, find), are left out on purpose.
// Source: Kusto docs, query language overview.
func words() []string {
	return strings.Fields(`and arg_max arg_min asc avg bin bool by case contains contains_cs count countif datatable datetime dcount
		dcountif desc distinct dynamic endswith extend extract false has iff in int isempty isfuzzy isnotempty isnotnull isnull join kind
		leftanti leftouter let limit long make_list materialize max matches maxif min not now on or order parse_json percentile project
		real regex render round split startswith string strcat sum summarize take take_any timechart tolower toint tostring true union
		where with columnchart barchart table title top nulls last innerunique inner`)
}

// token is a piece of a query.
type token struct {
	kind rune // 'n' a name, 's' a text, '0' a number, or the sign itself
	text string
}

// pieces matches white space, or in this order a text, a name, a number or a time, a sign.
var pieces = regexp.MustCompile(`^(?:\s+|("(?:[^"\\]|\\.)*")|([A-Za-z_][A-Za-z0-9_]*)|([0-9][0-9a-zA-Z.:+-]*)|` +
	`(==|=~|!=|<=|>=|\.\.|[-+*/%<>=|,:;.()\[\]]))`)

// Query reports everything that is wrong with a query.
func Query(query string) error {
	tokens, err := split(query)
	if err != nil {
		return err
	}
	return errors.Join(balanced(tokens), known(tokens), bounded(tokens))
}

// split takes a query apart. A text that is not closed, or a sign that no query here uses, ends it.
func split(query string) ([]token, error) {
	var tokens []token
	for rest := query; rest != ""; {
		found := pieces.FindStringSubmatch(rest)
		if found == nil {
			return nil, fmt.Errorf("cannot be read from here on: %.40q", rest)
		}
		rest = rest[len(found[0]):]
		switch {
		case found[1] != "":
			tokens = append(tokens, token{'s', found[1]})
		case found[2] != "":
			tokens = append(tokens, token{'n', found[2]})
		case found[3] != "":
			tokens = append(tokens, token{'0', found[3]})
		case found[4] != "":
			tokens = append(tokens, token{rune(found[4][0]), found[4]})
		}
	}
	return tokens, nil
}

func balanced(tokens []token) error {
	var open []rune
	closes := map[rune]rune{')': '(', ']': '['}
	for _, t := range tokens {
		switch {
		case t.kind == '(' || t.kind == '[':
			open = append(open, t.kind)
		case closes[t.kind] != 0:
			if len(open) == 0 || open[len(open)-1] != closes[t.kind] {
				return fmt.Errorf("%q closes nothing", t.text)
			}
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		return fmt.Errorf("%q is not closed", open)
	}
	return nil
}

// known refuses names that are neither of the language nor a table, a column of a table that the query reads, or given by it.
func known(tokens []token) error {
	var problems []error
	names := append(words(), given(tokens)...)
	for _, t := range tokens {
		if described, found := schema.Find(t.text); found && t.kind == 'n' {
			names = append(names, described.Name)
			for _, column := range described.Columns {
				names = append(names, column.Name)
			}
		}
	}
	for _, t := range tokens {
		if t.kind == 'n' && !slices.Contains(names, t.text) {
			problems = append(problems, fmt.Errorf("%s is no table, no column of one that is read, and nothing that is given", t.text))
		}
	}
	return errors.Join(problems...)
}

// given are the names that a query gives itself: by "name =", "name:type" of a table that is written out, and let.
func given(tokens []token) []string {
	var names []string
	for i, t := range tokens[:max(0, len(tokens)-1)] {
		if t.kind == 'n' && tokens[i+1].text == "=" {
			names = append(names, t.text)
		}
	}
	return append(names, written(tokens)...)
}

// written are the columns of tables that are written out and are not there to stand in for a table of the workspace.
func written(tokens []token) []string {
	var names []string
	for i, t := range tokens {
		if t.text != "datatable" || (i > 1 && tokens[i-1].kind == '(' && i > 2 && tokens[i-2].text == "true") {
			continue
		}
		for j := i + 2; j < len(tokens) && tokens[j].kind != ')'; j++ {
			if tokens[j].kind == 'n' && tokens[j-1].kind != ':' {
				names = append(names, tokens[j].text)
			}
		}
	}
	return names
}

// bounded refuses a table that is read in another way than [schema.Table]'s From does: only that works before its first row.
func bounded(tokens []token) error {
	var problems []error
	for i, t := range tokens {
		described, found := schema.Find(t.text)
		if !found || t.kind != 'n' {
			continue
		}
		if i < 3 || tokens[i-1].text != "," || tokens[i-2].text != ")" || tokens[i-3].text != "]" {
			problems = append(problems, fmt.Errorf("%s is read as if it were sure to be there", described.Name))
		}
	}
	return errors.Join(problems...)
}

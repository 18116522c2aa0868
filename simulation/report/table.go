package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// Sizes of the terminal's table, in letters.
const (
	tableWidth = 118
	nameWidth  = 14
)

// Table writes the policies for a terminal of 120 columns: a line each, what the heads mean, and what the figures say. It fails only
// if w does.
func (p Page) Table(w io.Writer) error {
	p = p.cleaned()
	var out strings.Builder
	for _, line := range []string{p.Title, p.subject()} {
		if line != "" {
			fmt.Fprintln(&out, strings.Join(wrapped(line, tableWidth), "\n"))
		}
	}
	fmt.Fprintln(&out)
	p.writePolicies(&out)
	p.writeMeanings(&out)
	p.writeCells(&out)
	for _, finding := range p.findings() {
		writeItem(&out, "", finding)
	}
	if len(p.Notes) > 0 {
		fmt.Fprintln(&out)
	}
	for _, note := range p.Notes {
		writeItem(&out, "- ", note)
	}
	if _, err := io.WriteString(w, out.String()); err != nil {
		return fmt.Errorf("writing the table: %w", err)
	}
	return nil
}

func (p Page) writePolicies(out *strings.Builder) {
	columns := p.columns()
	head := []string{"policy"}
	for _, c := range columns {
		head = append(head, c.Head)
	}
	lines := [][]string{head}
	for _, r := range p.Policies {
		line := []string{short(r.Name, nameWidth)}
		for _, c := range columns {
			line = append(line, c.Text(r))
		}
		lines = append(lines, line)
	}
	writeAligned(out, lines)
	fmt.Fprintln(out)
}

// writeMeanings says what the policies are and what the heads mean.
func (p Page) writeMeanings(out *strings.Builder) {
	for _, r := range p.Policies {
		if r.Title != "" {
			writeItem(out, "", short(r.Name, nameWidth)+": "+r.Title)
		}
	}
	meanings := each(p.columns(), func(c column) string { return c.Head + ": " + c.Means })
	writeItem(out, "", strings.Join(meanings, "; ")+". "+perDay)
	fmt.Fprintln(out)
}

// writeCells writes a mix: overload and hours of each kind and peak.
func (p Page) writeCells(out *strings.Builder) {
	if len(p.Cells) == 0 {
		return
	}
	g := gridOf(p.Cells)
	head := []string{"overload, x warm"}
	for _, peak := range g.peaks {
		head = append(head, "peak "+number(peak))
	}
	lines := [][]string{head}
	for _, kind := range g.kinds {
		line := []string{short(kind, nameWidth)}
		for _, peak := range g.peaks {
			text := none
			if cell, found := g.at(kind, peak); found {
				text = percent(cell.Overload) + " " + decimal(cell.Hours, 2)
			}
			line = append(line, text)
		}
		lines = append(lines, line)
	}
	writeAligned(out, lines)
	fmt.Fprintln(out)
}

// writeAligned writes lines of the same number of fields: the first field to the left, the others to the right of their columns.
func writeAligned(out *strings.Builder, lines [][]string) {
	widths := make([]int, len(lines[0]))
	for _, line := range lines {
		for i, field := range line {
			widths[i] = max(widths[i], utf8.RuneCountInString(field))
		}
	}
	for _, line := range lines {
		for i, field := range line {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(field))
			if i == 0 {
				out.WriteString(field + pad)
				continue
			}
			out.WriteString("  " + pad + field)
		}
		out.WriteByte('\n')
	}
}

// writeItem writes a sentence over as many lines as it needs, with a mark before the first.
func writeItem(out *strings.Builder, mark, text string) {
	for i, line := range wrapped(text, tableWidth-len(mark)) {
		if i > 0 {
			mark = strings.Repeat(" ", len(mark))
		}
		fmt.Fprintln(out, mark+line)
	}
}

// wrapped breaks a text between its words into lines of at most so many letters. A word that is longer has a line of its own.
func wrapped(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return slices.Concat(lines, []string{line})
}

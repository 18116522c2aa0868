package cost

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// mark stands beside everything that an estimated price is in.
const mark = "~"

// Print writes the estimate as a table.
func (e Estimate) Print(out io.Writer) error {
	var page strings.Builder
	fmt.Fprintf(&page, "%s in %s, a month in %s, prices of %s\n\n", e.Environment, e.Location, e.Currency, e.Prices)
	table := tabwriter.NewWriter(&page, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(cells ...string) { fmt.Fprintln(table, strings.Join(cells, "\t")+"\t") }
	// Text is on the left, so its width is made here; numbers are on the right, as tabwriter puts them.
	wide := width(e.Lines)
	row(pad("part", wide[0]), pad("what", wide[1]), "price", "of one", "least", "typical", "most", " ")
	anyMarked := false
	for _, line := range e.Lines {
		row(pad(line.Part, wide[0]), pad(line.Item, wide[1]), fmt.Sprintf("%.4g", line.Price), line.Unit,
			money(line.Month.Least), money(line.Month.Typical), money(line.Month.Most), marked(line.Estimate))
		anyMarked = anyMarked || line.Estimate
	}
	row(pad("all", wide[0]), pad("", wide[1]), "", "", money(e.Total.Least), money(e.Total.Typical), money(e.Total.Most), marked(anyMarked))
	if err := table.Flush(); err != nil {
		return fmt.Errorf("printing the estimate: %w", err)
	}
	page.WriteString("\nBesides, by use:\n")
	for _, rate := range e.Rates {
		price := fmt.Sprintf("%.3f", rate.Price.Typical)
		if rate.Price.Least < rate.Price.Most {
			price = fmt.Sprintf("%.3f (%.3f to %.3f)", rate.Price.Typical, rate.Price.Least, rate.Price.Most)
		}
		fmt.Fprintf(&page, "  %s%s a %s: %s\n", price, marked(rate.Estimate), rate.Unit, rate.Item)
	}
	fmt.Fprintf(&page, "\n%s an estimated price is in it.\n", mark)
	for _, line := range append(e.Assumed, e.Note) {
		fmt.Fprintf(&page, "- %s\n", line)
	}
	var trimmed strings.Builder
	for line := range strings.Lines(page.String()) {
		trimmed.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	if _, err := io.WriteString(out, trimmed.String()); err != nil {
		return fmt.Errorf("printing the estimate: %w", err)
	}
	return nil
}

func width(lines []Line) [2]int {
	wide := [2]int{}
	for _, line := range lines {
		wide[0], wide[1] = max(wide[0], len(line.Part)), max(wide[1], len(line.Item))
	}
	return wide
}

func pad(text string, width int) string { return text + strings.Repeat(" ", max(width-len(text), 0)) }

func money(amount float64) string { return fmt.Sprintf("%.2f", amount) }

func marked(estimate bool) string {
	if estimate {
		return mark
	}
	return " "
}

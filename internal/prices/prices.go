// Package prices holds what Azure asks for what the project deploys, in one dated file, prices.json. The package is pure.
//
// The prices are those of one region. In others machines cost more or less by a factor; the rest is taken for equal. A price
// whose source the file does not name is an estimate, and everything that is computed from it must be marked as one.
package prices

import (
	_ "embed" // the file
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	strictjson "sigs.k8s.io/json"
)

//go:embed prices.json
var file []byte

// Machine is the beginning of the name of a machine size's price, an hour.
const Machine = "machine/"

// Price is what one thing costs.
type Price struct {
	// Price is in the list's currency, without tax.
	Price float64 `json:"price"`
	// Unit is what it is for: hour, month, GB, GB a month, 10,000, run.
	Unit string `json:"unit"`
	// Source is the name of an entry of the list's sources; empty for an estimate.
	Source string `json:"source,omitempty"`
	// Estimate is true for prices that nobody was seen to publish.
	Estimate bool `json:"estimate,omitempty"`
	// Note says more.
	Note string `json:"note,omitempty"`
}

// Source is where a price was read.
type Source struct {
	Title string `json:"title"`
	URL   string `json:"url"`
}

// Region is how machines cost there, against the list's own region.
type Region struct {
	Factor   float64 `json:"factor"`
	Estimate bool    `json:"estimate,omitempty"`
}

// List is the file.
type List struct {
	// Date is when the file was last looked through, YYYY-MM-DD.
	Date string `json:"date"`
	// Currency is an ISO 4217 code.
	Currency string `json:"currency"`
	// Region is the one whose prices these are.
	Region string `json:"region"`
	// Note is what a reader must know.
	Note    string            `json:"note"`
	Sources map[string]Source `json:"sources"`
	Regions map[string]Region `json:"regions"`
	Prices  map[string]Price  `json:"prices"`
}

// Load reads the file that the program carries.
func Load() (List, error) { return Parse(file) }

// Parse reads a list strictly: unknown and repeated keys, units, sources and numbers are checked, and the error names everything
// that is wrong.
func Parse(document []byte) (List, error) {
	var list List
	strict, err := strictjson.UnmarshalStrict(document, &list)
	if err != nil {
		return List{}, fmt.Errorf("reading the prices: %w", err)
	}
	if err := errors.Join(append(strict, list.problems()...)...); err != nil {
		return List{}, fmt.Errorf("the list of prices: %w", err)
	}
	return list, nil
}

// units are those that the computation knows.
func units() []string { return []string{"hour", "month", "GB", "GB a month", "10,000", "run"} }

func (l List) problems() []error {
	var all []error
	if _, err := time.Parse(time.DateOnly, l.Date); err != nil {
		all = append(all, fmt.Errorf("date is %q, not a day (YYYY-MM-DD)", l.Date))
	}
	if len(l.Currency) != 3 || l.Currency != strings.ToUpper(l.Currency) {
		all = append(all, fmt.Errorf("currency is %q, not a code of three letters", l.Currency))
	}
	if own, there := l.Regions[l.Region]; !there || own.Factor != 1 || own.Estimate {
		all = append(all, fmt.Errorf("regions.%s: the region of the prices has the factor 1", l.Region))
	}
	for _, name := range slices.Sorted(maps.Keys(l.Regions)) {
		if factor := l.Regions[name].Factor; factor <= 0 || factor > 5 {
			all = append(all, fmt.Errorf("regions.%s: the factor is %v", name, factor))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(l.Prices)) {
		all = append(all, l.wrong(name)...)
	}
	return all
}

// wrong is everything that is wrong with a price.
func (l List) wrong(name string) []error {
	var all []error
	price := l.Prices[name]
	if price.Price < 0 || price.Price > 1000 {
		all = append(all, fmt.Errorf("prices.%s: the price is %v", name, price.Price))
	}
	if !slices.Contains(units(), price.Unit) {
		all = append(all, fmt.Errorf("prices.%s: the unit is %q, not one of %s", name, price.Unit, strings.Join(units(), ", ")))
	}
	if _, known := l.Sources[price.Source]; known == price.Estimate {
		all = append(all, fmt.Errorf("prices.%s: it needs a source of the list, or to be called an estimate, and not both", name))
	}
	return all
}

// Of is the price of a thing in a region of Azure. The error says how to add what is missing.
func (l List) Of(name, region string) (Price, error) {
	price, known := l.Prices[name]
	where, there := l.Regions[region]
	switch size, machine := strings.CutPrefix(name, Machine); {
	case machine && !known:
		return Price{}, fmt.Errorf(`no price of the machine size %s: add "%s": {"price": ..., "unit": "hour", "source": ...} to prices `+
			`in internal/prices/prices.json, in %s for Linux in %s. Azure tells it: https://prices.azure.com/api/retail/prices?$filter=`+
			`armRegionName eq '%s' and armSkuName eq '%s' and priceType eq 'Consumption'`, size, name, l.Currency, l.Region, l.Region, size)
	case !known:
		return Price{}, fmt.Errorf(`no price of %s: add it to prices in internal/prices/prices.json`, name)
	case !machine:
		return price, nil
	case !there:
		return Price{}, fmt.Errorf(`no prices of the region %s: add "%s": {"factor": ...} to regions in internal/prices/prices.json: `+
			`what a machine costs there, against %s; with "estimate": true where it is not exact`, region, region, l.Region)
	}
	price.Price *= where.Factor
	price.Estimate = price.Estimate || where.Estimate
	return price, nil
}

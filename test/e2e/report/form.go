package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// form is the colour of a layer, and the pattern that tells it apart without colour.
type form struct {
	ID, Colour string
	// Pattern is a path in a square of 8; empty for none.
	Pattern string
}

// The forms of shards and of images, which repeat after a while. People with any kind of colour vision tell the colours apart.
// Source: Okabe and Ito, Color Universal Design.
var (
	ofShards = []form{
		{Colour: "#0072b2"},
		{Colour: "#e69f00", Pattern: "M-2 2L2 -2M0 8L8 0M6 10L10 6"},
		{Colour: "#009e73", Pattern: "M0 2H8M0 6H8"},
		{Colour: "#cc79a7", Pattern: "M2 0V8M6 0V8"},
	}
	ofImages = []form{
		{Colour: "#8a8f98", Pattern: "M0 0L8 8M-2 6L2 10M6 -2L10 2"},
		{Colour: "#56b4e9"},
		{Colour: "#d55e00", Pattern: "M1 2h2M5 6h2"},
		{Colour: "#009e73", Pattern: "M0 4H8"},
		{Colour: "#cc79a7", Pattern: "M4 0V8"},
	}
)

// shardForms are the forms of the shards, by name.
func (d Day) shardForms() map[string]form { return dealt("shard", d.Shards, ofShards) }

// imageForms are the forms of the images, by version: the older the sooner.
func (d Day) imageForms() map[string]form { return dealt("image", d.images(), ofImages) }

func dealt(kind string, names []string, from []form) map[string]form {
	found := map[string]form{}
	for i, name := range names {
		f := from[i%len(from)]
		f.ID = fmt.Sprintf("%s%d", kind, i)
		found[name] = f
	}
	return found
}

// patterns are all forms that have one.
func patterns(d Day) []form {
	all := slices.AppendSeq(slices.Collect(maps.Values(d.shardForms())), maps.Values(d.imageForms()))
	all = slices.DeleteFunc(all, func(f form) bool { return f.Pattern == "" })
	slices.SortFunc(all, func(a, b form) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

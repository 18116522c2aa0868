package engine_test

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"jitsi-meet-azure/internal/golden"
)

// Every change that a platform team makes on any day, from the deployed environment, with the real engine. What
// conferences and users notice of each is what its row says, no more and no less, and docs/day2.md says it too.
func TestDayTwoChanges(t *testing.T) {
	t.Parallel()
	results := map[string]seen{}
	var guard sync.Mutex
	chapters, all := dayTwoChapters(), 0
	t.Cleanup(func() { // after all rows
		if t.Failed() || len(results) < all {
			return // One of them failed, or -run chose a few: the page needs all.
		}
		golden.Compare(t, "../../docs/day2.md", renderDayTwo(chapters, results))
	})
	for _, c := range chapters {
		all += len(c.rows)
		for _, row := range c.rows {
			t.Run(row.what, func(t *testing.T) {
				t.Parallel()
				result := row.run(t)
				guard.Lock()
				defer guard.Unlock()
				results[row.what] = result
			})
		}
	}
}

// run makes the change and holds what it did against the row.
func (d dayTwo) run(t *testing.T) seen {
	t.Helper()
	stack := cmp.Or(d.stack, "dev")
	w := deployed(t, stack)
	w.localcloud("set-capacity", "vmss-meet-"+stack+"-a", strconv.Itoa(cmp.Or(d.bridges, 2)))
	w.reference()
	d.change(w)
	result := w.observe()
	if d.refused != "" {
		assert.True(t, result.failed, "it must be refused: %v", result.steps)
		assert.Contains(t, result.text, d.refused)
	} else {
		assert.False(t, result.failed, result.text)
	}
	want := slices.Clone(d.touches)
	slices.Sort(want)
	assert.Equal(t, want, result.effects, result.steps)
	if len(d.touches) > 0 {
		assert.NotEmpty(t, d.why, "the table needs the reason")
		return result
	}
	assert.Empty(t, result.steps["delete"], "deleted, and nobody notices?")
	assert.Empty(t, result.steps["replace"], "replaced, and nobody notices?")
	return result
}

// Deploying again after a change changes nothing: what was written is what is wanted.
func TestDayTwoChangesSettle(t *testing.T) {
	t.Parallel()
	w := deployed(t, "dev")
	for _, row := range slices.Concat(bridgeChanges()[1:2], scalingChanges()[:1], serviceChanges()[:1], reaperChanges()[:1],
		clusterChanges()[:1]) {
		row.change(w)
	}
	w.up()
	assert.Empty(t, w.up("--expect-no-changes").steps)
}

// done are the operations in the order of the table's columns.
var done = []string{"create", "update", "replace", "delete"}

const dayTwoIntroduction = `# What a change does

Every row is a change to a deployed environment that the tests make with the real Pulumi engine on the local cloud
(` + "`test/engine`" + `): in *dev*, which has two shards, or in *prod*, which is protected and has three, where the row says so.
The counts are resources; the last part of this page names them. The page is written by the test and cannot be out of date:
` + "`UPDATE=1 go test ./test/engine -run '^TestDayTwoChanges$'`" + ` writes it anew.

**Live media** says whether conferences that go on can be cut: bridges deleted, Prosody, Jicofo or relays ended, addresses
or the domain changed. Where it says *no*, the test has seen that no scale set is replaced, no machine deleted, no Prosody, Jicofo or relay
restarted, and no address moved. Proxies and web servers may be replaced, one by one: clients connect again, to the same
shard, and media does not pass through them.

**Waits** means a template that is in the cluster and takes effect only with ` + "`shardctl roll SHARD`" + `, when nobody meets on
the shard.

What Azure itself does with machines and nodes meanwhile cannot be seen on a local cloud: see
[what is not proven offline](first-deployment.md#what-is-not-proven-offline).
`

func renderDayTwo(chapters []chapter, results map[string]seen) string {
	var page strings.Builder
	page.WriteString(dayTwoIntroduction)
	for _, c := range chapters {
		fmt.Fprintf(&page, "\n## %s\n\n| change | setting | created | updated | replaced | deleted | live media | what else |\n"+
			"|---|---|---|---|---|---|---|---|\n", c.title)
		for _, row := range c.rows {
			fmt.Fprintf(&page, "| %s | %s |%s %s | %s |\n", row.titled(), code(row.where), counts(row, results[row.what]),
				touched(row), remarks(row, results[row.what]))
		}
	}
	page.WriteString("\n## Names\n")
	for _, c := range chapters {
		for _, row := range c.rows {
			page.WriteString(named(row, results[row.what]))
		}
	}
	return page.String()
}

func (d dayTwo) titled() string {
	if d.stack != "" {
		return d.what + " (*" + d.stack + "*)"
	}
	return d.what
}

func code(where string) string { return "`" + strings.ReplaceAll(where, ", ", "`, `") + "`" }

func counts(row dayTwo, result seen) string {
	if row.refused != "" {
		return " **refused** | | | |"
	}
	var cells strings.Builder
	for _, operation := range done {
		fmt.Fprintf(&cells, " %d |", len(result.steps[operation]))
	}
	return cells.String()
}

func touched(row dayTwo) string {
	var media []string
	for _, which := range row.touches {
		if which.media() {
			media = append(media, string(which))
		}
	}
	if len(media) == 0 {
		return "no"
	}
	return "**yes**: " + strings.Join(media, ", ")
}

// remarks are what users notice besides, the reason, what waits, and the note.
func remarks(row dayTwo, result seen) string {
	var parts []string
	for _, which := range row.touches {
		if !which.media() {
			parts = append(parts, strings.ToUpper(string(which[:1]))+string(which[1:])+".")
		}
	}
	if len(result.waiting) > 0 {
		parts = append(parts, "Waits: "+strings.Join(slices.Compact(services(result.waiting)), ", ")+".")
	}
	return strings.Join(slices.DeleteFunc(append(parts, row.why, row.note), func(s string) bool { return s == "" }), " ")
}

// services are the names of workloads without their shard.
func services(workloads []string) []string {
	var all []string
	for _, workload := range workloads {
		name := workload[strings.LastIndex(workload, "/")+1:]
		switch {
		case name == "prosody":
			name = "Prosody"
		case name == "jicofo":
			name = "Jicofo"
		case strings.HasPrefix(name, "turn-"):
			name = "relays"
		}
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

func named(row dayTwo, result seen) string {
	if row.refused != "" || len(result.steps) == 0 {
		return ""
	}
	var text strings.Builder
	fmt.Fprintf(&text, "\n<details><summary>%s</summary>\n\n", strings.ReplaceAll(row.titled(), "`", ""))
	for i, operation := range done {
		if names := result.steps[operation]; len(names) > 0 {
			word := []string{"created", "updated", "replaced", "deleted"}[i]
			fmt.Fprintf(&text, "- %s: %s\n", word, strings.Join(slices.Compact(slices.Sorted(slices.Values(names))), ", "))
		}
	}
	text.WriteString("\n</details>\n")
	return text.String()
}

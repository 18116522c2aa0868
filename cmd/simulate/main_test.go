package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // a machine without time zones runs these tests too

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/internal/golden"
	"jitsi-meet-azure/internal/stackfile"
	"jitsi-meet-azure/simulation/demand"
	"jitsi-meet-azure/simulation/study"
)

const dev = "../../Pulumi.dev.yaml"

// command runs the command and returns what it wrote.
func command(t *testing.T, arguments ...string) (out, problems string, err error) {
	t.Helper()
	var o, p bytes.Buffer
	err = run(t.Context(), arguments, &o, &p)
	return o.String(), p.String(), err
}

func simulate(t *testing.T, arguments ...string) string {
	t.Helper()
	out, problems, err := command(t, arguments...)
	require.NoError(t, err, problems)
	return out
}

// The table of an office day under the settings of dev is the same whenever and by however many it is worked out.
func TestTable(t *testing.T) {
	t.Parallel()
	one := simulate(t, "-day", "office", "-seed", "1", "-peak", "2", "-workers", "1", dev)
	golden.Compare(t, "testdata/office.txt", one)
	assert.Equal(t, one, simulate(t, "-workers", "2", dev), "these are the defaults")
	for line := range strings.Lines(one) {
		assert.LessOrEqual(t, len([]rune(strings.TrimSuffix(line, "\n"))), 120, line)
	}
	assert.NotEqual(t, one, simulate(t, "-seed", "2", dev))
}

// The page and the picture are there, the same bytes each time, and need nothing from anywhere.
func TestPage(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	name := func(file string) string { return filepath.Join(folder, file) }
	for _, n := range []string{"1", "2"} {
		simulate(t, "-peak", "0.5", "-policies", "ours,fixed", "-html", name(n+".html"), "-svg", name(n+".svg"), dev)
	}
	read := func(file string) string {
		content, err := os.ReadFile(name(file))
		require.NoError(t, err)
		return string(content)
	}
	assert.Equal(t, read("1.html"), read("2.html"))
	assert.Equal(t, read("1.svg"), read("2.svg"))
	page := read("1.html")
	assert.Contains(t, page, "<svg")
	assert.Contains(t, page, "Shard b")
	reference := regexp.MustCompile(`(?i)(src|href|action)\s*=|url\(|@import|https?://`)
	for _, found := range reference.FindAllString(strings.ReplaceAll(page, `xmlns="http://www.w3.org/2000/svg"`, ""), -1) {
		t.Errorf("the page refers to something: %s", found)
	}
	_, _, err := command(t, "-peak", "0.5", "-policies", "fixed", "-html", filepath.Join(folder, "gone", "x.html"), dev)
	require.ErrorContains(t, err, "writing the report")
}

// Each mistake is refused before anything is simulated, and says what would do.
func TestMistakes(t *testing.T) {
	t.Parallel()
	for want, arguments := range map[string][]string{
		`-day: there is no kind "birthday"; there are office, school`: {"-day", "birthday", dev},
		"-peak: -1 is not above 0":                                    {"-peak", "-1", dev},
		"-peak: NaN is not above 0":                                   {"-peak", "NaN", dev},
		`-policies: there is no "mine"`:                               {"-policies", "ours,mine", dev},
		"there are ours, known, article":                              {"-policies", "", "-policies", " ours", dev},
		`"tomorrow" is neither tuning`:                                {"-day", "mix", "-seeds", "tomorrow", dev},
		"-shards: 3 is not 1 to 2":                                    {"-shards", "3", dev},
		"-shards: -1 is not 1 to 2":                                   {"-shards", "-1", dev},
		"reading the trace":                                           {"-trace", "gone.csv", dev},
		"reading the figures":                                         {"-capacity", "gone.json", dev},
		"is no stack file":                                            {"../../Makefile"},
		"reading the stack file":                                      {"../../Pulumi.gone.yaml"},
		"should be like autoscale.maximum=8":                          {"-set", "autoscale.maximum", dev},
	} {
		out, _, err := command(t, arguments...)
		require.ErrorContains(t, err, want)
		assert.Empty(t, out, want)
	}
	for _, arguments := range [][]string{nil, {dev, dev}} {
		_, problems, err := command(t, arguments...)
		require.ErrorIs(t, err, errUsage)
		assert.Contains(t, problems, "simulate [options] Pulumi.STACK.yaml")
	}
	for _, flags := range []string{"-nonsense", "-peak=much", "-seed=-1", "-days=x"} {
		_, problems, err := command(t, flags, dev)
		require.Error(t, err, flags)
		named, _, _ := strings.Cut(flags, "=")
		assert.Contains(t, problems, named, "it is named")
	}
	_, problems, err := command(t, "-help")
	require.ErrorIs(t, err, flag.ErrHelp)
	assert.Contains(t, problems, "-plain-image")
}

// A changed setting is one of the environment: it counts, and is refused in the environment's own words.
func TestSet(t *testing.T) {
	t.Parallel()
	arguments := []string{"-peak", "0.5", "-policies", "ours"}
	out := simulate(t, append(arguments, "-set", "autoscale.reservePercent=150", "-set", "autoscale.maximum=5", dev)...)
	assert.Contains(t, out, "1 to 5 bridges a shard")
	assert.Contains(t, strings.Join(strings.Fields(out), " "), "a reserve of 150 % of a bridge")
	assert.NotEqual(t, out, simulate(t, append(arguments, "-set", "autoscale.maximum=5", dev)...))
	_, _, err := command(t, append(arguments, "-set", "autoscale.maximum=1", dev)...)
	require.ErrorContains(t, err, "less than autoscale.maximum, 1")
	require.ErrorContains(t, err, "the nightly recycle adds one bridge")
	_, _, err = command(t, append(arguments, "-set", "autoscale.maximun=4", dev)...)
	require.ErrorContains(t, err, "maximun")
	_, problems, err := command(t, append(arguments, "-set", "autoscale.cooldownMinutes=2", dev)...)
	require.NoError(t, err)
	assert.Contains(t, problems, "warning: ")
	assert.Contains(t, problems, "cooldownMinutes")
}

// A trace is a day of one's own, whose rooms are spread over the shards.
func TestTrace(t *testing.T) {
	t.Parallel()
	trace := filepath.Join(t.TempDir(), "week.csv")
	text := "time,event,room,user,camera\n"
	for _, room := range []string{"board", "sales", "team"} {
		text += "2026-03-10T09:00:00+01:00,join," + room + ",anna,true\n2026-03-10T09:00:00+01:00,join," + room + ",ben,\n"
	}
	require.NoError(t, os.WriteFile(trace, []byte(text), 0o600))
	out := simulate(t, "-trace", trace, "-policies", "ours,fixed", dev)
	assert.Contains(t, out, "week.csv, 6 visits from 2026-03-10 on")
	require.NoError(t, os.WriteFile(trace, []byte(text+"yesterday,join,board,cleo,\n"), 0o600))
	_, _, err := command(t, "-trace", trace, dev)
	require.ErrorContains(t, err, "line 8")
}

// Figures of one's own and an image without the bridge are taken into account.
func TestAssumptions(t *testing.T) {
	t.Parallel()
	figures, err := os.ReadFile("../../simulation/capacity/capacity.json")
	require.NoError(t, err)
	mine := filepath.Join(t.TempDir(), "mine.json")
	text := strings.Replace(string(figures), `"deletion": {"value": 90`, `"deletion": {"value": 600`, 1)
	require.NotEqual(t, string(figures), text)
	require.NoError(t, os.WriteFile(mine, []byte(text), 0o600))
	arguments := []string{"-peak", "1", "-policies", "ours"}
	usual := simulate(t, append(arguments, dev)...)
	assert.NotEqual(t, usual, simulate(t, append(arguments, "-capacity", mine, dev)...))
	plain := simulate(t, append(arguments, "-plain-image", dev)...)
	assert.Contains(t, plain, "machines install their bridge as they boot")
	require.NoError(t, os.WriteFile(mine, []byte("{}"), 0o600))
	_, _, err = command(t, append(arguments, "-capacity", mine, dev)...)
	require.ErrorContains(t, err, "fullPackets")
}

// A failure ends with the command that shows it again, and that command simulates the very same day.
func TestAFailureCanBeSeenAgain(t *testing.T) {
	t.Parallel()
	for name, arguments := range map[string][]string{
		"a day on all shards": {"-day", "school", "-seed", "7", "-peak", "0.7", "-set", "autoscale.maximum=5", dev},
		"a day on one":        {"-day", "office", "-seed", "8", "-peak", "0.4", "-shards", "1", "-plain-image", dev},
		"a mix":               {"-day", "mix", "-days", "1", "-seeds", "tuning", "-set", "autoscale.maximum=5", dev},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, err := parse(arguments, os.Stderr)
			require.NoError(t, err)
			first := planned(t, o)
			day := first.plan.Days[len(first.plan.Days)-1]
			failure := &study.Failure{Policy: "ours", Day: day.Name, Again: day.Again, Err: study.ErrCut}
			text := explain(failure, o).Error()
			assert.Contains(t, text, "policy ours, "+day.Name+": a conference was cut")
			require.ErrorIs(t, explain(failure, o), study.ErrCut)
			_, line, found := strings.Cut(text, "to see it again: simulate ")
			require.True(t, found, text)

			again, err := parse(strings.Fields(line), os.Stderr)
			require.NoError(t, err, line)
			assert.Equal(t, "ours", again.policies)
			assert.Equal(t, o.plain, again.plain)
			second := planned(t, again)
			require.Len(t, second.plan.Policies, 1)
			assert.Equal(t, made(t, day), made(t, second.plan.Days[len(second.plan.Days)-1]), line)
			assert.Equal(t, first.env.Autoscale, second.env.Autoscale)
		})
	}
	other := errors.New("something else")
	assert.Equal(t, other, explain(other, options{}))
}

// planned is what a command line would simulate.
func planned(t *testing.T, o options) *simulation {
	t.Helper()
	env, _, err := stackfile.Read(o.file, o.changes...)
	require.NoError(t, err)
	s, err := prepare(o, env)
	require.NoError(t, err)
	return s
}

func made(t *testing.T, d study.Day) demand.Day {
	t.Helper()
	day, err := d.Make()
	require.NoError(t, err)
	return day
}

func TestACancelledCommand(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	var out bytes.Buffer
	err := run(ctx, []string{"-peak", "0.5", dev}, &out, &out)
	require.ErrorIs(t, err, context.Canceled)
	assert.Empty(t, out.String())
}

// Progress is told every few seconds, not each time.
func TestProgress(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := &progress{out: &out}
	p.tell(1, 100)
	p.tell(2, 100)
	assert.Empty(t, out.String())
	p.told = p.told.Add(-tellEvery)
	p.tell(3, 100)
	p.tell(4, 100)
	assert.Equal(t, "3 of 100 simulations are done\n", out.String())
	assert.WithinDuration(t, time.Now(), p.told, time.Minute)
}

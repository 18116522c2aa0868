package cost

import (
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/internal/golden"
	"jitsi-meet-azure/internal/prices"
)

var someRules = Rules{
	Queries: []time.Duration{5 * time.Minute, 15 * time.Minute, time.Hour}, Metrics: 2,
	Tests: []Test{{5 * time.Minute, 5}, {15 * time.Minute, 1}},
}

func load(t *testing.T, stack string) environment.Environment {
	t.Helper()
	content, err := os.ReadFile("../Pulumi." + stack + ".yaml")
	require.NoError(t, err)
	config, err := environment.StackFile(content)
	require.NoError(t, err)
	env, _, err := environment.LoadConfig(stack, config)
	require.NoError(t, err)
	return env
}

func list(t require.TestingT) prices.List {
	all, err := prices.Load()
	require.NoError(t, err)
	return all
}

func TestShippedEnvironments(t *testing.T) {
	t.Parallel()
	for _, stack := range []string{"dev", "prod"} {
		t.Run(stack, func(t *testing.T) {
			t.Parallel()
			estimate, err := Of(load(t, stack), list(t), Default(), someRules)
			require.NoError(t, err)
			var page strings.Builder
			require.NoError(t, estimate.Print(&page))
			golden.Compare(t, "testdata/"+stack+".txt", page.String())
		})
	}
}

// A few sums made by hand.
func TestByHand(t *testing.T) {
	t.Parallel()
	env := load(t, "dev")
	env.Location = "eastus"
	estimate, err := Of(env, list(t), Default(), someRules)
	require.NoError(t, err)
	month := map[string]Quantity{}
	for _, line := range estimate.Lines {
		month[line.Item] = line.Month
	}
	assert.InDelta(t, 2*730*0.338, month["Standard_F8s_v2, 2 to 6"].Least, 0.001)
	assert.InDelta(t, 6*730*0.338, month["Standard_F8s_v2, 2 to 6"].Most, 0.001)
	// Per shard: one always, one more on 22 days for 8 hours, and one for 55 minutes a night.
	assert.InDelta(t, 2*(730+22*8+730.0/24*55/60)*0.338, month["Standard_F8s_v2, 2 to 6"].Typical, 0.001)
	assert.InDelta(t, 2*8*730*0.006, month["prefixes, 16 addresses"].Typical, 0.001)
	assert.InDelta(t, 5*730*0.005, month["public addresses, 5"].Typical, 0.001)
	assert.InDelta(t, 5*730.0/24*2.99, month["taken in, at most 5 GB a day"].Most, 0.001)
	assert.InDelta(t, (12*5+4)*730*0.0006, month["tests from outside, 2"].Typical, 0.001)
	// 2 Mbit/s are 0.9 GB an hour; 70 % of 12 Gbit/s are 3780.
	assert.InDelta(t, 0.9*0.087, estimate.Rates[1].Price.Typical, 1e-9)
	assert.InDelta(t, 3780*0.087, estimate.Rates[3].Price.Typical, 1e-6)
}

// draw makes an environment of any size out of a shipped one.
func draw(t *rapid.T, env environment.Environment) environment.Environment {
	between := func(name string, low, high int) int { return rapid.IntRange(low, high).Draw(t, name) }
	env.Shards = append([]environment.Shard(nil), env.Shards...)
	for i := range between("shards", 0, 3) {
		env.Shards = append(env.Shards, environment.Shard{Name: "x", Zone: i%3 + 1})
	}
	env.Bridges.VMSize = rapid.SampledFrom([]string{"Standard_F4s_v2", "Standard_F8s_v2", "Standard_F16s_v2"}).Draw(t, "size")
	env.Bridges.PrefixLength = between("prefix", 28, 30)
	env.Autoscale.Minimum = between("minimum", 1, 5)
	env.Autoscale.Maximum = env.Autoscale.Minimum + between("more", 1, 9)
	env.Cluster.SystemPool.Minimum = between("nodes", 1, 5)
	env.Cluster.SystemPool.Maximum = env.Cluster.SystemPool.Minimum + between("more nodes", 0, 5)
	env.Monitoring.DailyGigabytes = between("logs", 1, 100)
	env.Monitoring.RetentionDays = between("days", 30, 730)
	env.Location = rapid.SampledFrom([]string{"eastus", "westeurope"}).Draw(t, "region")
	return env
}

// Whatever the environment: lines are their amount times their price, the totals are the sums of the lines, and least, typical and
// most are in that order.
func TestSumsAddUp(t *testing.T) {
	t.Parallel()
	dev := load(t, "dev")
	rapid.Check(t, func(t *rapid.T) {
		estimate, err := Of(draw(t, dev), list(t), Default(), someRules)
		require.NoError(t, err)
		var total Quantity
		for _, line := range estimate.Lines {
			for _, q := range []Quantity{line.Amount, line.Month} {
				require.GreaterOrEqual(t, q.Least, 0.0, line.Item)
				require.LessOrEqual(t, q.Least, q.Typical*(1+1e-12), line.Item)
				require.LessOrEqual(t, q.Typical, q.Most*(1+1e-12), line.Item)
			}
			require.InDelta(t, line.Amount.Typical*line.Price, line.Month.Typical, 1e-9, line.Item)
			total = total.plus(line.Month)
		}
		require.InDelta(t, total.Least, estimate.Total.Least, 1e-6)
		require.InDelta(t, total.Typical, estimate.Total.Typical, 1e-6)
		require.InDelta(t, total.Most, estimate.Total.Most, 1e-6)
		require.False(t, math.IsNaN(estimate.Total.Most) || math.IsInf(estimate.Total.Most, 0))
	})
}

// More of anything never costs less.
func TestMoreNeverCostsLess(t *testing.T) {
	t.Parallel()
	dev := load(t, "dev")
	rapid.Check(t, func(t *rapid.T) {
		env := draw(t, dev)
		before, err := Of(env, list(t), Default(), someRules)
		require.NoError(t, err)
		switch rapid.SampledFrom([]string{"maximum", "minimum", "nodes", "logs", "shard", "prefix"}).Draw(t, "more of") {
		case "maximum":
			env.Autoscale.Maximum++
		case "minimum":
			env.Autoscale.Minimum, env.Autoscale.Maximum = env.Autoscale.Minimum+1, env.Autoscale.Maximum+1
		case "nodes":
			env.Cluster.SystemPool.Maximum++
		case "logs":
			env.Monitoring.DailyGigabytes++
		case "shard":
			env.Shards = append(env.Shards, environment.Shard{Name: "y", Zone: 3})
		case "prefix":
			env.Bridges.PrefixLength--
		}
		after, err := Of(env, list(t), Default(), someRules)
		require.NoError(t, err)
		require.GreaterOrEqual(t, after.Total.Least, before.Total.Least-1e-6)
		require.GreaterOrEqual(t, after.Total.Typical, before.Total.Typical-1e-6)
		require.GreaterOrEqual(t, after.Total.Most, before.Total.Most-1e-6)
	})
}

// Everything that the list lacks is told at once.
func TestEveryMissingPriceIsNamed(t *testing.T) {
	t.Parallel()
	env := load(t, "dev")
	env.Bridges.VMSize, env.Cluster.SystemPool.VMSize = "Standard_X1", "Standard_X2"
	_, err := Of(env, list(t), Default(), someRules)
	require.ErrorContains(t, err, "machine size Standard_X1: add")
	require.ErrorContains(t, err, "machine size Standard_X2: add")
	env.Bridges.VMSize, env.Cluster.SystemPool.VMSize, env.Location = "Standard_F8s_v2", "Standard_D4s_v5", "moon"
	_, err = Of(env, list(t), Default(), someRules)
	require.ErrorContains(t, err, "no prices of the region moon")
	assert.Equal(t, 1, strings.Count(err.Error(), "moon:"), "once is enough")
}

func TestAnEstimatedPriceIsMarked(t *testing.T) {
	t.Parallel()
	all := list(t)
	env := load(t, "dev")
	env.Location = "eastus"
	estimate, err := Of(env, all, Default(), someRules)
	require.NoError(t, err)
	var page strings.Builder
	require.NoError(t, estimate.Print(&page))
	marks := map[string]bool{}
	for line := range strings.Lines(page.String()) {
		for _, item := range []string{"Standard_F8s_v2", "plan B1"} {
			if strings.Contains(line, item) {
				marks[item] = strings.HasSuffix(strings.TrimSpace(line), mark)
			}
		}
	}
	assert.Equal(t, map[string]bool{"Standard_F8s_v2": false, "plan B1": true}, marks)
}

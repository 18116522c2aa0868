package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"jitsi-meet-azure/autoscale/engine"
)

// noon is some time.
func noon() time.Time { return time.Date(2026, 5, 6, 12, 0, 30, 0, time.UTC) }

// The examples of Azure's documentation, by page.
func TestDocumentedExamples(t *testing.T) {
	t.Parallel()
	queue := []string{
		rule("Queue >= 50 +1", "statistic", "Sum", "dividePerInstance", "true"),
		rule("Queue <= 10 -1", "statistic", "Sum", "dividePerInstance", "true"),
	}
	four := []string{rule("CPU < 30 -1"), rule("Memory < 50 -1"), rule("CPU > 75 +1"), rule("Memory > 75 +1")}
	threads := func(in string) []string { return []string{rule("Threads >= 600 +1"), rule(in)} }
	both := metrics{"CPU": {90}, "Memory": {90}}
	type example struct {
		rules    []string
		capacity int
		metrics  metrics
		want     int
	}
	for name, c := range map[string]example{
		// autoscale-understanding-settings, "How does autoscale evaluate multiple rules?"
		"three and five":              {[]string{rule("CPU > 75 +3"), rule("Memory > 75 +5")}, 10, both, 15},
		"three and 15 % of ten":       {[]string{rule("CPU > 75 +3"), rule("Memory > 75 +15%")}, 10, both, 13},
		"three and 15 % of forty":     {[]string{rule("CPU > 75 +3"), rule("Memory > 75 +15%")}, 40, both, 46},
		"half and three less":         {[]string{rule("CPU < 30 -50%"), rule("CPU < 31 -3")}, 10, metrics{"CPU": {1}}, 7},
		"scale-out goes first":        {[]string{rule("CPU > 75 +1"), rule("Memory > 75 -1")}, 10, both, 11},
		"no rule is true":             {four, 10, metrics{"CPU": {60}, "Memory": {60}}, 10},
		"one of two to scale in":      {[]string{rule("CPU < 30 -1"), rule("Memory < 30 -1")}, 10, metrics{"CPU": {1}, "Memory": {60}}, 10},
		"a half less, rounded gently": {[]string{rule("CPU < 30 -50%")}, 5, metrics{"CPU": {1}}, 3},
		// autoscale-best-practices, "Considerations for multiple rules configured in a profile"
		"CPU 76, memory 50": {four, 10, metrics{"CPU": {76}, "Memory": {50}}, 11},
		"CPU 50, memory 76": {four, 10, metrics{"CPU": {50}, "Memory": {76}}, 11},
		"CPU 25, memory 51": {four, 10, metrics{"CPU": {25}, "Memory": {51}}, 10},
		"CPU 29, memory 49": {four, 10, metrics{"CPU": {29}, "Memory": {49}}, 9},
		// autoscale-best-practices, "Considerations for scaling threshold values for queue-length metrics"
		"50 messages for two":    {queue, 2, metrics{"Queue": {50}}, 2},
		"100 messages for two":   {queue, 2, metrics{"Queue": {100}}, 3},
		"149 messages for three": {queue, 3, metrics{"Queue": {149}}, 3},
		"150 messages for three": {queue, 3, metrics{"Queue": {150}}, 4},
		"30 messages for three":  {queue, 3, metrics{"Queue": {30}}, 2},
		// autoscale-flapping, the tables
		"56 % on one":       {[]string{rule("CPU > 50 +1"), rule("CPU < 30 -1")}, 1, metrics{"CPU": {56}}, 2},
		"56 % on two":       {[]string{rule("CPU > 50 +1"), rule("CPU < 30 -1")}, 2, metrics{"CPU": {28, 28}}, 2},
		"1250 threads, T0":  {threads("Threads < 600 -1"), 2, metrics{"Threads": {625, 625}}, 3},
		"1250 threads, T1":  {threads("Threads < 600 -1"), 3, metrics{"Threads": {417, 417, 416}}, 3},
		"1250 threads, 400": {threads("Threads < 400 -1"), 3, metrics{"Threads": {417, 417, 416}}, 3},
		"1180 threads, T2":  {threads("Threads < 400 -1"), 3, metrics{"Threads": {394, 393, 393}}, 2},
		"1180 threads, T3":  {threads("Threads < 400 -1"), 2, metrics{"Threads": {590, 590}}, 2},
		"fewer than asked":  {[]string{rule("CPU > 70 +1"), rule("Requests <= 50 -10")}, 30, metrics{"CPU": {65}, "Requests": {50}}, 28},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, state := setting(t, profile("p", 1, 1, 100, "", c.rules...)).Evaluate(noon(), c.capacity, engine.State{}, c.metrics)
			assert.Equal(t, c.want, d.Capacity, d.Reason)
			assert.Equal(t, c.want != c.capacity, state.LastAction.Equal(noon()))
		})
	}
}

// autoscale-best-practices, "Manual scaling is reset by autoscale minimum and maximum".
func TestTheCountIsMovedIntoItsBounds(t *testing.T) {
	t.Parallel()
	s := setting(t, profile("p", 3, 3, 6, "", rule("CPU > 75 +1", "cooldown", "PT1H")))
	acted := engine.State{LastAction: noon().Add(-time.Minute), Cooldown: time.Hour}
	for from, want := range map[int]int{0: 3, 1: 3, 3: 3, 5: 5, 6: 6, 8: 6} {
		d, state := s.Evaluate(noon(), from, acted, metrics{"CPU": {90}})
		assert.Equal(t, want, d.Capacity, "%d: %s", from, d.Reason)
		assert.Equal(t, time.Hour, state.Cooldown, "enforcement has no cooldown of its own")
		assert.Equal(t, from != want, state.LastAction.Equal(noon()), "%d", from)
		d, _ = s.Assume(engine.Assumptions{EnforcementWaits: true}).Evaluate(noon(), from, acted, metrics{"CPU": {90}})
		assert.Equal(t, from, d.Capacity, "%d: %s", from, d.Reason)
		_, state = s.Assume(engine.Assumptions{EnforcementIsFree: true}).Evaluate(noon(), from, acted, metrics{"CPU": {90}})
		assert.Equal(t, acted, state, "%d", from)
	}
	d, _ := s.Evaluate(noon(), 6, engine.State{}, metrics{"CPU": {90}})
	assert.Equal(t, "CPU > 75, but the maximum is 6", d.Reason)
}

// autoscale-understanding-settings, "How does autoscale evaluate cooldown?": an hour for scaling out, 40 minutes for scaling in.
func TestTheCooldownOfTheRuleThatFiredLast(t *testing.T) {
	t.Parallel()
	s := setting(t, profile("p", 1, 1, 10, "", rule("CPU > 70 +1", "cooldown", "PT60M"), rule("CPU < 30 -1", "cooldown", "PT40M")))
	own := s.Assume(engine.Assumptions{OwnCooldown: true})
	day := time.Date(2026, 5, 6, 0, 0, 0, 0, time.UTC)
	capacity, state := 3, engine.State{}
	for _, step := range []struct {
		at   time.Duration
		cpu  float64
		want int
	}{
		{10 * time.Hour, 90, 4},
		{10*time.Hour + 59*time.Minute, 90, 4},
		{10*time.Hour + 59*time.Minute, 20, 4},
		{12 * time.Hour, 50, 4},
		{13 * time.Hour, 20, 3},
		{13*time.Hour + 20*time.Minute, 90, 3},
		{13*time.Hour + 39*time.Minute + 59*time.Second, 90, 3},
		{13*time.Hour + 40*time.Minute, 90, 4},
	} {
		if step.at == 13*time.Hour+40*time.Minute {
			d, _ := own.Evaluate(day.Add(step.at), capacity, state, metrics{"CPU": {step.cpu}})
			assert.Equal(t, 3, d.Capacity, "the own cooldown of scaling out, an hour, is not over")
		}
		d, next := s.Evaluate(day.Add(step.at), capacity, state, metrics{"CPU": {step.cpu}})
		assert.Equal(t, step.want, d.Capacity, "%s: %s", step.at, d.Reason)
		capacity, state = d.Capacity, next
	}
}

// autoscale-understanding-settings, capacity.default: without metrics only upwards.
func TestWithoutMetricsTheDefault(t *testing.T) {
	t.Parallel()
	s := setting(t, profile("p", 1, 4, 10, "", rule("CPU > 70 +1"), rule("CPU < 30 -1"), rule("Other < 30 -1")))
	for _, c := range []struct {
		what           string
		metrics        metrics
		capacity, want int
	}{
		{"below, nothing", metrics{}, 2, 4},
		{"at it, nothing", metrics{}, 4, 4},
		{"above, nothing", metrics{}, 7, 7},
		{"nobody reported", metrics{"CPU": {}, "Other": {}}, 2, 4},
		{"above, and one that would scale in", metrics{"CPU": {1}}, 7, 7},
		{"one that scales out", metrics{"CPU": {90}}, 7, 8},
		{"all, to scale in", metrics{"CPU": {1}, "Other": {1}}, 7, 6},
	} {
		d, _ := s.Evaluate(noon(), c.capacity, engine.State{}, c.metrics)
		assert.Equal(t, c.want, d.Capacity, "%s: %s", c.what, d.Reason)
	}
	d, _ := s.Evaluate(noon(), 2, engine.State{}, metrics{"CPU": {50}})
	assert.Equal(t, engine.Decision{
		Capacity: 4, Profile: "p", Reason: "no metrics of Other: default 4", Unreadable: []string{"Other"},
	}, d)
}

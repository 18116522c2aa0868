package policy

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"jitsi-meet-azure/autoscale/profile"
	"jitsi-meet-azure/autoscale/render"
	"jitsi-meet-azure/functions/reaper/decide"
	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/simulation/demand"
	"jitsi-meet-azure/simulation/shard"
)

// deployed is the autoscale setting of shard a in an environment, as the stack gives it to Azure.
func deployed(tb testing.TB, stack string) []byte {
	tb.Helper()
	recorded, err := os.ReadFile("../../stack/testdata/" + stack + ".golden.yaml")
	require.NoError(tb, err)
	var resources []struct {
		Name   string
		Inputs map[string]any
	}
	require.NoError(tb, yaml.Unmarshal(recorded, &resources))
	for _, r := range resources {
		if r.Name == "autoscale-a-setting" {
			setting, err := json.Marshal(r.Inputs)
			require.NoError(tb, err)
			return setting
		}
	}
	tb.Fatal("no autoscale setting")
	return nil
}

func calendarOf(tb testing.TB, e environment.Environment) profile.Calendar {
	tb.Helper()
	profiles, err := render.Profiles(e.Autoscale, e.Bridges.NICMbps)
	require.NoError(tb, err)
	calendar, err := profile.NewCalendar(profiles)
	require.NoError(tb, err)
	return calendar
}

// What is simulated as an environment's own policy is what is deployed: to the byte the same comes of both.
func TestOursIsWhatIsDeployed(t *testing.T) {
	t.Parallel()
	for _, stack := range []string{"dev", "prod"} {
		t.Run(stack, func(t *testing.T) {
			t.Parallel()
			read := env(t, stack)
			ours, err := Ours("ours", "as configured", read)
			require.NoError(t, err)
			golden, err := azure("ours", "as configured", deployed(t, stack), calendarOf(t, read), reaper(read), read.Autoscale.Minimum, read.Autoscale.Maximum)
			require.NoError(t, err)
			day := drawn(t, demand.Office, 1, 1.5)
			want, got := simulated(t, golden, day), simulated(t, ours, day)
			same(t, want, got)
			assert.Positive(t, got.Added)
		})
	}
}

// The reaper decides by what is configured, and keeps the reserve that autoscale is told.
func TestTheReaperIsTheConfiguredOne(t *testing.T) {
	t.Parallel()
	read := env(t, "prod", "reaper.minimumUptimeMinutes=61", "reaper.maximumAgeHours=30", "reaper.stuckConferenceMinutes=31",
		"reaper.bootDeadlineMinutes=21", "reaper.deadMinutes=16", "autoscale.reservePercent=130", "autoscale.minimum=2", "autoscale.default=2")
	p, err := Ours("ours", "as configured", read)
	require.NoError(t, err)
	input, err := p.Input(quiet(t), assumptions(t))
	require.NoError(t, err)
	want := decide.Default()
	want.MinimumUptime, want.MaximumAge, want.StuckAfter = 61*time.Minute, 30*time.Hour, 31*time.Minute
	want.BootDeadline, want.DeadAfter, want.Reserve = 21*time.Minute, 16*time.Minute, 1.3
	assert.Equal(t, want, input.Reaper.Policy)
	assert.Equal(t, calendarOf(t, read), input.Reaper.Calendar)
	assert.Equal(t, 2, input.Start, "the minimum")
	got := simulated(t, p, quiet(t))
	assert.Equal(t, 2, got.Minutes[12*60].Up)
}

// A reserve is kept by both hands: with more of it more is added, and nothing is added and retired for ever.
func TestAReserveIsKept(t *testing.T) {
	t.Parallel()
	for percent, up := range map[int]int{0: 1, 80: 1, 150: 2, 250: 3} {
		p, err := Ours("ours", "", env(t, "prod", fmt.Sprintf("autoscale.reservePercent=%d", percent)))
		require.NoError(t, err)
		got := simulated(t, p, quiet(t))
		assert.Equal(t, up, got.Minutes[3*60].Up, percent)
		assert.Equal(t, up, got.Minutes[12*60].Up, percent)
		assert.LessOrEqual(t, got.Added, 2*up, percent)
	}
}

// Rules but those about one metric are left out; the recycle stays.
func TestOnly(t *testing.T) {
	t.Parallel()
	read := env(t, "prod")
	plain := read
	plain.Autoscale.StressPercent, plain.Autoscale.ReservePercent, plain.Autoscale.BusyHours = 0, 0, nil
	profiles, err := render.Profiles(plain.Autoscale, plain.Bridges.NICMbps)
	require.NoError(t, err)
	for metric, load := range map[string]float64{profile.CPU: 70, profile.NetworkIn: 63e9, profile.NetworkOut: 63e9} {
		p, err := Only("only", "", plain, metric)
		require.NoError(t, err)
		hand := slices.Clone(profiles)
		always := above(profile.CPU, 0)
		always.Operator, always.Cooldown = profile.GreaterThanOrEqual, profile.Minutes(plain.Autoscale.Recycle.Window/time.Minute)
		hand[0].Rules, hand[1].Rules = []profile.Rule{always, above(metric, load)}, []profile.Rule{above(metric, load)}
		want, err := written(t, document(t, hand), hand, reaper(plain))
		require.NoError(t, err)
		day := office(t)
		same(t, simulated(t, want, day), simulated(t, p, day))
	}
}

// What the article describes, written down as Azure has it.
func TestArticle(t *testing.T) {
	t.Parallel()
	const rules = `[
		{"metricTrigger": {"metricName": "Network In Total", "timeGrain": "PT1M", "statistic": "Average", "timeWindow": "PT5M",
			"timeAggregation": "Average", "operator": "GreaterThan", "threshold": 63000000000},
		 "scaleAction": {"direction": "Increase", "type": "ChangeCount", "value": "1", "cooldown": "PT5M"}},
		{"metricTrigger": {"metricName": "Percentage CPU", "timeGrain": "PT1M", "statistic": "Average", "timeWindow": "PT5M",
			"timeAggregation": "Average", "operator": "GreaterThan", "threshold": 70},
		 "scaleAction": {"direction": "Increase", "type": "ChangeCount", "value": "1", "cooldown": "PT5M"}}]`
	const recurrence = `{"frequency": "Week", "schedule": {"timeZone": "W. Europe Standard Time", "hours": [4], "minutes": [%d],
		"days": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]}}`
	setting := `{"enabled": true, "profiles": [
		{"name": "nightly-recycle", "capacity": {"minimum": "2", "maximum": "14", "default": "2"},
			"rules": ` + rules + `, "recurrence": ` + fmt.Sprintf(recurrence, 0) + `},
		{"name": "after it", "capacity": {"minimum": "1", "maximum": "14", "default": "1"},
			"rules": ` + rules + `, "recurrence": ` + fmt.Sprintf(recurrence, 10) + `}]}`
	policy := decide.Default()
	policy.MaximumAge = 0
	calendar, err := profile.NewCalendar(nights())
	require.NoError(t, err)
	hand, err := azure("article", "the article's rules", []byte(setting), calendar, policy, 1, 14)
	require.NoError(t, err)
	article, err := Article(env(t, "prod"))
	require.NoError(t, err)
	day := office(t)
	got := simulated(t, article, day)
	same(t, simulated(t, hand, day), got)
	assert.Positive(t, got.Added)
	assert.Equal(t, []string{"article", "the article's rules"}, []string{article.Name, article.Title})
}

func TestStandard(t *testing.T) {
	t.Parallel()
	all, err := Standard(env(t, "prod"))
	require.NoError(t, err)
	var names []string
	for _, p := range all {
		names = append(names, p.Name)
		assert.NotEmpty(t, p.Title)
		assert.True(t, p.Safe, p.Name)
	}
	assert.Equal(t, []string{"ours", "known", "article", "meet.jit.si", "fixed", "cpu", "network"}, names)
	// The rules of one metric alone keep no reserve and know no busy hours.
	warm := env(t, "prod", "autoscale.reservePercent=250",
		`autoscale.busyHours=[{name: mornings, days: [Monday, Tuesday, Wednesday, Thursday, Friday], from: "08:00", to: "14:00", minimum: 5}]`)
	all, err = Standard(warm)
	require.NoError(t, err)
	for i, up := range map[int]int{0: 5, 5: 1, 6: 1} {
		assert.Equal(t, up, simulated(t, all[i], quiet(t)).Minutes[13*60].Up, all[i].Name)
	}
	wrong := env(t, "prod")
	wrong.Autoscale.CPUPercent = 0
	_, err = Standard(wrong)
	require.ErrorContains(t, err, "policy ours: ")
}

// A fleet that knows the day has its highest minute from the beginning to the end.
func TestPeak(t *testing.T) {
	t.Parallel()
	day := office(t)
	got := simulated(t, Peak(14), day)
	highest := slices.Max(shard.Bounds(day, model(t)))
	assert.Equal(t, highest, got.MostMachines)
	assert.InDelta(t, float64(24*highest), got.MachineHours, 1e-9)
	assert.Zero(t, got.Added+got.Retired+got.Cut+got.Refused)
	assert.InDelta(t, 24, simulated(t, Peak(14), quiet(t)).MachineHours, 1e-9, "one at least")
	require.Greater(t, highest, 1)
	assert.Equal(t, highest-1, simulated(t, Peak(highest-1), day).MostMachines, "no more than there may be")
}

// A simulation begins as the evening before left it: with what its warm-up needs, one more, and no less than the minimum.
func TestTheStart(t *testing.T) {
	t.Parallel()
	assert.Zero(t, evening(nil))
	assert.Equal(t, 3, evening([]int{1, 3}))
	assert.Equal(t, 2, evening(append(slices.Repeat([]int{2}, 90), 9)), "an hour and a half")
	p, err := Ours("ours", "", env(t, "prod"))
	require.NoError(t, err)
	shop := drawn(t, demand.Shop, 1, 4)
	input, err := p.Input(shop, assumptions(t))
	require.NoError(t, err)
	assert.Equal(t, evening(shard.Bounds(shop, model(t)))+1, input.Start)
	assert.Greater(t, input.Start, 2)
	small := env(t, "prod", "autoscale.maximum=2")
	p, err = Ours("ours", "", small)
	require.NoError(t, err)
	input, err = p.Input(shop, assumptions(t))
	require.NoError(t, err)
	assert.Equal(t, 2, input.Start, "no more than there may be")
	input, err = MeetJitSi(2).Input(shop, assumptions(t))
	require.NoError(t, err)
	assert.Equal(t, 2, input.Start)
	input, err = Custom("own", "", false, func() shard.Scaler { return shard.Fixed{} }).Input(shop, assumptions(t))
	require.NoError(t, err)
	assert.Equal(t, evening(shard.Bounds(shop, model(t)))+1, input.Start)
	p, err = Ours("ours", "", env(t, "prod"))
	require.NoError(t, err)

	plain := assumptions(t)
	plain.Plain, plain.Keep, plain.Recycle = true, false, 5*time.Hour
	input, err = p.Input(shop, plain)
	require.NoError(t, err)
	assert.Equal(t, plain.Model.PlainBoot, input.Boot)
	assert.Equal(t, 5*time.Hour, input.Recycle)
	assert.False(t, input.Keep)
}

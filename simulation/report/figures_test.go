package report

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFigures(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]string{
		"0 %":       percent(0),
		"<0.01 %":   percent(1e-9),
		"0.01 %":    percent(0.0001),
		"12.35 %":   percent(0.12345),
		"100.00 %":  percent(1),
		"-":         percent(math.NaN()),
		"0.0":       decimal(-0.01, 1),
		"2.50":      decimal(2.5, 2),
		"999.9":     amount(999.94, 1),
		"12346":     amount(12345.6, 1),
		"7h29m":     age(7*time.Hour + 29*time.Minute + 10*time.Second),
		"26h00m":    age(25*time.Hour + 59*time.Minute + 50*time.Second),
		"1 day":     counted(1, "day"),
		"0 days":    counted(0, "day"),
		"a long t…": short("a long text", 9),
		"as it is":  short("as it is", 8),
		"a, b and c": listed([]string{
			"a", "b", "c",
		}),
	} {
		assert.Equal(t, want, got)
	}
	assert.Equal(t, none, age(0))
	assert.True(t, math.IsNaN(ratio(1, 0)) && math.IsNaN(ratio(1, -1)))
	assert.Equal(t, none, decimal(math.Inf(1), 1))
}

// fieldOf is a figure of a policy by the head of its column.
func fieldOf(t *testing.T, r Row, head string) string {
	t.Helper()
	columns := Page{Currency: "USD"}.columns()
	i := slices.IndexFunc(columns, func(c column) bool { return c.Head == head })
	require.GreaterOrEqual(t, i, 0, "no column %s", head)
	return columns[i].Text(r)
}

// Totals are shown for a day, shares and ratios are of everything.
func TestColumns(t *testing.T) {
	t.Parallel()
	r := Row{
		Days: 4, Cuts: 8, Joins: 400, Refused: 6, ConferenceMinutes: 1000, Overloaded: 25, OverloadedMinutes: 10, P95Stress: 0.9,
		MachineHours: 120, LowerBound: 60, LowerBoundWarm: 100, Addresses: 7, Actions: 20, Retired: 22, OldestAfterRecycle: time.Hour, Cost: 50,
	}
	for head, want := range map[string]string{
		"cut": "8", "refused/d": "1.5", "overload": "2.50 %", "over/d": "2.5", "p95": "0.90", "hours/d": "30.0", "x bound": "2.00",
		"x warm": "1.20", "addr": "7", "out/d": "5.0", "in/d": "5.5", "oldest": "1h00m", "USD/d": "12.50",
	} {
		assert.Equal(t, want, fieldOf(t, r, head), head)
	}
	assert.Equal(t, none, fieldOf(t, Row{MachineHours: 3}, "hours/d"), "no days, no figure of a day")
	assert.Equal(t, none, fieldOf(t, Row{MachineHours: 3}, "x bound"))
}

func policy(name string, cuts, refused int, overloaded, hours float64) Row {
	return Row{
		Name: name, Days: 1, Cuts: cuts, Joins: 100, Refused: refused, ConferenceMinutes: 100, Overloaded: overloaded, MachineHours: hours,
	}
}

func TestFindings(t *testing.T) {
	t.Parallel()
	const (
		verdict = "ours cuts no conference and refuses nobody; 1.00 % of the conference-minutes are on an overloaded bridge."
		all     = "On conferences cut, refusals, overload and machine-hours no other policy does better than ours."
	)
	ours := policy("ours", 0, 0, 1, 50)
	for name, c := range map[string]struct {
		rivals []Row
		want   []string
	}{
		"alone":         {nil, []string{verdict}},
		"best":          {[]Row{policy("b", 1, 1, 2, 60)}, []string{verdict, all}},
		"equal":         {[]Row{ours}, []string{verdict, all}},
		"without hours": {[]Row{{Name: "b"}}, []string{verdict, "b does best on overload: 0 % of the conference-minutes, ours 1.00 %.", "On conferences cut, refusals and machine-hours no other policy does better than ours.", "Whatever beats ours in one of these pays for it in another."}},
		"cheaper, but it cuts": {[]Row{policy("b", 1, 0, 1, 40), policy("c", 1, 0, 1, 30)}, []string{
			verdict, "c does best on machine-hours: 30.0 a day, ours 50.0.",
			"On conferences cut, refusals and overload no other policy does better than ours.",
			"Whatever beats ours in one of these pays for it in another.",
		}},
		"better": {[]Row{policy("b", 0, 0, 1, 40), policy("c", 0, 0, 0, 50)}, []string{
			verdict, "c does best on overload: 0 % of the conference-minutes, ours 1.00 %.", "b does best on machine-hours: 40.0 a day, ours 50.0.",
			"On conferences cut and refusals no other policy does better than ours.",
			"b and c are better than ours in one of these and worse in none.",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, c.want, Page{Policies: append([]Row{ours}, c.rivals...)}.findings())
		})
	}
}

func TestVerdictOfTheWorst(t *testing.T) {
	t.Parallel()
	r := policy("bad", 1, 5, 100, 30)
	r.Waiting, r.LowerBound, r.LowerBoundWarm = 2, 20, 40
	assert.Equal(t, "bad cuts 1 conference and refuses 5.00 % of those who came; 100.00 % of the conference-minutes are on an overloaded "+
		"bridge. It pays for 1.50 x the fewest machine-hours possible, 0.75 x the fewest that keep one bridge warm in every shard. "+
		"At the end 2.00 % of those who came still waited.", r.verdict())
}

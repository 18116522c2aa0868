package discover_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"jitsi-meet-azure/functions/reaper/armtest"
	"jitsi-meet-azure/functions/reaper/discover"
	"jitsi-meet-azure/functions/reaper/fleet"
)

// over is the time that the tests ask about.
const over = 15 * time.Minute

// traffic says what a machine with some traffic looks like an hour and some seconds after it was made.
func traffic(t *testing.T, lag time.Duration, bytes func(ago int) (in, out float64, known bool)) fleet.Traffic {
	t.Helper()
	var got fleet.Traffic
	synctest.Test(t, func(t *testing.T) {
		cloud := armtest.New(armtest.Settings{MetricsLag: lag})
		now := time.Now().Add(time.Hour + 40*time.Second)
		add(t, cloud, armtest.Machine{Instance: "7", Traffic: func(minute time.Time) (float64, float64, bool) {
			return bytes(int(now.Sub(minute) / time.Minute))
		}})
		<-time.After(time.Until(now))
		var err error
		if got, err = asking(t, cloud).Traffic(t.Context(), setID, fleet.Machine{Instance: "7"}, over, now); err != nil {
			t.Error(err)
		}
		if calls := cloud.Calls(); calls[armtest.ReadMetrics] != 1 || len(calls) != 1 {
			t.Errorf("calls: %v", calls)
		}
	})
	return got
}

// A machine's minutes are counted by how long ago they began: 1 is the newest that is over, 18 the oldest that counts.
func TestTraffic(t *testing.T) {
	t.Parallel()
	at := func(minutes ...int) func(int) bool {
		return func(ago int) bool { return slices.Contains(minutes, ago) }
	}
	for name, c := range map[string]struct {
		lag     time.Duration
		in, out func(ago int) bool // minutes with a single byte, or with bytes
		bytes   float64
		missing func(ago int) bool
		want    fleet.Traffic
	}{
		"nothing at all":                  {want: fleet.TrafficNone},
		"nothing, a minute behind":        {lag: time.Minute, want: fleet.TrafficNone},
		"nothing, three minutes behind":   {lag: 3 * time.Minute, want: fleet.TrafficNone},
		"nothing, four minutes behind":    {lag: 4 * time.Minute, want: fleet.TrafficUnknown},
		"a byte in, newest":               {in: at(1), want: fleet.TrafficNone},
		"a byte out, newest":              {out: at(1), want: fleet.TrafficLittle},
		"a meeting, newest":               {out: at(1), bytes: fleet.LittleTraffic, want: fleet.TrafficSome},
		"a meeting, oldest":               {out: at(18), bytes: fleet.LittleTraffic, want: fleet.TrafficSome},
		"a meeting beside a hole":         {missing: at(10), out: at(5), bytes: fleet.LittleTraffic, want: fleet.TrafficSome},
		"nearly a meeting":                {out: at(9), bytes: fleet.LittleTraffic - 1, want: fleet.TrafficLittle},
		"a meeting in, none out":          {in: at(18), bytes: fleet.LittleTraffic, want: fleet.TrafficNone},
		"a byte out, in between":          {out: at(9), want: fleet.TrafficLittle},
		"a byte before the time":          {in: at(19, 20, 30), out: at(19), want: fleet.TrafficNone},
		"the oldest is missing":           {missing: at(18), want: fleet.TrafficUnknown},
		"one before the time is missing":  {missing: at(19), want: fleet.TrafficNone},
		"one in between is missing":       {missing: at(10), want: fleet.TrafficUnknown},
		"the last that counts is missing": {missing: at(4), want: fleet.TrafficUnknown},
		"a hole in the newest":            {missing: at(2), want: fleet.TrafficUnknown},
		"the newest two are missing":      {missing: at(1, 2), want: fleet.TrafficNone},
		"a byte beside a hole":            {missing: at(10), out: at(5), want: fleet.TrafficUnknown},
		"all missing":                     {missing: func(int) bool { return true }, want: fleet.TrafficUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			one := func(when func(int) bool, ago int) float64 {
				if when != nil && when(ago) {
					return max(c.bytes, 1)
				}
				return 0
			}
			got := traffic(t, c.lag, func(ago int) (float64, float64, bool) {
				return one(c.in, ago), one(c.out, ago), c.missing == nil || !c.missing(ago)
			})
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestTrafficOfAYoungMachineIsUnknown(t *testing.T) {
	t.Parallel()
	for age, want := range map[time.Duration]fleet.Traffic{
		over:                               fleet.TrafficUnknown,
		over + 3*time.Minute - time.Second: fleet.TrafficUnknown,
		over + 3*time.Minute:               fleet.TrafficNone,
	} {
		synctest.Test(t, func(t *testing.T) {
			cloud := armtest.New(armtest.Settings{})
			add(t, cloud, armtest.Machine{Instance: "7", Traffic: func(time.Time) (float64, float64, bool) { return 0, 0, true }})
			<-time.After(age)
			got, err := asking(t, cloud).Traffic(t.Context(), setID, fleet.Machine{Instance: "7"}, over, time.Now())
			if err != nil || got != want {
				t.Errorf("%v old: %q, %v", age, got, err)
			}
		})
	}
}

// sent keeps the last request.
type sent struct {
	*armtest.Cloud
	request *http.Request
}

func (s *sent) Do(request *http.Request) (*http.Response, error) {
	s.request = request
	return s.Cloud.Do(request)
}

func TestWhatTrafficAsks(t *testing.T) {
	t.Parallel()
	cloud := &sent{Cloud: armtest.New(armtest.Settings{})}
	add(t, cloud.Cloud, armtest.Machine{Instance: "7"})
	azure, err := discover.New(armtest.Credential(), resourceManager+"/", cloud)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 1, 2, 3, 4, 59, 0, time.FixedZone("CET", 3600))
	if _, err := azure.Traffic(t.Context(), setID, fleet.Machine{Instance: "7"}, over+time.Second, now); err != nil {
		t.Fatal(err)
	}
	want := "https://management.azure.com" + setID + "/virtualMachines/7/providers/Microsoft.Insights/metrics?aggregation=Total&" +
		"api-version=2018-01-01&interval=PT1M&metricnames=Network+In+Total%2CNetwork+Out+Total&" +
		"timespan=2026-01-02T01%3A45%3A00Z%2F2026-01-02T02%3A04%3A00Z"
	if got := cloud.request.URL.String(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestTrafficRefuses(t *testing.T) {
	t.Parallel()
	cloud := armtest.New(armtest.Settings{})
	add(t, cloud, armtest.Machine{Instance: "7"})
	azure := asking(t, cloud)
	for _, c := range []struct {
		instance string
		over     time.Duration
	}{{"", over}, {"*", over}, {"7/..", over}, {"7", 0}, {"7", -over}, {"7", 25 * time.Hour}} {
		got, err := azure.Traffic(t.Context(), setID, fleet.Machine{Instance: c.instance}, c.over, time.Now())
		if err == nil || got != fleet.TrafficUnknown {
			t.Errorf("%+v: %q, %v", c, got, err)
		}
	}
	if calls := cloud.Calls(); len(calls) != 0 {
		t.Errorf("calls: %v", calls)
	}
	if got, err := azure.Traffic(t.Context(), setID, fleet.Machine{Instance: "8"}, over, time.Now()); err == nil {
		t.Errorf("of a machine that is not there: %q", got)
	}
}

func TestFaultsOfTraffic(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault armtest.Fault
		says  string
	}{
		"forbidden":    {armtest.Fault{Kind: armtest.Refuse, Status: 403, Code: "AuthorizationFailed"}, "403 Forbidden: AuthorizationFailed"},
		"not found":    {armtest.Fault{Kind: armtest.Refuse, Status: 404}, "404"},
		"throttled":    {armtest.Fault{Kind: armtest.Refuse, Status: 429, RetryAfter: time.Minute}, "429"},
		"server error": {armtest.Fault{Kind: armtest.Refuse, Status: 500}, "500"},
		"no content":   {armtest.Fault{Kind: armtest.Refuse, Status: 204}, "204"},
		"hangs":        {armtest.Fault{Kind: armtest.Hang}, "deadline exceeded"},
		"drops":        {armtest.Fault{Kind: armtest.Drop}, "unexpected EOF"},
		"empty":        {armtest.Fault{Kind: armtest.Answer}, "an empty answer"},
		"flood":        {armtest.Fault{Kind: armtest.Flood}, "too large"},
		"no object":    {armtest.Fault{Kind: armtest.Answer, Body: "[]"}, "wrong type"},
		"no metrics":   {armtest.Fault{Kind: armtest.Answer, Body: `{"value":[]}`}, "got 0 metrics"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cloud := armtest.New(armtest.Settings{})
				add(t, cloud, armtest.Machine{Instance: "7"})
				cloud.Break(armtest.ReadMetrics, c.fault)
				got, err := asking(t, cloud).Traffic(t.Context(), setID, fleet.Machine{Instance: "7"}, over, time.Now())
				if err == nil || got != fleet.TrafficUnknown || !strings.Contains(err.Error(), c.says) {
					t.Errorf("got %q, %v", got, err)
				}
			})
		})
	}
}

package armtest_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"jitsi-meet-azure/functions/reaper/armtest"
)

// A cloud goes by the clock that it is given: creation, lists, deletion and metrics.
func TestAnotherClock(t *testing.T) {
	t.Parallel()
	now := time.Date(2030, 1, 2, 3, 4, 0, 0, time.UTC)
	cloud := armtest.New(armtest.Settings{
		Now: func() time.Time { return now }, Lag: 10 * time.Second, DeletionTime: time.Minute, MetricsLag: time.Minute,
	})
	add(t, cloud, armtest.Machine{})
	check := func(want ...string) {
		t.Helper()
		if got := listed(t, cloud); !slices.Equal(got, want) {
			t.Errorf("%s: %q", now, got)
		}
	}
	check()
	now = now.Add(10 * time.Second)
	check("0 Succeeded")
	if made := cloud.Machines(setID)[0].Created; !made.Equal(now.Add(-10 * time.Second)) {
		t.Errorf("made at %s", made)
	}
	now = now.Add(3 * time.Minute)
	_, answer := call(t, cloud, "GET", setID+"/virtualMachines/0/providers/Microsoft.Insights/metrics?api-version=2018-01-01"+
		"&metricnames=Network+In+Total&interval=PT1M&aggregation=Total&timespan=2030-01-02T03:03:00Z/2030-01-02T03:08:00Z", "")
	series := answer["value"].([]any)[0].(map[string]any)["timeseries"].([]any)[0].(map[string]any)["data"].([]any)
	var known []string
	for _, point := range series {
		if point := point.(map[string]any); point["total"] != nil {
			known = append(known, fmt.Sprint(point["timeStamp"]))
		}
	}
	if !slices.Equal(known, []string{"2030-01-02T03:04:00Z", "2030-01-02T03:05:00Z"}) {
		t.Errorf("known at %s: %q", now, known)
	}
	if status, answer := call(t, cloud, "POST", setID+"/delete"+compute, `{"instanceIds":["0"]}`); status != http.StatusAccepted {
		t.Fatalf("%d %v", status, answer)
	}
	now = now.Add(59 * time.Second)
	if len(cloud.Machines(setID)) != 1 {
		t.Error("gone too early")
	}
	now = now.Add(time.Second)
	if len(cloud.Machines(setID)) != 0 {
		t.Error("not gone")
	}
}

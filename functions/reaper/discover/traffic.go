package discover

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"jitsi-meet-azure/functions/reaper/fleet"
)

const (
	// metricsVersion is the version of the metrics API.
	metricsVersion = "2018-01-01"
	// received and sent are the metrics of bytes on all network interfaces of a machine, which Azure's hosts measure
	// themselves, whatever goes on in the machine.
	received = "Network In Total"
	sent     = "Network Out Total"
	// grain is the finest that they have.
	grain = time.Minute
	// lag is how far Azure may be behind with them.
	lag = 3 * grain
	// maxOver is the longest time that is asked about.
	maxOver = 24 * time.Hour
)

// Traffic says how much a machine has sent over a time until now. It is TrafficNone or TrafficLittle only if every minute of
// that time has a value for both directions; the newest three minutes may still be missing, and the time then ends before
// them. A single minute with as much as a meeting sends makes it TrafficSome, and anything missing TrafficUnknown. An error
// comes with TrafficUnknown.
//
// The metrics are those of the machine's own resource, .../virtualMachines/{instance}. The scale set has them as well, split
// by the dimension VMName, but older pages do not list that dimension, and the machine's own need none.
// Source: Azure docs, supported metrics of Microsoft.Compute/virtualMachineScaleSets/virtualMachines; rest/api/monitor,
// Metrics - List.
func (a *Azure) Traffic(ctx context.Context, scaleSetID string, machine fleet.Machine, over time.Duration, now time.Time) (
	fleet.Traffic, error,
) {
	set, err := parseScaleSet(scaleSetID)
	if err != nil {
		return fleet.TrafficUnknown, err
	}
	if err := checkInstance(machine.Instance); err != nil {
		return fleet.TrafficUnknown, fmt.Errorf("metrics: %w", err)
	}
	if over <= 0 || over > maxOver {
		return fleet.TrafficUnknown, fmt.Errorf("metrics: %v is no time to ask about", over)
	}
	wanted := spanUntil(now, over)
	data, err := a.readMetrics(ctx, set.machine(machine.Instance), wanted)
	if err != nil {
		return fleet.TrafficUnknown, fmt.Errorf("metrics of instance %s of scale set %s: %w", machine.Instance, set.name, err)
	}
	series, err := parseMetrics(data)
	if err != nil {
		return fleet.TrafficUnknown, fmt.Errorf("metrics of instance %s of scale set %s: %w", machine.Instance, set.name, err)
	}
	return wanted.judge(series), nil
}

// readMetrics asks for both metrics, minute by minute.
func (a *Azure) readMetrics(ctx context.Context, resource string, wanted span) ([]byte, error) {
	where := runtime.JoinPaths(a.metrics.Endpoint(), resource, "providers/Microsoft.Insights/metrics")
	request, err := runtime.NewRequest(ctx, http.MethodGet, where)
	if err != nil {
		return nil, err
	}
	request.Raw().URL.RawQuery = url.Values{
		"api-version": {metricsVersion},
		"metricnames": {received + "," + sent},
		"timespan":    {wanted.from.Format(time.RFC3339) + "/" + wanted.to.Format(time.RFC3339)},
		"interval":    {"PT1M"},
		"aggregation": {"Total"},
	}.Encode()
	request.Raw().Header.Set("Accept", "application/json")
	response, err := a.metrics.Pipeline().Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	if !runtime.HasStatusCode(response, http.StatusOK) {
		return nil, brief(runtime.NewResponseError(response))
	}
	data, err := io.ReadAll(response.Body)
	if err == nil && len(data) == 0 {
		err = errors.New("an empty answer")
	}
	return data, err
}

// span is a time of whole minutes in UTC, from the first to before the last.
type span struct {
	from, to time.Time
	// due is the end of what Azure must have: from there on minutes may be missing.
	due time.Time
}

// spanUntil is the span of a time until now, and of what Azure may be behind before that. The current minute is not over and
// has no part in it.
func spanUntil(now time.Time, over time.Duration) span {
	to := now.UTC().Truncate(grain)
	due := to.Add(-lag)
	from := due.Add(-over).Truncate(grain)
	return span{from: from, to: to, due: due}
}

// judge says what the series mean. What the machine sent decides: a bridge that carries media always sends, whereas anybody,
// the reaper's own probes among them, can have a machine receive something. What it received must be known all the same, as
// a sign that the hosts measure.
func (s span) judge(series []map[time.Time]float64) fleet.Traffic {
	most := 0.0
	for minute, value := range series[1] {
		if !minute.Before(s.from) {
			most = max(most, value)
		}
	}
	if most >= fleet.LittleTraffic {
		return fleet.TrafficSome
	}
	for _, values := range series {
		ended := false
		for minute := s.from; minute.Before(s.to); minute = minute.Add(grain) {
			_, found := values[minute]
			if !found && minute.Before(s.due) || found && ended {
				return fleet.TrafficUnknown // A gap, not Azure's being behind.
			}
			ended = !found
		}
	}
	if most > 0 {
		return fleet.TrafficLittle
	}
	return fleet.TrafficNone
}

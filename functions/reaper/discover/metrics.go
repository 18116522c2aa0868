package discover

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"jitsi-meet-azure/functions/reaper/strictjson"
)

// parseMetrics reads an answer of the metrics API and returns the values of both directions by their minute, in UTC. A
// minute without a value is left out. Both metrics must be there, once each, in bytes a minute.
//
//	{"interval": "PT1M", "value": [{"name": {"value": "Network In Total"}, "unit": "Bytes", "errorCode": "Success",
//	  "timeseries": [{"data": [{"timeStamp": "2026-01-02T03:04:00Z", "total": 0.0}, {"timeStamp": "2026-01-02T03:05:00Z"}]}]}]}
//
// Source: azure-rest-api-specs, Microsoft.Insights/stable/2018-01-01/metrics_API.json with its examples.
func parseMetrics(data []byte) ([]map[time.Time]float64, error) {
	answer, err := strictjson.Object(data)
	if err != nil {
		return nil, err
	}
	if err := says(answer, "interval", "PT1M"); err != nil {
		return nil, err
	}
	metrics, err := list(answer, "value")
	if err != nil {
		return nil, err
	}
	found := map[string]map[time.Time]float64{}
	for _, metric := range metrics {
		name, values, err := parseMetric(metric)
		if err != nil {
			return nil, err
		}
		if _, twice := found[name]; twice {
			return nil, fmt.Errorf("%s appears twice", name)
		}
		found[name] = values
	}
	if len(found) != 2 || found[received] == nil || found[sent] == nil {
		return nil, fmt.Errorf("want %s and %s, got %d metrics", received, sent, len(found))
	}
	return []map[time.Time]float64{found[received], found[sent]}, nil
}

// parseMetric reads one metric.
func parseMetric(data []byte) (name string, values map[time.Time]float64, err error) {
	metric, err := strictjson.Object(data)
	if err != nil {
		return "", nil, err
	}
	names, err := strictjson.Object(metric["name"])
	if err != nil {
		return "", nil, fmt.Errorf("name: %w", err)
	}
	if name, err = strictjson.String(names["value"]); err != nil {
		return "", nil, fmt.Errorf("name: %w", err)
	}
	for key, want := range map[string]string{"unit": "Bytes", "errorCode": "Success"} {
		if err := says(metric, key, want); err != nil {
			return "", nil, fmt.Errorf("%.80q: %w", name, err)
		}
	}
	series, err := list(metric, "timeseries")
	if err != nil {
		return "", nil, fmt.Errorf("%.80q: %w", name, err)
	}
	values = map[time.Time]float64{}
	if len(series) > 1 {
		return "", nil, fmt.Errorf("%.80q: %d time series", name, len(series))
	}
	for _, one := range series { // None at all is how Azure answers where it has no value.
		if err := parseSeries(one, values); err != nil {
			return "", nil, fmt.Errorf("%.80q: %w", name, err)
		}
	}
	return name, values, nil
}

// parseSeries reads a time series into values.
func parseSeries(data []byte, values map[time.Time]float64) error {
	series, err := strictjson.Object(data)
	if err != nil {
		return err
	}
	points, err := list(series, "data")
	if err != nil {
		return err
	}
	seen := map[time.Time]bool{}
	for _, point := range points {
		minute, value, found, err := parsePoint(point)
		if err != nil {
			return err
		}
		if seen[minute] {
			return fmt.Errorf("%v appears twice", minute)
		}
		seen[minute] = true
		if found {
			values[minute] = value
		}
	}
	return nil
}

// parsePoint reads the value of one minute; found is false where it has none.
func parsePoint(data []byte) (minute time.Time, value float64, found bool, err error) {
	point, err := strictjson.Object(data)
	if err != nil {
		return time.Time{}, 0, false, err
	}
	stamp, err := strictjson.String(point["timeStamp"])
	if err != nil {
		return time.Time{}, 0, false, fmt.Errorf("timeStamp: %w", err)
	}
	at, err := time.Parse(time.RFC3339, stamp)
	if err != nil {
		return time.Time{}, 0, false, fmt.Errorf("timeStamp: %w", err)
	}
	if minute = at.UTC(); !minute.Equal(minute.Truncate(grain)) {
		return time.Time{}, 0, false, fmt.Errorf("timeStamp: %s is no whole minute", stamp)
	}
	total, given := point["total"]
	if !given || strictjson.IsNull(total) {
		return minute, 0, false, nil
	}
	if value, err = strictjson.Number(total); err != nil {
		return time.Time{}, 0, false, fmt.Errorf("total: %w", err)
	}
	if value < 0 {
		return time.Time{}, 0, false, fmt.Errorf("total: %v", value)
	}
	return minute, value, true, nil
}

// says refuses an object in which a key has another text than the one wanted, whose case Azure does not promise. The key may
// be missing.
func says(values map[string]json.RawMessage, key, want string) error {
	value, found := values[key]
	if !found {
		return nil
	}
	got, err := strictjson.String(value)
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	if !strings.EqualFold(got, want) {
		return fmt.Errorf("%s: %.40q, not %s", key, got, want)
	}
	return nil
}

// list is the array at a key, which must be there.
func list(values map[string]json.RawMessage, key string) ([]json.RawMessage, error) {
	value, found := values[key]
	if !found {
		return nil, fmt.Errorf("%s: %w", key, errors.New("missing"))
	}
	elements, err := strictjson.Array(value)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", key, err)
	}
	return elements, nil
}

package armtest

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"
)

// maxMinutes bounds what one request for metrics asks about.
const maxMinutes = 30 * 24 * 60

// networkIn and networkOut are the metrics that this cloud has.
const (
	networkIn  = "Network In Total"
	networkOut = "Network Out Total"
)

// readMetrics answers with the metrics of one machine, minute by minute. A minute without a value has a point without one.
// Source: azure-rest-api-specs, Microsoft.Insights/stable/2018-01-01/examples/GetMetric.json.
func (c *Cloud) readMetrics(a asked) (*http.Response, error) {
	query := a.request.URL.Query()
	first, last, err := timespan(query.Get("timespan"))
	if err != nil {
		return failure(a.request, http.StatusBadRequest, "BadRequest", err.Error()), nil
	}
	if query.Get("interval") != "PT1M" || !strings.EqualFold(query.Get("aggregation"), "Total") {
		return failure(a.request, http.StatusBadRequest, "BadRequest", "this cloud has totals of minutes"), nil
	}
	m, found := c.find(a)
	if !found {
		return failure(a.request, http.StatusNotFound, "ResourceNotFound", "no such machine"), nil
	}
	names := strings.Split(query.Get("metricnames"), ",")
	if slices.ContainsFunc(names, func(name string) bool { return name != networkIn && name != networkOut }) {
		return failure(a.request, http.StatusBadRequest, "BadRequest", "no such metric"), nil
	}
	var values []any
	for _, name := range names {
		points := c.points(m, name == networkIn, first, last)
		values = append(values, map[string]any{
			"id":   a.set.id + "/virtualMachines/" + m.Instance + "/providers/Microsoft.Insights/metrics/" + name,
			"type": "Microsoft.Insights/metrics", "unit": "Bytes", "errorCode": "Success",
			"name":       map[string]string{"value": name, "localizedValue": name},
			"timeseries": []any{map[string]any{"metadatavalues": []any{}, "data": points}},
		})
	}
	body, err := json.Marshal(map[string]any{
		"cost": 59, "timespan": query.Get("timespan"), "interval": "PT1M", "resourceregion": "westeurope",
		"namespace": "Microsoft.Compute/virtualMachineScaleSets/virtualMachines", "value": values,
	})
	if err != nil {
		return nil, err
	}
	return respond(a.request, http.StatusOK, string(body)), nil
}

// timespan reads the time that is asked about.
func timespan(text string) (first, last time.Time, err error) {
	from, to, _ := strings.Cut(text, "/")
	first, badFirst := time.Parse(time.RFC3339, from)
	last, badLast := time.Parse(time.RFC3339, to)
	if err := errors.Join(badFirst, badLast); err != nil {
		return time.Time{}, time.Time{}, err
	}
	if !first.Before(last) || last.Sub(first) > maxMinutes*time.Minute {
		return time.Time{}, time.Time{}, errors.New("no timespan, or too long a one")
	}
	return first.Truncate(time.Minute), last, nil
}

// find is the machine that metrics are asked of.
func (c *Cloud) find(a asked) (Machine, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range a.set.at(c.now(), c.settings.DeletionTime) {
		if m.Instance == a.instance {
			return m, true
		}
	}
	return Machine{}, false
}

// points are the values of one direction.
func (c *Cloud) points(m Machine, inwards bool, first, last time.Time) []any {
	points := []any{}
	known := c.now().Add(-c.settings.MetricsLag).Truncate(time.Minute)
	for minute := first; minute.Before(last); minute = minute.Add(time.Minute) {
		point := map[string]any{"timeStamp": minute.UTC().Format(time.RFC3339)}
		in, out, measured := 1e6, 1e6, true
		if m.Traffic != nil {
			in, out, measured = m.Traffic(minute)
		}
		if measured && minute.Before(known) && !minute.Before(m.Created.Truncate(time.Minute)) {
			point["total"] = out
			if inwards {
				point["total"] = in
			}
		}
		points = append(points, point)
	}
	return points
}

package azure

import (
	"net/http"
	"strings"
	"time"

	"jitsi-meet-azure/autoscale/profile"
	"jitsi-meet-azure/functions/reaper/gauge"
	"jitsi-meet-azure/functions/reaper/metricstest"
)

// reading is what the autoscale engine reads of a scale set's metrics at a moment.
type reading struct {
	*shard

	published *metricstest.Store
	now       time.Time
}

// Minute implements [engine.Metrics]: what was published about the scale set, and otherwise what its machines measured. A minute that
// is not collected yet is missing.
func (r reading) Minute(metric string, minute time.Time) (samples []float64, ok bool) {
	if metric != gauge.Stress && metric != gauge.Spare {
		if minute.Add(time.Minute + MetricsLag).After(r.now) {
			return nil, false
		}
		return r.measured(metric, minute)
	}
	if minute.Add(time.Minute + CustomLag).After(r.now) {
		return nil, false
	}
	value, found := r.published.Minute(r.ScaleSetID, metric, minute)
	return apart(value), found
}

// measured is what the machines of a scale set measured in a minute, those that are gone by now included.
func (s *shard) measured(metric string, minute time.Time) (samples []float64, ok bool) {
	for _, m := range s.machines {
		sample, measured := m.minutes[minute.UTC()]
		if !measured {
			continue
		}
		switch metric {
		case profile.CPU:
			samples = append(samples, sample.CPU)
		case profile.NetworkIn:
			samples = append(samples, sample.In)
		case profile.NetworkOut:
			samples = append(samples, sample.Out)
		}
	}
	return samples, len(samples) > 0
}

// Published counts the minutes between two times in which a shard's stress was published, and its spare capacity with it.
func (c *Cloud) Published(shard string, from, to time.Time) (minutes int) {
	for _, s := range c.shards {
		if s.Name != shard {
			continue
		}
		for minute := from.Truncate(time.Minute); minute.Before(to); minute = minute.Add(time.Minute) {
			_, stress := c.published.Minute(s.ScaleSetID, gauge.Stress, minute)
			if _, spare := c.published.Minute(s.ScaleSetID, gauge.Spare, minute); stress && spare {
				minutes++
			}
		}
	}
	return minutes
}

// apart takes a published value apart into samples that have its mean, and with it the sum and the number, and its bounds. Which values
// lay between the bounds nobody knows any more, Azure neither.
func apart(v metricstest.Value) []float64 {
	switch v.Count {
	case 0:
		return nil
	case 1:
		return []float64{v.Sum}
	}
	samples, rest := []float64{v.Min}, v.Sum-v.Min
	if between := v.Count - 2; between > 0 {
		mean := (rest - v.Max) / float64(between)
		for range between {
			samples = append(samples, mean)
		}
		rest = v.Max
	}
	return append(samples, rest)
}

// serve answers at Azure's address here: whoever sends a metric of a scale set means Azure Monitor, and everybody else the resource
// manager.
func (c *Cloud) serve(w http.ResponseWriter, request *http.Request) {
	if request.Method == http.MethodPost && strings.HasSuffix(request.URL.Path, "/metrics") {
		c.published.ServeHTTP(w, request)
		return
	}
	c.arm.ServeHTTP(w, request)
}

package metricstest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"jitsi-meet-azure/functions/reaper/gauge"
)

const (
	// oldest and newest bound a value's time: how far it may lie in the past and in the future.
	// Source: Azure docs, metrics-custom-overview.
	oldest, newest = 20 * time.Minute, 5 * time.Minute
	// tiny is by how much a sum may be off for being one of floating-point numbers.
	tiny = 1e-9
)

// body is what is sent. What must be there is behind a pointer.
type body struct {
	Time *string `json:"time"`
	Data *struct {
		BaseData *base `json:"baseData"`
	} `json:"data"`
}

type base struct {
	Metric    string   `json:"metric"`
	Namespace string   `json:"namespace"`
	DimNames  []string `json:"dimNames"`
	Series    []series `json:"series"`
}

type series struct {
	DimValues []string `json:"dimValues"`
	Min       *float64 `json:"min"`
	Max       *float64 `json:"max"`
	Sum       *float64 `json:"sum"`
	Count     *int     `json:"count"`
}

// read reads a body strictly: one metric of the reaper's, without dimensions, whose numbers can be those of any values at all.
func read(from io.Reader, now time.Time) (metric string, at time.Time, value Value, err error) {
	var sent body
	decoder := json.NewDecoder(from)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&sent); err != nil {
		return "", time.Time{}, Value{}, fmt.Errorf("body: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return "", time.Time{}, Value{}, errors.New("body: goes on")
	}
	if sent.Time == nil || sent.Data == nil || sent.Data.BaseData == nil {
		return "", time.Time{}, Value{}, errors.New("body: time or data.baseData is missing")
	}
	at, timeErr := moment(*sent.Time, now)
	value, baseErr := sent.Data.BaseData.value()
	return sent.Data.BaseData.Metric, at, value, errors.Join(timeErr, baseErr)
}

func moment(text string, now time.Time) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("time: %w", err)
	}
	if age := now.Sub(at); at.Location() != time.UTC || age > oldest || age < -newest {
		return time.Time{}, fmt.Errorf("time: %s must be in UTC, at most %s old and %s ahead; it is %s", text, oldest, newest, now)
	}
	return at, nil
}

func (b base) value() (Value, error) {
	var problems []error
	if b.Metric != gauge.Stress && b.Metric != gauge.Spare {
		problems = append(problems, fmt.Errorf("metric: %q is neither %q nor %q", b.Metric, gauge.Stress, gauge.Spare))
	}
	if b.Namespace != gauge.Namespace {
		problems = append(problems, fmt.Errorf("namespace: %q is not %q", b.Namespace, gauge.Namespace))
	}
	if len(b.DimNames) > 0 || len(b.Series) != 1 || len(b.Series[0].DimValues) > 0 {
		return Value{}, errors.Join(append(problems, errors.New("series: there must be one, without dimensions"))...)
	}
	value, err := b.Series[0].value()
	return value, errors.Join(append(problems, err)...)
}

func (s series) value() (Value, error) {
	if s.Min == nil || s.Max == nil || s.Sum == nil || s.Count == nil {
		return Value{}, errors.New("series[0]: min, max, sum and count are needed")
	}
	value := Value{Min: *s.Min, Max: *s.Max, Sum: *s.Sum, Count: *s.Count}
	if value.Count < 1 {
		return Value{}, fmt.Errorf("series[0]: a count of %d", value.Count)
	}
	mean := value.Sum / float64(value.Count)
	slack := tiny * (1 + math.Abs(mean))
	if value.Min > value.Max || mean < value.Min-slack || mean > value.Max+slack {
		return Value{}, fmt.Errorf("series[0]: no values have these numbers: %+v", value)
	}
	return value, nil
}

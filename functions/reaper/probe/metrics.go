package probe

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"regexp"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"jitsi-meet-azure/functions/reaper/fleet"
)

const (
	// startupTime is when the bridge's process started, in milliseconds since 1970. The statistics have nothing like it.
	// Source: jitsi-videobridge, VideobridgeMetrics.kt.
	startupTime = "jitsi_jvb_startup_time"
	// maxLine bounds a line that is looked at, in bytes.
	maxLine = 4 << 10
)

// started finds the lines about startupTime: its samples, its type and its help. Names inside braces, which the format has
// had since 2024, do not count; the bridge's library does not write them.
// Source: Prometheus, exposition formats.
var started = regexp.MustCompile(`^[ \t]*(?:#[ \t]*(?:TYPE|HELP)[ \t]+)?` + startupTime + `(?:[ \t{]|$)`)

// readStarted reads the answer to /metrics. It keeps nothing but the lines about startup_time, because some hundred of these
// bodies are read at a time, and parses only these.
func readStarted(report *fleet.Report, code int, body io.Reader) error {
	if code != http.StatusOK {
		return garble("%s", status(code))
	}
	kept, err := lines(body, started)
	if err != nil {
		return err
	}
	if report.Started, err = parseStarted(kept); err != nil {
		return garbled{err}
	}
	return nil
}

// lines reads the body to its end and returns the lines that are wanted.
func lines(body io.Reader, which *regexp.Regexp) ([]byte, error) {
	var kept bytes.Buffer
	reader := bufio.NewReaderSize(body, maxLine)
	for {
		line, more, err := reader.ReadLine()
		if err == nil && which.Match(line) {
			if more {
				return nil, garble("%.40q... is a line of more than %d bytes", line, maxLine)
			}
			kept.Write(line)
			kept.WriteByte('\n')
		}
		for more && err == nil { // The rest of a long line about something else.
			_, more, err = reader.ReadLine()
		}
		switch {
		case errors.Is(err, io.EOF):
			return kept.Bytes(), nil
		case err != nil:
			return nil, err
		}
	}
}

// parseStarted reads the one sample of the metric: exactly one, without labels, of a time between 2015 and 2100.
func parseStarted(text []byte) (time.Time, error) {
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(text))
	if err != nil {
		return time.Time{}, fmt.Errorf("%s: %w", startupTime, err)
	}
	samples := families[startupTime].GetMetric()
	if len(samples) != 1 || len(families) != 1 {
		return time.Time{}, fmt.Errorf("%d samples of %s", len(samples), startupTime)
	}
	sample := samples[0]
	var value float64
	switch {
	case len(sample.GetLabel()) > 0:
		return time.Time{}, fmt.Errorf("%s has labels", startupTime)
	case sample.Gauge != nil:
		value = sample.GetGauge().GetValue()
	case sample.Untyped != nil: // Without a line that says its type.
		value = sample.GetUntyped().GetValue()
	default:
		return time.Time{}, fmt.Errorf("%s is no gauge", startupTime)
	}
	return moment(value)
}

// moment is a time in milliseconds since 1970, from 2015 to 2100: what lies outside is a broken clock or another unit.
func moment(milliseconds float64) (time.Time, error) {
	earliest := time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)
	latest := time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
	if math.IsNaN(milliseconds) ||
		milliseconds < float64(earliest.UnixMilli()) || milliseconds >= float64(latest.UnixMilli()) {
		return time.Time{}, fmt.Errorf("%s is %v, no time since 2015 in milliseconds", startupTime, milliseconds)
	}
	return time.UnixMilli(int64(milliseconds)).UTC(), nil
}

package probe

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"time"

	"jitsi-meet-azure/functions/reaper/fleet"
	"jitsi-meet-azure/functions/reaper/strictjson"
)

const (
	// timestamp is the form of current_timestamp, which is in UTC.
	// Source: jitsi-videobridge, VideobridgeStatisticsShim.kt.
	timestamp = "2006-01-02 15:04:05.000"
	// maxCount bounds every count: more of anything than that is no bridge's statistics.
	maxCount = 1e6
	// maxRate bounds a bit rate, in kilobits a second: a petabit.
	maxRate = 1e12
	// maxStress bounds a bridge's stress, which is 1 for a full one.
	maxStress = 1e3
	// maxVersion bounds the version, in bytes.
	maxVersion = 256
)

// readHealth reads the answer to /about/health: 200, or 500 or 503 with a text.
// Source: jicoco, the Health resource.
func readHealth(report *fleet.Report, code int, body io.Reader) error {
	if _, err := io.ReadAll(body); err != nil { // A body that breaks off is no answer.
		return err
	}
	switch code {
	case http.StatusOK:
		report.Fit = true
		return nil
	case http.StatusInternalServerError, http.StatusServiceUnavailable:
		return nil
	default:
		return garble("%s", status(code))
	}
}

// readDrain reads the answer to /colibri/drain.
// Source: jitsi-videobridge, rest/root/colibri/drain/Drain.java.
func readDrain(report *fleet.Report, code int, body io.Reader) error {
	data, err := whole(code, body)
	if err != nil {
		return err
	}
	if report.Draining, err = parseDrain(data); err != nil {
		return garbled{err}
	}
	return nil
}

func parseDrain(data []byte) (bool, error) {
	values, err := strictjson.Object(data)
	if err != nil {
		return false, err
	}
	f := &fields{values: values}
	drain := f.flag("drain")
	return drain, f.err()
}

// readStats reads the answer to /colibri/stats.
func readStats(report *fleet.Report, code int, body io.Reader) error {
	data, err := whole(code, body)
	if err != nil {
		return err
	}
	if report.Stats, err = parseStats(data); err != nil {
		return garbled{err}
	}
	return nil
}

// parseStats reads a bridge's statistics. Whatever a decision rests on must be there and of its type; fields that it does
// not know are none of its business, for every release of the bridge adds some.
func parseStats(data []byte) (fleet.Stats, error) {
	values, err := strictjson.Object(data)
	if err != nil {
		return fleet.Stats{}, err
	}
	f := &fields{values: values}
	stats := fleet.Stats{
		At:                f.time("current_timestamp"),
		Conferences:       f.count("conferences"),
		LocalEndpoints:    f.count("local_endpoints"),
		Participants:      f.count("participants"),
		Drain:             f.flag("drain"),
		GracefulShutdown:  f.flag("graceful_shutdown"),
		ShuttingDown:      f.flag("shutting_down"),
		ClientsConfigured: f.count("muc_clients_configured"),
		ClientsConnected:  f.count("muc_clients_connected"),
		RoomsConfigured:   f.count("mucs_configured"),
		RoomsJoined:       f.count("mucs_joined"),
		Stress:            f.optional("stress_level", maxStress),
		StressUnknown:     !f.given("stress_level"),
		// What the bridge downloads is what it receives.
		BitRateIn:  int64(f.optional("bit_rate_download", maxRate)),
		BitRateOut: int64(f.optional("bit_rate_upload", maxRate)),
		Version:    f.version("version"),
	}
	if err := f.err(); err != nil {
		return fleet.Stats{}, err
	}
	return stats, nil
}

// fields reads the fields of an object and keeps the first problem.
type fields struct {
	values  map[string]json.RawMessage
	problem error
}

func (f *fields) err() error { return f.problem }

func (f *fields) fail(name string, err error) {
	if f.problem == nil {
		f.problem = fmt.Errorf("field %s: %w", name, err)
	}
}

// required is a field's value, and false where it is missing.
func (f *fields) required(name string) (json.RawMessage, bool) {
	value, found := f.values[name]
	if !found {
		f.fail(name, errMissing)
	}
	return value, found
}

func (f *fields) flag(name string) bool {
	value, found := f.required(name)
	if !found {
		return false
	}
	flag, err := strictjson.Bool(value)
	if err != nil {
		f.fail(name, err)
	}
	return flag
}

// count reads a whole number from 0 to maxCount.
func (f *fields) count(name string) int {
	value, found := f.required(name)
	if !found {
		return 0
	}
	number, err := strictjson.Number(value)
	switch {
	case err != nil:
		f.fail(name, err)
	case number != math.Trunc(number) || number < 0 || number > maxCount:
		f.fail(name, fmt.Errorf("%v is no count", number))
	default:
		return int(number)
	}
	return 0
}

func (f *fields) time(name string) time.Time {
	value, found := f.required(name)
	if !found {
		return time.Time{}
	}
	text, err := strictjson.String(value)
	if err != nil {
		f.fail(name, err)
		return time.Time{}
	}
	moment, err := time.Parse(timestamp, text)
	if err != nil || moment.Format(timestamp) != text { // Parse takes a comma for the point, and more.
		f.fail(name, fmt.Errorf("%.40q is no timestamp", text))
		return time.Time{}
	}
	return moment
}

// given says that a field has a value. The bridge writes null for a number that it cannot compute (json-simple has no other
// word for it), which is as good as leaving it out.
func (f *fields) given(name string) bool {
	value, found := f.values[name]
	return found && !strictjson.IsNull(value)
}

// optional reads a number from 0 to limit that a bridge need not give; zero where it does not.
func (f *fields) optional(name string, limit float64) float64 {
	if !f.given(name) {
		return 0
	}
	number, err := strictjson.Number(f.values[name])
	switch {
	case err != nil:
		f.fail(name, err)
	case number < 0 || number > limit:
		f.fail(name, fmt.Errorf("%v is out of range", number))
	default:
		return number
	}
	return 0
}

// version reads an optional text.
func (f *fields) version(name string) string {
	if !f.given(name) {
		return ""
	}
	text, err := strictjson.String(f.values[name])
	switch {
	case err != nil:
		f.fail(name, err)
	case len(text) > maxVersion:
		f.fail(name, fmt.Errorf("%d bytes", len(text)))
	default:
		return text
	}
	return ""
}

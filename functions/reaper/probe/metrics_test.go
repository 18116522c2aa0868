package probe

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"jitsi-meet-azure/functions/reaper/fleet"
)

func exposition(metric string, filler int) string {
	return "# HELP jitsi_jvb_conferences Current number of conferences.\n# TYPE jitsi_jvb_conferences gauge\n" +
		"jitsi_jvb_conferences 0.0\n" + metric + "jitsi_jvb_startup_time_zone 7.0\n# jitsi_jvb_startup_time\n" +
		"# EOF" + strings.Repeat(" long", filler) + "\njvm_threads 41.0\n"
}

func TestReadStarted(t *testing.T) {
	t.Parallel()
	const about = "# HELP jitsi_jvb_startup_time The startup time.\n# TYPE jitsi_jvb_startup_time gauge\n"
	want := time.Date(2026, 3, 4, 5, 6, 7, 890e6, time.UTC)
	for name, metric := range map[string]string{
		"as a bridge writes it": about + "jitsi_jvb_startup_time 1.77260076789E12\n",
		"without an exponent":   about + "jitsi_jvb_startup_time 1772600767890\n",
		"without its type":      "jitsi_jvb_startup_time 1.77260076789e+12\n",
		"with a timestamp":      about + "jitsi_jvb_startup_time 1772600767890.0 1700000000000\n",
		"with white space":      "  # TYPE\tjitsi_jvb_startup_time gauge\n\tjitsi_jvb_startup_time{}\t1.77260076789E12\n",
	} {
		var report fleet.Report
		if err := readStarted(&report, 200, strings.NewReader(exposition(metric, 10000))); err != nil || !report.Started.Equal(want) {
			t.Errorf("%s: %v, %v", name, report.Started, err)
		}
	}
	line := func(value string) string { return about + "jitsi_jvb_startup_time " + value + "\n" }
	for name, metric := range map[string]string{
		"missing":       "",
		"twice":         line("1.77260076789E12") + "jitsi_jvb_startup_time 1.77260076789E12\n",
		"labels":        about + "jitsi_jvb_startup_time{a=\"b\"} 1.77260076789E12\n",
		"a counter":     strings.ReplaceAll(line("1.77260076789E12"), "gauge", "counter"),
		"NaN":           line("NaN"),
		"infinite":      line("+Inf"),
		"zero":          line("0.0"),
		"negative":      line("-1.77260076789E12"),
		"seconds":       line("1772600767.89"),
		"nanoseconds":   line("1.77260076789E18"),
		"before 2015":   line("1.420070399999E12"),
		"in 2100":       line("4.1024448E12"),
		"no number":     line("today"),
		"nothing":       line(""),
		"half a number": line("1.77E"),
		"a long line":   line("1.77260076789E12" + strings.Repeat(" ", maxLine)),
	} {
		var report fleet.Report
		err := readStarted(&report, 200, strings.NewReader(exposition(metric, 10000)))
		if err == nil || outcome(err, true) != fleet.OutcomeGarbled {
			t.Errorf("%s: %v, %v", name, report.Started, err)
		}
	}
}

func TestABrokenBodyIsNoAnswer(t *testing.T) {
	t.Parallel()
	metric := exposition("jitsi_jvb_startup_time 1.77260076789E12\n", maxLine/4)
	for length := range len(metric) {
		body := io.MultiReader(strings.NewReader(metric[:length]), iotest.ErrReader(io.ErrUnexpectedEOF))
		var report fleet.Report
		if err := readStarted(&report, 200, body); err == nil || outcome(err, true) != fleet.OutcomeSilent {
			t.Fatalf("metrics cut at %d: %v, %v", length, report.Started, err)
		}
	}
	for name, read := range map[string]func(*fleet.Report, int, io.Reader) error{
		"health": readHealth, "drain": readDrain, "stats": readStats,
	} {
		body := io.MultiReader(strings.NewReader("{"), iotest.ErrReader(io.ErrUnexpectedEOF))
		if err := read(&fleet.Report{}, 200, body); err == nil || outcome(err, true) != fleet.OutcomeSilent {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzMetrics(f *testing.F) {
	f.Add([]byte(exposition("# TYPE jitsi_jvb_startup_time gauge\njitsi_jvb_startup_time 1.77260076789E12\n", 1)))
	f.Add([]byte("jitsi_jvb_startup_time{a=\"\\n\"} 1\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		kept, err := lines(bytes.NewReader(data), started)
		if err != nil {
			return
		}
		moment, err := parseStarted(kept)
		if err == nil && (moment.Year() < 2015 || moment.Year() >= 2100) {
			t.Errorf("%q: %v", data, moment)
		}
	})
}

package settings_test

import (
	"net"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"jitsi-meet-azure/functions/reaper/settings"
	"jitsi-meet-azure/internal/clock"
)

// compressed is a clock on which a day passes in ten minutes.
const compressed = "144/2026-03-04T05:06:07Z/2026-03-05T06:00:00Z"

// played is the example where Azure is played on this machine.
func played() settings.Settings {
	s := example()
	s.ResourceManager, s.TableEndpoint = "https://127.0.0.1:8443", "https://127.0.0.1:10002/account/"
	s.MetricsEndpoint = "https://127.0.0.1:8444"
	return s
}

func TestParseTakesAClockWhereAzureIsPlayed(t *testing.T) {
	t.Parallel()
	want, err := clock.Parse(compressed)
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{"https://127.0.0.1:8443", "https://127.40.1.10", "https://[::1]:8443"} {
		s := played()
		s.ResourceManager = address
		read, err := settings.Parse(append(environ(t, s), "REAPER_CLOCK="+compressed))
		if err != nil {
			t.Errorf("%s: %v", address, err)
		}
		if read.Clock.String() != want.String() {
			t.Errorf("%s: read the clock %q, want %q", address, read.Clock, want)
		}
	}
}

// Without the setting, or with an empty one, the clock is the real one, wherever the reaper runs.
func TestTheClockIsTheRealOne(t *testing.T) {
	t.Parallel()
	for _, more := range [][]string{nil, {"REAPER_CLOCK="}, {"REAPER_CLOCK=", "WEBSITE_SITE_NAME=func-meet-dev"}} {
		read, err := settings.Parse(append(environ(t, example()), more...))
		if err != nil || !read.Clock.IsReal() {
			t.Errorf("%v: clock %q, error %v", more, read.Clock, err)
		}
	}
}

func TestParseRefusesAClock(t *testing.T) {
	t.Parallel()
	const start, end = "REAPER_CLOCK: is for a system that is played on one machine: ", " is set, so this is App Service"
	elsewhere := func(address string) string {
		return start + "the host of REAPER_RESOURCE_MANAGER must be a loopback address, and " + `"` + address + `" is not`
	}
	for _, c := range []struct {
		name, resourceManager, clock string
		more                         []string
		want                         string
	}{
		{"public Azure", settings.PublicResourceManager, compressed, nil, elsewhere(settings.PublicResourceManager)},
		{"a private address", "https://10.0.0.1", compressed, nil, elsewhere("https://10.0.0.1")},
		{"any address", "https://0.0.0.0", compressed, nil, elsewhere("https://0.0.0.0")},
		{"a name", "https://localhost:8443", compressed, nil, elsewhere("https://localhost:8443")},
		{"a name like an address", "https://127.0.0.1.example.org", compressed, nil, elsewhere("https://127.0.0.1.example.org")},
		{"an address in the path", "https://example.org/127.0.0.1", compressed, nil, elsewhere("https://example.org/127.0.0.1")},
		{"in an app", "https://127.0.0.1", compressed, []string{"WEBSITE_SITE_NAME=func-meet-dev"}, start + "WEBSITE_SITE_NAME" + end},
		{"on a machine of App Service", "https://127.0.0.1", compressed, []string{"WEBSITE_INSTANCE_ID=8e"}, start + "WEBSITE_INSTANCE_ID" + end},
		{"with an empty mark", "https://127.0.0.1", compressed, []string{"WEBSITE_HOSTNAME="}, start + "WEBSITE_HOSTNAME" + end},
		{
			"all marks at once", "https://127.0.0.1", compressed,
			[]string{"WEBSITE_SKU=Basic", "WEBSITE_OWNER_NAME=s+g", "WEBSITE_RESOURCE_GROUP=rg-meet-dev"},
			start + "WEBSITE_RESOURCE_GROUP" + end + "\n" + start + "WEBSITE_OWNER_NAME" + end + "\n" + start + "WEBSITE_SKU" + end,
		},
		{
			"no clock", "https://127.0.0.1", "fast", nil,
			`REAPER_CLOCK: "fast" is not a clock: it must be factor/real moment/shown time`,
		},
		{
			"one that runs too fast", "https://127.0.0.1", strings.Replace(compressed, "144", "5000", 1), nil,
			`REAPER_CLOCK: "5000/2026-03-04T05:06:07Z/2026-03-05T06:00:00Z" is not a clock: the factor is 5000; it must be 1 to 1000`,
		},
		{
			"no clock and public Azure", settings.PublicResourceManager, "fast", nil,
			`REAPER_CLOCK: "fast" is not a clock: it must be factor/real moment/shown time` + "\n" + elsewhere(settings.PublicResourceManager),
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := played()
			s.ResourceManager = c.resourceManager
			read, err := settings.Parse(slices.Concat(environ(t, s), []string{"REAPER_CLOCK=" + c.clock}, c.more))
			if err == nil || err.Error() != c.want {
				t.Errorf("error %v\nwant  %s", err, c.want)
			}
			if !read.Clock.IsReal() {
				t.Errorf("a refused clock was left behind: %s", read.Clock)
			}
		})
	}
}

// Tables that somebody uses must not get times that nobody had.
func TestAClockNeedsTablesOnThisMachine(t *testing.T) {
	t.Parallel()
	s := played()
	s.TableEndpoint = "https://stmeetprodstate.table.core.windows.net/"
	_, err := settings.Parse(append(environ(t, s), "REAPER_CLOCK="+compressed))
	if err == nil || !strings.Contains(err.Error(), "the host of REAPER_TABLE_ENDPOINT must be a loopback address") {
		t.Errorf("error %v", err)
	}
}

// A scale set that somebody uses must not get numbers of bridges that nobody has.
func TestAClockNeedsMetricsOnThisMachine(t *testing.T) {
	t.Parallel()
	s := played()
	s.MetricsEndpoint = "https://westeurope.monitoring.azure.com"
	_, err := settings.Parse(append(environ(t, s), "REAPER_CLOCK="+compressed))
	if err == nil || !strings.Contains(err.Error(), "the host of REAPER_METRICS_ENDPOINT must be a loopback address") {
		t.Errorf("error %v", err)
	}
}

func TestValuesNeverSayAClock(t *testing.T) {
	t.Parallel()
	values, err := played().Values()
	if err != nil {
		t.Fatal(err)
	}
	if value, found := values[settings.ClockName]; found {
		t.Errorf("a clock is written: %q", value)
	}
	s := played()
	if s.Clock, err = clock.Start(time.Now(), 144); err != nil {
		t.Fatal(err)
	}
	if values, err := s.Values(); err == nil || !strings.Contains(err.Error(), "REAPER_CLOCK: is never deployed") || values != nil {
		t.Errorf("a compressed clock was written: %v, error %v", values, err)
	}
}

// Whatever the setting and the address say, a clock is taken only where it was said, and only with a loopback address.
func FuzzClock(f *testing.F) {
	f.Add(compressed, "https://127.0.0.1:8443")
	f.Add(compressed, "https://[::1%25lo]")
	f.Add("", "https://management.azure.com")
	f.Add("1/2026-03-04T05:06:07+01:00/2026-03-05T06:00:00Z", "https://[::ffff:127.0.0.1]")
	base := environ(f, played())
	f.Fuzz(func(t *testing.T, text, address string) {
		read, err := settings.Parse(slices.Concat(base, []string{"REAPER_CLOCK=" + text, "REAPER_RESOURCE_MANAGER=" + address}))
		if err != nil {
			return
		}
		if (text == "") != read.Clock.IsReal() {
			t.Fatalf("%q became %q", text, read.Clock)
		}
		if parsed, err := url.Parse(address); !read.Clock.IsReal() && (err != nil || !loopback(parsed.Hostname())) {
			t.Fatalf("%q was taken with %q", text, address)
		}
	})
}

// loopback is another reading of what a loopback address is.
func loopback(host string) bool {
	host, _, _ = strings.Cut(host, "%")
	return net.ParseIP(host).IsLoopback()
}

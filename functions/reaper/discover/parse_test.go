package discover

import (
	"strings"
	"testing"
	"time"

	"jitsi-meet-azure/functions/reaper/fleet"
)

const (
	set  = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute/virtualMachineScaleSets/vmss-a"
	good = `{"cost":59,"timespan":"2026-01-02T03:04:00Z/2026-01-02T03:06:00Z","interval":"PT1M","namespace":"x","value":[` +
		`{"id":"i","type":"Microsoft.Insights/metrics","name":{"value":"Network In Total","localizedValue":"x"},"unit":"Bytes",` +
		`"errorCode":"Success","timeseries":[{"metadatavalues":[],"data":[{"timeStamp":"2026-01-02T03:04:00Z","total":0.0},` +
		`{"timeStamp":"2026-01-02T03:05:00Z"}]}]},` +
		`{"name":{"value":"Network Out Total"},"timeseries":[{"data":[{"timeStamp":"2026-01-02T04:04:00+01:00","total":12},` +
		`{"timeStamp":"2026-01-02T03:05:00Z","total":null}]}]}]}`
)

func TestParseMetrics(t *testing.T) {
	t.Parallel()
	got, err := parseMetrics([]byte(good))
	minute := time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC)
	if err != nil || len(got) != 2 || len(got[0]) != 1 || len(got[1]) != 1 || got[1][minute] != 12 {
		t.Fatalf("got %v, %v", got, err)
	}
	if in, found := got[0][minute]; !found || in != 0 {
		t.Errorf("got %v", got)
	}
	none := strings.Replace(good, `[{"metadatavalues":[],"data":[{"timeStamp":"2026-01-02T03:04:00Z","total":0.0},`+
		`{"timeStamp":"2026-01-02T03:05:00Z"}]}]`, `[]`, 1)
	if got, err := parseMetrics([]byte(none)); err != nil || len(got[0]) != 0 || len(got[1]) != 1 {
		t.Errorf("without a time series: got %v, %v", got, err)
	}
}

func TestParseMetricsRefuses(t *testing.T) {
	t.Parallel()
	for name, change := range map[string][2]string{
		"another grain":        {`"PT1M"`, `"PT5M"`},
		"no grain":             {`"PT1M"`, `null`},
		"another unit":         {`"Bytes"`, `"BytesPerSecond"`},
		"an error":             {`"Success"`, `"InvalidSamplingType"`},
		"one metric twice":     {`Network Out Total`, `Network In Total`},
		"another metric":       {`Network Out Total`, `Network Out`},
		"no name":              {`"name":{"value":"Network Out Total"},`, ``},
		"no text as a name":    {`"value":"Network Out Total"`, `"value":7`},
		"no time series":       {`"timeseries":[{"metadatavalues"`, `"x":[{"metadatavalues"`},
		"two time series":      {`"timeseries":[{"metadatavalues"`, `"timeseries":[{"data":[]},{"metadatavalues"`},
		"no data":              {`"metadatavalues":[],"data"`, `"metadatavalues":[],"x"`},
		"no array of data":     {`"data":[{"timeStamp":"2026-01-02T04:04:00+01:00","total":12},`, `"data":{"x":[]},"y":[`},
		"a number as text":     {`"total":12`, `"total":"12"`},
		"a negative number":    {`"total":12`, `"total":-1`},
		"too large a number":   {`"total":12`, `"total":1e999`},
		"a value given twice":  {`"total":12`, `"total":0,"total":12`},
		"a minute twice":       {`"timeStamp":"2026-01-02T03:05:00Z"}`, `"timeStamp":"2026-01-02T03:04:00Z"}`},
		"no minute":            {`{"timeStamp":"2026-01-02T03:05:00Z"}`, `{}`},
		"no time":              {`"timeStamp":"2026-01-02T03:05:00Z"}`, `"timeStamp":"now"}`},
		"half a minute":        {`"timeStamp":"2026-01-02T03:05:00Z"}`, `"timeStamp":"2026-01-02T03:05:30Z"}`},
		"a fraction of one":    {`"timeStamp":"2026-01-02T03:05:00Z"}`, `"timeStamp":"2026-01-02T03:05:00.5Z"}`},
		"a point that is none": {`{"timeStamp":"2026-01-02T03:05:00Z"}`, `null`},
		"a metric of null":     {`"value":[`, `"value":[null,`},
		"no metrics":           {`"namespace":"x","value"`, `"namespace":"x","values"`},
		"more behind it":       {`]}]}]}`, `]}]}]}{}`},
		"a cut":                {`]}]}]}`, `]}]}]`},
	} {
		if !strings.Contains(good, change[0]) {
			t.Errorf("%s: changes nothing", name)
		}
		if got, err := parseMetrics([]byte(strings.Replace(good, change[0], change[1], 1))); err == nil {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func FuzzParseMetrics(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte(`{"value":[]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		series, err := parseMetrics(data)
		if err != nil {
			if series != nil {
				t.Error("an error and yet values")
			}
			return
		}
		if len(series) != 2 {
			t.Fatalf("%d series", len(series))
		}
		some, total := false, 0
		when := spanUntil(time.Date(2026, 1, 2, 3, 8, 0, 0, time.UTC), time.Minute)
		for i, values := range series {
			total += len(values)
			for minute, value := range values {
				if value < 0 || minute.Location() != time.UTC || minute.Second() != 0 || minute.Nanosecond() != 0 {
					t.Errorf("%v: %v", minute, value)
				}
				some = some || i == 1 && value >= fleet.LittleTraffic && !minute.Before(when.from)
			}
		}
		switch got := when.judge(series); {
		case (got == fleet.TrafficSome) != some:
			t.Errorf("%q", got)
		case got == fleet.TrafficNone && total < 2:
			t.Errorf("nothing follows from %d values", total)
		}
	})
}

func FuzzScaleSetID(f *testing.F) {
	f.Add(set, set+"/virtualMachines/1")
	f.Add(strings.ToUpper(set), set+"/virtualMachines/*")
	f.Add("/", "//")
	f.Fuzz(func(t *testing.T, id, machine string) {
		parsed, err := parseScaleSet(id)
		if err != nil {
			return
		}
		if parsed.subscription == "" || parsed.group == "" || parsed.name == "" || strings.Contains(parsed.name, "/") {
			t.Errorf("%q is %+v", id, parsed)
		}
		if instance, mine := parsed.instance(machine); mine {
			if checkInstance(instance) != nil || !strings.HasSuffix(strings.TrimRight(machine, "/"), "/"+instance) {
				t.Errorf("%q is instance %q", machine, instance)
			}
			if again, still := parsed.instance(parsed.machine(instance)); !still || again != instance {
				t.Errorf("%q became %q", instance, again)
			}
		}
	})
}

func FuzzInstance(f *testing.F) {
	for _, instance := range []string{"", "0", "*", "0,1", "a-b_c", "..", "%2a", " 1"} {
		f.Add(instance)
	}
	f.Fuzz(func(t *testing.T, instance string) {
		if checkInstance(instance) == nil && (instance == "" || strings.ContainsAny(instance, "*,./%?#\"\\ \n\t")) {
			t.Errorf("took %q", instance)
		}
	})
}

func FuzzGUID(f *testing.F) {
	f.Add("6F9619FF-8B86-D011-B42D-00CF4FC964FF")
	f.Add("{6f9619ff-8b86-d011-b42d-00cf4fc964f}")
	f.Fuzz(func(t *testing.T, text string) {
		got, valid := guid(text)
		if valid != (got != "") || valid && (len(got) != 36 || !strings.EqualFold(got, text) || strings.ToLower(got) != got) {
			t.Errorf("%q: %q, %v", text, got, valid)
		}
	})
}

package metricstest_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/functions/reaper/metricstest"
	"jitsi-meet-azure/functions/reaper/remember/azuritetest"
)

const (
	setID = "/subscriptions/s/resourceGroups/rg-meet-dev/providers/Microsoft.Compute/virtualMachineScaleSets/vmss-meet-dev-a"
	whole = `{"time":"2026-03-04T05:06:07Z","data":{"baseData":{"metric":"Bridge Stress","namespace":"Jitsi Bridges",` +
		`"series":[{"min":0.25,"max":0.5,"sum":0.75,"count":2}]}}}`
)

// now is the time in the store.
var now = time.Date(2026, time.March, 4, 5, 6, 30, 0, time.UTC)

func store() *metricstest.Store { return metricstest.New(func() time.Time { return now }) }

// request is one that the store takes.
func request(body string) *http.Request {
	request := httptest.NewRequest(http.MethodPost, "https://westeurope.monitoring.azure.com"+setID+"/metrics", strings.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+azuritetest.TokenFor(metricstest.Audience, time.Now()))
	return request
}

func send(t *testing.T, s *metricstest.Store, request *http.Request) (status int, body string) {
	t.Helper()
	recorder := httptest.NewRecorder()
	s.ServeHTTP(recorder, request)
	said, err := io.ReadAll(recorder.Result().Body)
	require.NoError(t, err)
	return recorder.Code, string(said)
}

func TestAMinuteAddsUp(t *testing.T) {
	t.Parallel()
	s := store()
	for _, body := range []string{
		whole,
		strings.NewReplacer("05:06:07", "05:06:59", `"min":0.25,"max":0.5,"sum":0.75,"count":2`, `"min":1,"max":1,"sum":1,"count":1`).Replace(whole),
		strings.Replace(whole, "05:06:07", "05:07:00", 1),
	} {
		status, said := send(t, s, request(body))
		require.Equal(t, http.StatusOK, status, said)
		require.Empty(t, said)
	}
	value, found := s.Minute(strings.ToUpper(setID), "Bridge Stress", now)
	require.True(t, found)
	assert.Equal(t, metricstest.Value{Min: 0.25, Max: 1, Sum: 1.75, Count: 3}, value)
	value, found = s.Minute(setID, "Bridge Stress", now.Add(time.Minute))
	require.True(t, found)
	assert.Equal(t, 2, value.Count)
	_, found = s.Minute(setID, "Bridge Stress", now.Add(-time.Minute))
	assert.False(t, found)
	_, found = s.Minute(setID, "Spare Bridges", now)
	assert.False(t, found)
}

func TestRefusedBodies(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ old, replacement, says string }{
		"no JSON":            {"{", "[", "body"},
		"an unknown field":   {`"time"`, `"hour":"x","time"`, "hour"},
		"no time":            {`"time":"2026-03-04T05:06:07Z",`, "", "missing"},
		"no data":            {`"baseData"`, `"baseDatum"`, "baseDatum"},
		"no moment":          {"2026-03-04T05:06:07Z", "2026-03-04 05:06:07", "time"},
		"not in UTC":         {"05:06:07Z", "06:06:07+01:00", "UTC"},
		"too old":            {"05:06:07Z", "04:46:29Z", "at most 20m0s old"},
		"too far ahead":      {"05:06:07Z", "05:11:31Z", "5m0s ahead"},
		"an unknown metric":  {"Bridge Stress", "Bridge stress", "metric"},
		"another namespace":  {"Jitsi Bridges", "Jitsi", "namespace"},
		"a dimension":        {`"series":[{`, `"dimNames":["bridge"],"series":[{"dimValues":["x"],`, "without dimensions"},
		"no series":          {`[{"min":0.25,"max":0.5,"sum":0.75,"count":2}]`, "[]", "there must be one"},
		"no minimum":         {`"min":0.25,`, "", "min, max, sum and count"},
		"no count":           {`"count":2`, `"count":0`, "a count of 0"},
		"half a count":       {`"count":2`, `"count":1.5`, "count"},
		"crossed":            {`"min":0.25`, `"min":0.75`, "no values have these numbers"},
		"too large a sum":    {`"sum":0.75`, `"sum":1.1`, "no values have these numbers"},
		"too small a sum":    {`"sum":0.75`, `"sum":0.1`, "no values have these numbers"},
		"more behind":        {"]}}}", "]}}}{}", "goes on"},
		"larger than a body": {"{", strings.Repeat(" ", 1<<17) + "{", "body"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := store()
			require.Contains(t, whole, c.old)
			status, said := send(t, s, request(strings.Replace(whole, c.old, c.replacement, 1)))
			assert.Equal(t, http.StatusBadRequest, status)
			assert.Contains(t, said, c.says)
			for minute := range 60 {
				_, found := s.Minute(setID, "Bridge Stress", now.Add(time.Duration(minute-30)*time.Minute))
				assert.False(t, found, "it was kept")
			}
		})
	}
}

func TestRefusedRequests(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*http.Request)
		status int
	}{
		"no token":         {func(r *http.Request) { r.Header.Del("Authorization") }, http.StatusUnauthorized},
		"no JWT":           {func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") }, http.StatusUnauthorized},
		"no claims":        {func(r *http.Request) { r.Header.Set("Authorization", "Bearer x.!.y") }, http.StatusUnauthorized},
		"for storage":      {func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+azuritetest.Token(now)) }, http.StatusUnauthorized},
		"without a slash":  {func(r *http.Request) { audience(r, "https://monitoring.azure.com") }, http.StatusUnauthorized},
		"no JSON, it says": {func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, http.StatusUnsupportedMediaType},
		"a read":           {func(r *http.Request) { r.Method = http.MethodGet }, http.StatusMethodNotAllowed},
		"another resource": {func(r *http.Request) { r.URL.Path = "/subscriptions/s/metrics" }, http.StatusNotFound},
		"another thing":    {func(r *http.Request) { r.URL.Path = setID + "/values" }, http.StatusNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, r := store(), request(whole)
			c.change(r)
			status, said := send(t, s, r)
			assert.Equal(t, c.status, status, said)
			_, found := s.Minute(setID, "Bridge Stress", now)
			assert.False(t, found)
			assert.Equal(t, 1, s.Requests())
		})
	}
}

func audience(r *http.Request, of string) {
	r.Header.Set("Authorization", "Bearer "+azuritetest.TokenFor(of, now))
}

func TestBreakAndMend(t *testing.T) {
	t.Parallel()
	s := store()
	s.Break(http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) { out.WriteHeader(http.StatusTeapot) }))
	status, _ := send(t, s, request(whole))
	assert.Equal(t, http.StatusTeapot, status)
	_, found := s.Minute(setID, "Bridge Stress", now)
	assert.False(t, found)
	s.Break(nil)
	status, _ = send(t, s, request(whole))
	assert.Equal(t, http.StatusOK, status)
}

// Whatever is sent, what is kept are numbers that values can have.
func FuzzBody(f *testing.F) {
	f.Add(whole)
	f.Add(strings.Replace(whole, "0.75", "1e308", 1))
	f.Add(strings.Replace(whole, `"count":2`, `"count":9223372036854775807`, 1))
	f.Add("{}")
	f.Fuzz(func(t *testing.T, body string) {
		s := store()
		status, said := send(t, s, request(body))
		if status != http.StatusOK {
			require.Contains(t, said, `"error"`)
			return
		}
		for age := -6; age <= 21; age++ {
			for _, metric := range []string{"Bridge Stress", "Spare Bridges"} {
				value, found := s.Minute(setID, metric, now.Add(-time.Duration(age)*time.Minute))
				if found && (value.Count < 1 || value.Min > value.Max) {
					t.Errorf("%+v was kept of %q", value, body)
				}
			}
		}
	})
}

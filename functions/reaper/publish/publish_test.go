package publish_test

import (
	"context"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/functions/reaper/gauge"
	"jitsi-meet-azure/functions/reaper/metricstest"
	"jitsi-meet-azure/functions/reaper/publish"
	"jitsi-meet-azure/functions/reaper/remember/azuritetest"
)

const (
	endpoint = "https://westeurope.monitoring.azure.com"
	setID    = "/subscriptions/s/resourceGroups/rg-meet-dev/providers/Microsoft.Compute/virtualMachineScaleSets/vmss-meet-dev-a"
)

func publishing(t *testing.T, transport policy.Transporter) *publish.Azure {
	t.Helper()
	azure, err := publish.New(metricstest.Credential{}, endpoint, transport)
	require.NoError(t, err)
	return azure
}

func TestPublishTellsBothMetrics(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := metricstest.New(nil)
		at := time.Now().Add(-30 * time.Second)
		require.NoError(t, publishing(t, store).Publish(t.Context(), setID, at, []float64{0.5, 0.25, 1.25}))
		stress, found := store.Minute(setID, gauge.Stress, at)
		require.True(t, found)
		assert.Equal(t, metricstest.Value{Min: 0.25, Max: 1.25, Sum: 2, Count: 3}, stress)
		spare, found := store.Minute(setID, gauge.Spare, at)
		require.True(t, found)
		assert.Equal(t, metricstest.Value{Min: 1, Max: 1, Sum: 1, Count: 1}, spare)
		assert.Equal(t, 2, store.Requests())
		_, found = store.Minute(strings.Replace(setID, "dev-a", "dev-b", 1), gauge.Stress, at)
		assert.False(t, found, "another shard's scale set has a value")
	})
}

// recorder keeps a request as it is sent.
type recorder struct{ sent chan *http.Request }

func (r recorder) Do(request *http.Request) (*http.Response, error) {
	r.sent <- request
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody, Request: request}, nil
}

// The form of a request, word by word: a misspelt field would be one that Azure may well ignore.
func TestTheRequestHasTheDocumentedForm(t *testing.T) {
	t.Parallel()
	sent := recorder{make(chan *http.Request, 2)}
	at := time.Date(2026, time.November, 24, 15, 30, 2, 5e8, time.FixedZone("CET", 3600))
	require.NoError(t, publishing(t, sent).Publish(t.Context(), setID, at, []float64{0.5, 0}))
	close(sent.sent)
	bodies := map[string]string{}
	for request := range sent.sent {
		assert.Equal(t, http.MethodPost, request.Method)
		assert.Equal(t, endpoint+setID+"/metrics", request.URL.String())
		assert.Equal(t, "application/json", request.Header.Get("Content-Type"))
		assert.True(t, strings.HasPrefix(request.Header.Get("Authorization"), "Bearer "))
		body, err := io.ReadAll(request.Body)
		require.NoError(t, err)
		assert.Equal(t, int64(len(body)), request.ContentLength)
		var named struct {
			Data struct{ BaseData struct{ Metric string } }
		}
		require.NoError(t, json.Unmarshal(body, &named))
		bodies[named.Data.BaseData.Metric] = string(body)
	}
	assert.Equal(t, map[string]string{
		"Bridge Stress": `{"time":"2026-11-24T14:30:02Z","data":{"baseData":{"metric":"Bridge Stress","namespace":"Jitsi Bridges",` +
			`"series":[{"min":0,"max":0.5,"sum":0.5,"count":2}]}}}`,
		"Spare Bridges": `{"time":"2026-11-24T14:30:02Z","data":{"baseData":{"metric":"Spare Bridges","namespace":"Jitsi Bridges",` +
			`"series":[{"min":1.5,"max":1.5,"sum":1.5,"count":1}]}}}`,
	}, bodies)
}

func TestPublishRefusesWhatIsNothingToPublish(t *testing.T) {
	t.Parallel()
	store := metricstest.New(nil)
	azure := publishing(t, store)
	for name, c := range map[string]struct {
		set    string
		stress []float64
		says   string
	}{
		"no bridge":         {setID, nil, "nothing to publish"},
		"not a number":      {setID, []float64{0, math.NaN()}, "not made of numbers"},
		"without an end":    {setID, []float64{math.Inf(1)}, "not made of numbers"},
		"beyond numbers":    {setID, []float64{math.MaxFloat64, math.MaxFloat64}, "not made of numbers"},
		"no id":             {"vmss", []float64{0}, "scale set"},
		"another resource":  {strings.Replace(setID, "virtualMachineScaleSets", "virtualMachines", 1), []float64{0}, "is not the id of one"},
		"one of its parts":  {setID + "/virtualMachines/0", []float64{0}, "is not the id of one"},
		"nothing to name":   {"", []float64{0}, "scale set"},
		"a group of things": {"/subscriptions/s/resourceGroups/rg", []float64{0}, "is not the id of one"},
	} {
		require.ErrorContains(t, azure.Publish(t.Context(), c.set, time.Now(), c.stress), c.says, name)
	}
	assert.Zero(t, store.Requests())
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for address, credential := range map[string]azcore.TokenCredential{
		"http://westeurope.monitoring.azure.com":     metricstest.Credential{},
		"https://":                                   metricstest.Credential{},
		"https://me@westeurope.monitoring.azure.com": metricstest.Credential{},
		"https://x/?sig=y":                           metricstest.Credential{},
		"https://%":                                  metricstest.Credential{},
		endpoint:                                     nil,
	} {
		_, err := publish.New(credential, address, nil)
		assert.Error(t, err, address)
	}
}

// A token is sent over TLS, and nowhere else than it was meant for.
func TestATokenGoesNowhereElse(t *testing.T) {
	t.Parallel()
	var elsewhere atomic.Int32
	server := httptest.NewTLSServer(http.HandlerFunc(func(out http.ResponseWriter, request *http.Request) {
		if request.URL.Path == "/elsewhere" {
			elsewhere.Add(1)
			return
		}
		http.Redirect(out, request, "/elsewhere", http.StatusTemporaryRedirect)
	}))
	t.Cleanup(server.Close)
	client := publish.Transport()
	trusting := server.Client().Transport.(*http.Transport)
	client.Transport.(*http.Transport).TLSClientConfig.RootCAs = trusting.TLSClientConfig.RootCAs
	azure, err := publish.New(metricstest.Credential{}, server.URL, client)
	require.NoError(t, err)
	require.ErrorContains(t, azure.Publish(t.Context(), setID, time.Now(), []float64{0}), "307 Temporary Redirect")
	assert.Zero(t, elsewhere.Load())
	// A certificate that nobody vouches for is no Azure.
	untrusting, err := publish.New(metricstest.Credential{}, server.URL, nil)
	require.NoError(t, err)
	require.ErrorContains(t, untrusting.Publish(t.Context(), setID, time.Now(), []float64{0}), "certificate")
}

// A token for something else is none.
func TestTheTokenIsForMetrics(t *testing.T) {
	t.Parallel()
	store := metricstest.New(nil)
	azure, err := publish.New(storage{}, endpoint, store)
	require.NoError(t, err)
	require.ErrorContains(t, azure.Publish(t.Context(), setID, time.Now(), []float64{0}), "401 Unauthorized")
}

type storage struct{}

func (storage) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	now := time.Now()
	return azcore.AccessToken{Token: azuritetest.Token(now), ExpiresOn: now.Add(time.Hour)}, nil
}

// Whatever is answered, reading it ends, and what is not empty and no object is no success.
func FuzzAccepted(f *testing.F) {
	f.Add([]byte(``))
	f.Add([]byte(`{"statusCode":200}`))
	f.Add([]byte(`{"apiFailureResponse":{"error":{"code":"x"}}}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, answer []byte) {
		err := publish.Accepted(answer)
		if object := strings.HasPrefix(strings.TrimSpace(string(answer)), "{"); err == nil && len(answer) > 0 && !object {
			t.Errorf("%q was taken for a success", answer)
		}
	})
}

package publish_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/functions/reaper/gauge"
	"jitsi-meet-azure/functions/reaper/metricstest"
)

func answers(status int, code, body string) http.Handler {
	return http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) {
		if code != "" {
			out.Header().Set("X-Ms-Error-Code", code)
		}
		out.WriteHeader(status)
		_, _ = io.WriteString(out, body)
	})
}

func hangs(_ http.ResponseWriter, request *http.Request) { <-request.Context().Done() }

func TestFaultsAreErrorsWithinTheLimit(t *testing.T) {
	t.Parallel()
	later := http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) {
		out.Header().Set("Retry-After", "60")
		out.WriteHeader(http.StatusTooManyRequests)
	})
	for name, c := range map[string]struct {
		broken   http.Handler
		says     string
		requests int // of both metrics together
	}{
		"forbidden":        {answers(403, "AuthorizationFailed", ""), "403 Forbidden: AuthorizationFailed", 2},
		"not found":        {answers(404, "", "<html>"), "404 Not Found", 2},
		"redirected":       {answers(307, "", ""), "307 Temporary Redirect", 2},
		"throttled":        {answers(429, "TooManyRequests", ""), "429 Too Many Requests: TooManyRequests", 4},
		"throttled long":   {later, "429 Too Many Requests", 2},
		"server error":     {answers(500, "", "oops"), "500 Internal Server Error", 4},
		"hangs":            {http.HandlerFunc(hangs), "deadline exceeded", 4},
		"garbage":          {answers(200, "", "<html>"), "an answer that cannot be relied on", 2},
		"a list":           {answers(200, "", "[]"), "an answer that cannot be relied on", 2},
		"a flood":          {answers(200, "", strings.Repeat(" ", 1<<20)), "too large", 2},
		"a failure inside": {answers(200, "", `{"apiFailureResponse":{"error":{"code":"BadTime"}}}`), "BadTime", 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store := metricstest.New(nil)
				store.Break(c.broken)
				began := time.Now()
				err := publishing(t, store).Publish(t.Context(), setID, began, []float64{0.5})
				require.ErrorContains(t, err, c.says)
				for _, metric := range []string{gauge.Stress, gauge.Spare} {
					require.ErrorContains(t, err, "publishing "+metric)
				}
				assert.LessOrEqual(t, time.Since(began), 5*time.Second)
				assert.GreaterOrEqual(t, store.Requests(), min(2, c.requests))
				assert.LessOrEqual(t, store.Requests(), c.requests)
			})
		})
	}
}

func TestAnswersThatAreASuccess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, broken := range []http.Handler{
			answers(200, "", ""), answers(202, "", ""), answers(204, "", ""), answers(200, "", "{}"),
			answers(200, "", `{"statusCode":200,"apiFailureResponse":null}`),
		} {
			store := metricstest.New(nil)
			store.Break(broken)
			assert.NoError(t, publishing(t, store).Publish(t.Context(), setID, time.Now(), []float64{0.5}))
		}
	})
}

func TestAPassingFaultIsOvercome(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := metricstest.New(nil)
		store.Break(http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) {
			store.Break(nil)
			out.WriteHeader(http.StatusServiceUnavailable)
		}))
		require.NoError(t, publishing(t, store).Publish(t.Context(), setID, time.Now(), []float64{0.5}))
		for _, metric := range []string{gauge.Stress, gauge.Spare} {
			_, found := store.Minute(setID, metric, time.Now())
			assert.True(t, found, metric)
		}
	})
}

func TestPublishEndsWithTheTick(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := metricstest.New(nil)
		store.Break(http.HandlerFunc(hangs))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		require.ErrorIs(t, publishing(t, store).Publish(ctx, setID, began, []float64{0.5}), context.DeadlineExceeded)
		assert.Equal(t, time.Second, time.Since(began))
	})
}

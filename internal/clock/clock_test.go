package clock_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"jitsi-meet-azure/internal/clock"
)

func TestADayPassesInTenMinutes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		morning := time.Date(2026, 3, 4, 5, 0, 0, 0, time.UTC)
		c, err := clock.Start(morning, 144)
		require.NoError(t, err)
		require.NoError(t, c.Sleep(t.Context(), 12*time.Hour))
		assert.Equal(t, morning.Add(12*time.Hour), c.Now())
		require.NoError(t, c.Until(t.Context(), morning.Add(24*time.Hour)))
		assert.Equal(t, 10*time.Minute, time.Since(c.From))
		assert.Equal(t, 24*time.Hour, c.Shown(time.Since(c.From)))
		assert.Equal(t, time.Now(), c.Moment(c.Now()))
	})
}

func TestAWaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, err := clock.Start(time.Now(), 2)
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, c.Sleep(ctx, time.Minute), context.DeadlineExceeded)
		require.ErrorIs(t, c.Until(ctx, time.Now().Add(time.Hour)), context.DeadlineExceeded)
	})
}

func TestTheZeroValueIsTheRealClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c clock.Clock
		assert.True(t, c.IsReal())
		assert.Equal(t, time.Now(), c.Now())
		assert.Equal(t, time.Hour, c.Real(time.Hour))
		assert.Equal(t, time.Hour, c.Shown(time.Hour))
		assert.Equal(t, time.Now(), c.Moment(time.Now()))
		assert.Empty(t, c.String())
		parsed, err := clock.Parse("")
		require.NoError(t, err)
		assert.Equal(t, c, parsed)
	})
}

func TestProcessesAgree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c, err := clock.Start(time.Unix(rapid.Int64Range(0, 1<<32).Draw(t, "shows"), 0), rapid.Float64Range(1, clock.MaxFactor).Draw(t, "factor"))
		require.NoError(t, err)
		other, err := clock.Parse(c.String())
		require.NoError(t, err)
		moment := time.Now()
		assert.True(t, c.At(moment).Equal(other.At(moment)), "%s: %s, %s", c, c.At(moment), other.At(moment))
	})
}

func TestWhatIsNoClock(t *testing.T) {
	t.Parallel()
	const at = "2026-03-04T05:06:07Z"
	for text, problem := range map[string]string{
		"144":                          "must be factor/real moment/shown time",
		"144/" + at:                    "must be factor/real moment/shown time",
		"fast/" + at + "/" + at:        "invalid syntax",
		"144/noon/" + at:               "cannot parse",
		"144/" + at + "/noon":          "cannot parse",
		"0.5/" + at + "/" + at:         "it must be 1 to 1000",
		"NaN/" + at + "/" + at:         "it must be 1 to 1000",
		"1001/" + at + "/" + at:        "it must be 1 to 1000",
		"2/0001-01-01T00:00:00Z/" + at: "needs a real moment",
	} {
		_, err := clock.Parse(text)
		require.ErrorContains(t, err, problem, text)
	}
	_, err := clock.Start(time.Time{}, 0)
	require.ErrorContains(t, err, "the factor is 0")
}

func FuzzParse(f *testing.F) {
	f.Add("144/2026-03-04T05:06:07Z/2026-03-04T05:06:07Z")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := clock.Parse(text)
		if err != nil {
			return
		}
		again, err := clock.Parse(c.String())
		require.NoError(t, err)
		assert.True(t, again.From.Equal(c.From) && again.Shows.Equal(c.Shows))
	})
}

package prices

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheFileIsSound(t *testing.T) {
	t.Parallel()
	list, err := Load()
	require.NoError(t, err)
	assert.Equal(t, "USD", list.Currency)
	estimates := 0
	for name, price := range list.Prices {
		if price.Estimate {
			estimates++
		}
		if strings.HasPrefix(name, Machine) {
			assert.Equal(t, "hour", price.Unit, name)
			assert.Positive(t, price.Price, name)
		}
	}
	assert.Positive(t, estimates, "nobody has read Azure's own page: some must be estimates")
	for name, source := range list.Sources {
		assert.True(t, strings.HasPrefix(source.URL, "https://"), name)
		assert.NotEmpty(t, source.Title, name)
	}
}

// Within a series Azure's prices go by processors: a typing error would stick out.
func TestPricesOfASeriesAreInProportion(t *testing.T) {
	t.Parallel()
	list, err := Load()
	require.NoError(t, err)
	for series, perProcessor := range map[string]float64{
		"F%ss_v2": 0.0423, "D%ss_v5": 0.048, "D%sds_v5": 0.0565, "D%sas_v5": 0.043, "D%sads_v5": 0.0515,
	} {
		seen := 0
		for _, processors := range []struct {
			text  string
			count float64
		}{{"2", 2}, {"4", 4}, {"8", 8}, {"16", 16}, {"32", 32}, {"48", 48}, {"64", 64}, {"72", 72}} {
			price, there := list.Prices[Machine+"Standard_"+strings.ReplaceAll(series, "%s", processors.text)]
			if !there {
				continue
			}
			seen++
			assert.InEpsilon(t, perProcessor*processors.count, price.Price, 0.01, series+processors.text)
		}
		assert.GreaterOrEqual(t, seen, 4, series)
	}
}

func TestWhatIsMissingSaysHowToAddIt(t *testing.T) {
	t.Parallel()
	list, err := Load()
	require.NoError(t, err)
	_, err = list.Of(Machine+"Standard_D2_v99", "westeurope")
	require.ErrorContains(t, err, `"machine/Standard_D2_v99": {"price": ..., "unit": "hour"`)
	require.ErrorContains(t, err, "armSkuName eq 'Standard_D2_v99'")
	_, err = list.Of(Machine+"Standard_F8s_v2", "moon")
	require.ErrorContains(t, err, `add "moon": {"factor": ...}`)
	_, err = list.Of("dust", "moon")
	require.ErrorContains(t, err, "no price of dust")
}

func TestMachinesCostByRegion(t *testing.T) {
	t.Parallel()
	list, err := Load()
	require.NoError(t, err)
	home, err := list.Of(Machine+"Standard_F8s_v2", list.Region)
	require.NoError(t, err)
	assert.InDelta(t, 0.338, home.Price, 1e-9)
	assert.False(t, home.Estimate)
	away, err := list.Of(Machine+"Standard_F8s_v2", "westeurope")
	require.NoError(t, err)
	assert.InDelta(t, 0.338*1.2, away.Price, 1e-9)
	assert.True(t, away.Estimate, "nobody has published the factor")
}

func TestParseNamesEverythingThatIsWrong(t *testing.T) {
	t.Parallel()
	_, err := Parse([]byte(`{
		"date": "yesterday", "currency": "dollars", "region": "here", "extra": 1,
		"sources": {"page": {"title": "A page", "url": "https://example.org"}},
		"regions": {"here": {"factor": 2}, "there": {"factor": -1}},
		"prices": {
			"a": {"price": -1, "unit": "hour", "source": "page"},
			"b": {"price": 1, "unit": "fortnight", "source": "page"},
			"c": {"price": 1, "unit": "hour"},
			"d": {"price": 1, "unit": "hour", "source": "page", "estimate": true},
			"e": {"price": 1, "unit": "hour", "source": "another"}
		}}`))
	for _, part := range []string{
		"unknown field", "yesterday", "dollars", "regions.here", "regions.there", "prices.a", "fortnight", "prices.c", "prices.d", "prices.e",
	} {
		require.ErrorContains(t, err, part)
	}
	_, err = Parse([]byte(`[]`))
	require.Error(t, err)
}

func FuzzParse(f *testing.F) {
	f.Add(file)
	f.Add([]byte(`{"prices":{"a":{"price":1e999}}}`))
	f.Fuzz(func(t *testing.T, document []byte) {
		list, err := Parse(document)
		if err != nil {
			return
		}
		for name := range list.Prices {
			price, err := list.Of(name, list.Region)
			require.NoError(t, err)
			assert.GreaterOrEqual(t, price.Price, 0.0)
		}
	})
}

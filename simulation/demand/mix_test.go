package demand

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheStandardMix(t *testing.T) {
	t.Parallel()
	m, err := StandardMix()
	require.NoError(t, err)
	cells := m.Cells()
	require.Len(t, cells, 6*6)
	total, weights := 0.0, map[Kind]float64{}
	for _, c := range cells {
		total += c.Weight
		weights[c.Kind] += c.Weight
	}
	assert.InDelta(t, 1, total, 1e-12)
	assert.InDelta(t, 0.4, weights[Office], 1e-12)
	assert.InDelta(t, 0.05, weights[Flash], 1e-12)
	assert.Equal(t, Cell{Kind: Office, Peak: 0.2, Weight: 0.4 / 6}, cells[0])
	assert.Equal(t, cells, m.Cells(), "always in the same order")
}

func TestNoTwoDaysOfAMixHaveTheSameSeed(t *testing.T) {
	t.Parallel()
	m, err := StandardMix()
	require.NoError(t, err)
	assert.Equal(t, uint64(1), m.Seed(Tuning, 0, 0))
	assert.Equal(t, uint64(1_000_001), m.Seed(HeldOut, 0, 0))
	seen := map[uint64]bool{}
	for _, set := range []string{Tuning, HeldOut} {
		require.Positive(t, m.Each(set))
		for cell := range m.Cells() {
			for i := range m.Each(set) {
				seed := m.Seed(set, cell, i)
				require.False(t, seen[seed], "%s %d %d", set, cell, i)
				seen[seed] = true
			}
		}
	}
	assert.Zero(t, m.Seed("other", 1, 1))
	assert.Zero(t, m.Each("other"))
}

func TestWhatIsWrongWithAMix(t *testing.T) {
	t.Parallel()
	_, err := ParseMix([]byte(`{
		"kinds": {"office": 0, "holiday": 1}, "peaks": [1, 1, 0, 101],
		"seeds": {"tuning": {"from": 0, "each": 0}, "spare": {"from": 1, "each": 1}}, "extra": 1}`))
	for _, want := range []string{
		`unknown field "extra"`, "kinds.office is 0", "kinds.holiday is not one of [office", "peaks[1] is 1, which is there already",
		"peaks[2] is 0", "peaks[3] is 101", "seeds.tuning.from is 0", "seeds.tuning.each is 0: allowed are 1 to 1000", "seeds.spare is neither",
		"seeds.heldOut is missing",
	} {
		require.ErrorContains(t, err, want)
	}
	_, err = ParseMix([]byte(`{"kinds": {}, "peaks": [], "seeds": {}}`))
	require.ErrorContains(t, err, "kinds is empty")
	require.ErrorContains(t, err, "peaks are 0")
	_, err = ParseMix([]byte(`{"kinds": {"office": 1, "shop": 1}, "peaks": [1],
		"seeds": {"tuning": {"from": 1, "each": 1}, "heldOut": {"from": 2000, "each": 1}}}`))
	require.ErrorContains(t, err, "are 1999 apart, and would share some: 2 cells need 2000")
	_, err = ParseMix([]byte(`[]`))
	require.ErrorContains(t, err, "reading the mix")
}

func FuzzParseMix(f *testing.F) {
	f.Add(mixFile)
	f.Add([]byte(`{"kinds":{"office":1e308,"shop":1},"peaks":[1],"seeds":{"tuning":{"from":1,"each":1}}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := ParseMix(text)
		if err != nil {
			return
		}
		total := 0.0
		for _, c := range m.Cells() {
			require.Positive(t, c.Weight)
			total += c.Weight
		}
		require.InDelta(t, 1, total, 1e-6)
	})
}

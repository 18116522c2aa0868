package gauge_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"jitsi-meet-azure/functions/reaper/gauge"
)

func TestSpareOf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		stress []float64
		want   float64
	}{
		{"no bridge", nil, 0},
		{"an idle one", []float64{0}, 1},
		{"a full one", []float64{1}, 0},
		{"half of one and a quarter of another", []float64{0.5, 0.75}, 0.75},
		{"one beyond full counts against an idle one", []float64{0, 1.25}, 0.75},
		{"nothing but overload", []float64{1.5, 1.5}, -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := gauge.SpareOf(c.stress); got != c.want {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}

// What a shard has left is what its bridges have left, however they are divided into two.
func TestSpareAddsUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		stress := rapid.SliceOfN(rapid.Float64Range(0, 3), 0, 20).Draw(t, "stress")
		at := rapid.IntRange(0, len(stress)).Draw(t, "at")
		whole, parts := gauge.SpareOf(stress), gauge.SpareOf(stress[:at])+gauge.SpareOf(stress[at:])
		if math.Abs(whole-parts) > 1e-9 {
			t.Fatalf("%v, in parts %v", whole, parts)
		}
	})
}

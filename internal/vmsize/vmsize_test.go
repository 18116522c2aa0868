package vmsize

import (
	"slices"
	"testing"
)

func TestFind(t *testing.T) {
	t.Parallel()
	got, ok := Find("Standard_F8s_v2")
	want := Size{
		Name: "Standard_F8s_v2", VCPUs: 8, MemoryGiB: 16, NICMbps: 12500, TempDiskGiB: 64,
		EphemeralOSDisk: true, AcceleratedNetworking: true, Retires: "2028-11-15",
	}
	if !ok || got != want {
		t.Errorf("got %+v, %v", got, ok)
	}
	for _, name := range []string{"", "standard_f8s_v2", "F8s_v2", "Standard_F9s_v2"} {
		if _, ok := Find(name); ok {
			t.Errorf("%q must be unknown", name)
		}
	}
}

func TestTableIsPlausible(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, s := range sizes() {
		if seen[s.Name] {
			t.Errorf("%s occurs twice", s.Name)
		}
		seen[s.Name] = true
		if s.VCPUs < 2 || s.MemoryGiB < 2*s.VCPUs || s.NICMbps < 5000 {
			t.Errorf("%+v", s)
		}
		if s.EphemeralOSDisk != (s.TempDiskGiB > 0) {
			t.Errorf("%s: an ephemeral OS disk needs a local disk", s.Name)
		}
	}
}

// A bigger machine of the same series never has less of anything.
func TestSeriesGrow(t *testing.T) {
	t.Parallel()
	for _, series := range [][]Size{fsv2(), falsv6(), fasv6(), falsv7(), dsv5(), ddsv5(), dasv5(), dadsv5()} {
		for i := 1; i < len(series); i++ {
			small, big := series[i-1], series[i]
			if big.VCPUs <= small.VCPUs || big.MemoryGiB <= small.MemoryGiB ||
				big.NICMbps < small.NICMbps || big.TempDiskGiB < small.TempDiskGiB {
				t.Errorf("%s is not bigger than %s", big.Name, small.Name)
			}
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	got := Names(func(s Size) bool { return s.EphemeralOSDisk && s.VCPUs == 8 })
	want := []string{"Standard_D8ads_v5", "Standard_D8ds_v5", "Standard_F8s_v2"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if all := Names(func(Size) bool { return true }); len(all) != len(sizes()) {
		t.Errorf("%d of %d names", len(all), len(sizes()))
	}
}

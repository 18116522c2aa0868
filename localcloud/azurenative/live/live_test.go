package live

import "testing"

func TestNothingIsEmpty(t *testing.T) {
	t.Parallel()
	set, err := ParseScaleSet(nil)
	if err != nil || len(set.Machines) != 0 {
		t.Errorf("got %v, %v", set, err)
	}
	nodes, err := ParseNodes(nil)
	if err != nil || nodes == nil {
		t.Errorf("got %v, %v", nodes, err)
	}
	if _, err := ParseNodes([]byte("[]")); err == nil {
		t.Error("a list was accepted")
	}
}

func FuzzParseScaleSet(f *testing.F) {
	f.Add([]byte(`{"next":1,"machines":[{"id":"0"}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		set, err := ParseScaleSet(raw)
		if err == nil && set.Next < len(set.Machines) {
			t.Errorf("accepted %s", raw)
		}
	})
}

package probe

import "testing"

// A proxy that the environment names is not for bridges. Go itself leaves it out for loopback addresses, so that no test
// over a socket would notice one.
func TestNoProxy(t *testing.T) {
	t.Parallel()
	if own := transport(); own.Proxy != nil || !own.DisableCompression {
		t.Errorf("got %+v", own)
	}
}

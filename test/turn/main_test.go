package turn_test

import (
	"flag"
	"os"
	"testing"
)

// These tests mostly wait for the relays' timings to pass: more of them run at a time than there are processors.
func TestMain(m *testing.M) {
	flag.Parse()
	if flag.Set("test.parallel", "12") != nil {
		os.Exit(2)
	}
	os.Exit(m.Run())
}

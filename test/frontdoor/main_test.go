package frontdoor_test

import (
	"flag"
	"os"
	"testing"
)

// These tests mostly wait for the deployed timings to pass: more of them run at a time than there are processors.
func TestMain(m *testing.M) {
	flag.Parse()
	parallel := "16"
	if long() {
		parallel = "6"
	}
	if flag.Set("test.parallel", parallel) != nil {
		os.Exit(2)
	}
	os.Exit(m.Run())
}

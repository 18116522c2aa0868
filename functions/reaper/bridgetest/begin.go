package bridgetest

import "time"

// Begin waits until some moment in 2026. It is for the beginning of a test in virtual time, which takes no time for it: a
// bubble of testing/synctest begins in 2000, and a bridge that says that it started then has a broken clock.
func Begin() { <-time.After(time.Until(time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC))) }

package publish

import "net/http"

// Transport is the transport of production, for tests.
func Transport() *http.Client { return newTransport() }

// Accepted reads an answer, for tests.
func Accepted(answer []byte) error { return accepted(answer) }

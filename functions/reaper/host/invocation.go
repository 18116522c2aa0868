// Package host is the reaper's side of the contract between the Azure Functions host and a custom handler: an HTTP
// server on the loopback address that the host calls once for every tick of the timer.
// Source: Azure docs, functions-custom-handlers.
package host

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

const (
	// maxBody bounds an invocation. The host sends well under a kilobyte.
	maxBody = 64 << 10
	// maxText bounds every text that is taken over from an invocation.
	maxText = 64
)

// Invocation is what the host says about a tick. Everything in it is for the log only, and may be missing: what the
// reaper does never depends on what the host's clock or schedule says.
type Invocation struct {
	// ID tells invocations apart.
	ID string
	// Method is the function's name.
	Method string
	// UTCNow is the host's time.
	UTCNow time.Time
	// PastDue says that the host missed the scheduled moment.
	PastDue bool
	// Last and Next are the schedule's occurrences before and after this one.
	Last, Next time.Time
}

// parseInvocation reads an invocation. It insists on one JSON object and on nothing inside it: the host sends objects in
// some versions and the same objects as JSON text in others, and a tick must not be lost to such a detail.
func parseInvocation(body []byte) (Invocation, error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	var root map[string]json.RawMessage
	if err := decoder.Decode(&root); err != nil {
		return Invocation{}, fmt.Errorf("the invocation is not a JSON object: %w", err)
	}
	if root == nil {
		return Invocation{}, errors.New("the invocation is null")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Invocation{}, errors.New("the invocation goes on after its JSON object")
	}
	timer := object(object(root["Data"])["timer"])
	status := object(timer["ScheduleStatus"])
	system := object(object(root["Metadata"])["sys"])
	return Invocation{
		ID:      text(system["RandGuid"]),
		Method:  text(system["MethodName"]),
		UTCNow:  moment(system["UtcNow"]),
		PastDue: flag(timer["IsPastDue"]),
		Last:    moment(status["Last"]),
		Next:    moment(status["Next"]),
	}, nil
}

// object reads a JSON object, or a JSON string that holds one. Anything else is an empty object.
func object(raw json.RawMessage) map[string]json.RawMessage {
	var inner string
	if json.Unmarshal(raw, &inner) == nil {
		raw = json.RawMessage(inner)
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return nil
	}
	return fields
}

// text reads a JSON string and keeps what is harmless in a log: letters, digits and hyphens, at most maxText of them.
func text(raw json.RawMessage) string {
	var value string
	if json.Unmarshal(raw, &value) != nil {
		return ""
	}
	harmless := func(r rune) rune {
		if r == '-' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}
	value = strings.Map(harmless, value)
	return value[:min(len(value), maxText)]
}

// flag reads a JSON boolean, or the words true and false in a JSON string in any case. Anything else is false.
func flag(raw json.RawMessage) bool {
	return strings.EqualFold(string(bytes.Trim(bytes.TrimSpace(raw), `"`)), "true")
}

// moment reads a time. Anything else, and the host's "never" (the year 1), is the zero time.
func moment(raw json.RawMessage) time.Time {
	var value time.Time
	if json.Unmarshal(raw, &value) != nil || value.Year() <= 1 {
		return time.Time{}
	}
	return value.UTC()
}

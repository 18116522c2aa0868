// Package day plays one compressed day of a deployed environment, with all its parts alive, and judges it.
package day

import (
	"context"
	"fmt"
	"time"
)

// Step is something that happens at a time of the day.
type Step struct {
	// At is when, counted from the midnight before the day begins: 28 hours are four in the next morning.
	At time.Duration
	// Name says what, in a few words, for progress and report.
	Name string
	// Aside lets the day go on while the step is done; it must have ended when the day ends.
	Aside bool

	do func(context.Context, *World) error
}

// Script is a day: when it begins and ends, and what happens in it.
type Script struct {
	// Begins and Ends are counted as [Step.At] is.
	Begins, Ends time.Duration
	// Morning is when every bridge is to run the newest image, but for those that served throughout.
	Morning time.Duration
	// Factor is how fast the clock runs if nobody says otherwise.
	Factor float64
	// Peak is how many people meet at the busiest time.
	Peak  int
	Steps []Step
}

func at(hour, minute int) time.Duration { return time.Duration(hour*60+minute) * time.Minute }

// Names that checks and the report refer to.
const (
	zoneFailsName   = "zone " + lostZone + " is lost"
	zoneReturnsName = "zone " + lostZone + " comes back"
	newImageName    = "bridge image " + nextVersion + " is published"
)

const (
	nextVersion = "1.1.0"
	lostZone    = "1"
)

// Whole is the whole day, from one early morning to the next.
func Whole() Script {
	return Script{Begins: at(6, 30), Ends: at(30, 30), Morning: at(30, 0), Factor: 144, Peak: 600, Steps: []Step{
		{At: at(9, 0), Name: "the certificate is renewed", do: renewCertificate, Aside: true},
		{At: at(12, 0), Name: zoneFailsName, do: failZone},
		{At: at(13, 0), Name: zoneReturnsName, do: restoreZone},
		{At: at(14, 0), Name: "a proxy crashes", do: crashProxy},
		{At: at(14, 30), Name: "the reaper crashes during a tick", do: crashReaper},
		{At: at(15, 0), Name: "a node is upgraded", do: upgradeNode, Aside: true},
		{At: at(17, 0), Name: "Jitsi's image tag is upgraded", do: upgradeImageTag, Aside: true},
		{At: at(27, 30), Name: newImageName, do: publishImage},
	}}
}

// Brief is a short morning in which most of it happens, slowly enough for a busy machine.
func Brief() Script {
	return Script{Begins: at(3, 15), Ends: at(9, 15), Morning: at(8, 0), Factor: 90, Peak: 300, Steps: []Step{
		{At: at(3, 30), Name: newImageName, do: publishImage},
		{At: at(4, 30), Name: "the reaper crashes during a tick", do: crashReaper},
		{At: at(4, 45), Name: "a proxy crashes", do: crashProxy},
		{At: at(5, 30), Name: "the certificate is renewed", do: renewCertificate, Aside: true},
		{At: at(6, 0), Name: "a node is upgraded", do: upgradeNode, Aside: true},
		{At: at(8, 15), Name: zoneFailsName, do: failZone},
		{At: at(8, 45), Name: zoneReturnsName, do: restoreZone},
	}}
}

// Live is a system that goes on, at its own pace, until somebody ends it: for trying out what an operator does.
func Live() Script { return Script{Begins: at(8, 0), Ends: at(8+24*365, 0), Factor: 1, Peak: 60} }

// Named is the script of a name.
func Named(name string) (Script, error) {
	switch name {
	case "live":
		return Live(), nil
	case "whole":
		return Whole(), nil
	case "brief":
		return Brief(), nil
	default:
		return Script{}, fmt.Errorf("there is no day %q; there are whole, brief and live", name)
	}
}

// when is the time of a step; false where the script has none of that name.
func (s Script) when(name string) (time.Duration, bool) {
	for _, step := range s.Steps {
		if step.Name == name {
			return step.At, true
		}
	}
	return 0, false
}

package day

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"time"

	"jitsi-meet-azure/test/e2e/people"
)

func (w *World) startPeople(ctx context.Context) error {
	address, err := w.frontDoor()
	if err != nil {
		return err
	}
	w.crowd, err = people.Run(ctx, people.Options{
		Clock: w.clk, Domain: w.domain, Seed: w.options.Seed, Day: workingDay(), Peak: w.options.Script.Peak, Zone: w.zone,
		// Two certificates are shown in a day, both signed by nobody else; which ones is judged.
		Insecure: true, CheckEvery: clientsCheck,
		Until: w.midnight.Add(w.options.Script.Ends),
		Dial:  func(ctx context.Context) (net.Conn, error) { return w.balancer.Dial(ctx, address) },
		Log:   w.recordPeople,
	})
	return err
}

// workingDay has, besides what people do on any day, rooms in which somebody is all day: the loss of a zone at noon takes so long on
// the clock that most meetings are over before they could be whole again.
func workingDay() people.Curve {
	curve := people.WorkingDay()
	for _, room := range []string{"helpdesk", "studio", "reception", "classroom", "workshop", "lab", "newsroom", "dispatch"} {
		curve.Lasting = append(curve.Lasting, people.Lasting{Room: room, From: 7 * time.Hour, To: 16*time.Hour + 30*time.Minute, People: 4})
	}
	return curve
}

// frontDoor is where the stack's outputs say that users arrive.
func (w *World) frontDoor() (string, error) {
	if w.outputs.FrontDoor == nil {
		return "", errors.New("the stack's outputs name no front door")
	}
	address, err := netip.ParseAddr(w.outputs.FrontDoor.Address)
	if err != nil {
		return "", fmt.Errorf("the front door's address: %w", err)
	}
	where, err := url.Parse(w.outputs.FrontDoor.URL)
	if err != nil || where.Hostname() != w.domain {
		return "", fmt.Errorf("the front door's URL %q does not name the domain %s", w.outputs.FrontDoor.URL, w.domain)
	}
	return netip.AddrPortFrom(address, 443).String(), nil
}

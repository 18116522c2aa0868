package bridgetest_test

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"jitsi-meet-azure/functions/reaper/bridgetest"
)

// A bridge lives by the clock that it is given.
func TestAnotherClock(t *testing.T) {
	t.Parallel()
	now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	b := bridgetest.New(bridgetest.Settings{Nickname: "a", Now: func() time.Time { return now }})
	if b.Presence().Since != now {
		t.Errorf("it started at %s", b.Presence().Since)
	}
	if conferences, _ := b.Load(); conferences != 0 || !b.Alive() {
		t.Errorf("%d conferences, alive %v", conferences, b.Alive())
	}
	shutdown(t, b)
	now = now.Add(59 * time.Second)
	if !b.Alive() {
		t.Error("gone before the minute was over")
	}
	now = now.Add(time.Second)
	if b.Alive() {
		t.Error("alive after the minute")
	}
	b.Restart(time.Hour)
	now = now.Add(59 * time.Minute)
	if b.Alive() {
		t.Error("restarted too early")
	}
	now = now.Add(time.Minute)
	if !b.Alive() {
		t.Error("not restarted")
	}
}

// Nothing answers at the address of a machine that is gone.
func TestASocketWithoutAMachine(t *testing.T) {
	t.Parallel()
	b := bridgetest.New(bridgetest.Settings{Nickname: "a"})
	server, err := bridgetest.Serve(t.Context(), netip.MustParseAddrPort("127.0.0.1:0"), b)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	host := server.Address().String()
	until(t, func() bool { _, _, err := try(t, &http.Client{}, host); return err == nil })
	b.Destroy()
	_, _, err = try(t, &http.Client{Timeout: 200 * time.Millisecond}, host)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

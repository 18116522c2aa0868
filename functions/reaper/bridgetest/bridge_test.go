package bridgetest_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"jitsi-meet-azure/functions/reaper/bridgetest"
)

// pass lets virtual time pass.
func pass(t *testing.T, how time.Duration) {
	t.Helper()
	<-time.After(how)
}

func TestGracefulShutdown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		bridgetest.Begin()
		b := bridgetest.New(bridgetest.Settings{Nickname: "a"})
		first, err := b.StartConference(2)
		if err != nil {
			t.Fatal(err)
		}
		shutdown(t, b)
		if _, err := b.StartConference(1); !errors.Is(err, bridgetest.ErrGraceful) {
			t.Errorf("a new conference: %v", err)
		}
		pass(t, time.Hour)
		if err := b.SetConference(first, bridgetest.Conference{Local: 1, Remote: 5}); err != nil {
			t.Fatal(err)
		}
		if graceful, stopping, _ := b.Stopping(); graceful.IsZero() || !stopping.IsZero() || !b.Alive() {
			t.Errorf("with a participant: %v %v", graceful, stopping)
		}
		if err := b.EndConference(first); err != nil {
			t.Fatal(err)
		}
		if _, stopping, forced := b.Stopping(); !stopping.Equal(time.Now()) || forced {
			t.Errorf("without one: %v", stopping)
		}
		pass(t, 59*time.Second)
		if !b.Alive() {
			t.Error("gone before the minute was over")
		}
		pass(t, time.Second)
		if b.Alive() || b.Lost() != 0 {
			t.Errorf("after the minute: alive %v, lost %d", b.Alive(), b.Lost())
		}
		if _, err := b.StartConference(1); !errors.Is(err, bridgetest.ErrGone) {
			t.Errorf("a conference on nothing: %v", err)
		}
	})
}

// The state in which an idle bridge calls itself shutting down is past the one in which it refuses conferences.
func TestShuttingDownTakesConferences(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		bridgetest.Begin()
		b := bridgetest.New(bridgetest.Settings{Nickname: "a"})
		shutdown(t, b)
		if _, err := b.StartConference(3); err != nil {
			t.Errorf("got %v", err)
		}
		pass(t, time.Minute)
		if b.Alive() || b.Lost() != 1 {
			t.Errorf("alive %v, lost %d", b.Alive(), b.Lost())
		}
	})
}

func TestGracefulShutdownEndsAfterADay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		bridgetest.Begin()
		b := bridgetest.New(bridgetest.Settings{Nickname: "a"})
		if _, err := b.StartConference(1); err != nil {
			t.Fatal(err)
		}
		shutdown(t, b)
		pass(t, 24*time.Hour+time.Minute-time.Second)
		if !b.Alive() {
			t.Error("gone too early")
		}
		pass(t, time.Second)
		if b.Alive() || b.Lost() != 1 {
			t.Errorf("alive %v, lost %d", b.Alive(), b.Lost())
		}
	})
}

func TestRestartForgetsEverything(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		bridgetest.Begin()
		b := bridgetest.New(bridgetest.Settings{Nickname: "a", InitialDrain: true})
		if _, err := b.StartConference(1); err != nil {
			t.Fatal(err)
		}
		shutdown(t, b)
		b.Restart(3 * time.Second)
		if b.Alive() || b.Lost() != 1 {
			t.Errorf("alive %v, lost %d", b.Alive(), b.Lost())
		}
		pass(t, 3*time.Second)
		conferences, _ := b.Load()
		if graceful, stopping, _ := b.Stopping(); !b.Alive() || conferences != 0 || !graceful.IsZero() || !stopping.IsZero() {
			t.Errorf("alive %v, %d conferences, %v, %v", b.Alive(), conferences, graceful, stopping)
		}
		if !b.Draining() {
			t.Error("not drained, as every process of it is at first")
		}
		pass(t, 100*time.Hour)
		if !b.Alive() {
			t.Error("the shutdown of the process before ended this one")
		}
	})
}

func TestStatisticsLagBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		bridgetest.Begin()
		b := bridgetest.New(bridgetest.Settings{Nickname: "a", PresencePhase: 2 * time.Second})
		network, client := connect(b)
		made := time.Now()
		pass(t, time.Second)
		if b.Presence().Listed {
			t.Error("listed before it announced itself")
		}
		pass(t, 11*time.Second) // 12 s: statistics of 10 s, presence of 12 s
		post(t, client, "/colibri/drain/enable", "")
		if _, err := b.StartConference(4); err != nil {
			t.Fatal(err)
		}
		check := func(when string, drained, inStats, announced bool, age time.Duration) {
			t.Helper()
			stats := stats(t, client)
			if got := get(t, client, "/colibri/drain") == `{"drain":true}`; got != drained {
				t.Errorf("%s: drained %v", when, got)
			}
			if stats["drain"] != inStats || (stats["conferences"] == 1.0) != inStats || b.Presence().Draining != announced {
				t.Errorf("%s: %v, %v, %v", when, stats["drain"], stats["conferences"], b.Presence())
			}
			if at := made.Add(age).UTC().Format("2006-01-02 15:04:05.000"); stats["current_timestamp"] != at {
				t.Errorf("%s: statistics of %v, want %v", when, stats["current_timestamp"], at)
			}
		}
		check("at once", true, false, false, 10*time.Second)
		pass(t, 3*time.Second) // 15 s
		check("with the next statistics", true, true, false, 15*time.Second)
		pass(t, 2*time.Second) // 17 s
		check("with the next presence", true, true, true, 15*time.Second)
		b.Freeze(true)
		pass(t, time.Minute)
		check("frozen", true, true, true, 15*time.Second)
		if network.Calls()["GET /colibri/stats"] != 4 {
			t.Errorf("calls: %v", network.Calls())
		}
	})
}

func TestJicofoChoosesAsTheRealOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		bridgetest.Begin()
		a := bridgetest.New(bridgetest.Settings{Nickname: "a"})
		b := bridgetest.New(bridgetest.Settings{Nickname: "b"})
		jicofo := bridgetest.NewJicofo(a)
		jicofo.Add(b)
		_, atA := connect(a)
		place := func(want *bridgetest.Bridge, why string) {
			t.Helper()
			got, _, err := jicofo.Place(2)
			if want == nil {
				if !errors.Is(err, bridgetest.ErrNoBridge) {
					t.Errorf("%s: %v, %v", why, got, err)
				}
				return
			}
			if err != nil || got != want {
				t.Fatalf("%s: got %v, %v", why, got, err)
			}
		}
		place(a, "the first of two idle ones")
		place(b, "the less loaded one, before it announced that")
		post(t, atA, "/colibri/drain/enable", "")
		place(a, "drained, and Jicofo does not know yet")
		pass(t, bridgetest.Interval)
		place(b, "the one that is not drained")
		place(b, "the one that is not drained, whatever its load")
		shutdown(t, b)
		place(a, "the drained one, after the other refused")
		place(a, "the drained one, without asking the other again")
		b.Kill()
		a.SetFit(false)
		place(nil, "none")
		a.SetFit(true)
		jicofo.LoseRoom(true)
		place(nil, "none known")
	})
}

// A bridge in its graceful shutdown comes before a drained one, until it has refused once.
func TestJicofoAsksAGracefulBridgeBeforeADrainedOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		bridgetest.Begin()
		a := bridgetest.New(bridgetest.Settings{Nickname: "a"})
		b := bridgetest.New(bridgetest.Settings{Nickname: "b", InitialDrain: true})
		if _, err := a.StartConference(1); err != nil {
			t.Fatal(err)
		}
		shutdown(t, a)
		pass(t, bridgetest.Interval)
		jicofo := bridgetest.NewJicofo(a, b)
		if got, _, err := jicofo.Place(1); err != nil || got != b {
			t.Errorf("got %v, %v", got, err)
		}
		if conferences, _ := a.Load(); conferences != 1 {
			t.Errorf("%d conferences on the one that refuses", conferences)
		}
	})
}

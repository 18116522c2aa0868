package main

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/data/aztables"

	"jitsi-meet-azure/functions/reaper/decide"
	"jitsi-meet-azure/functions/reaper/remember"
	"jitsi-meet-azure/functions/reaper/remember/azuritetest"
	"jitsi-meet-azure/functions/reaper/standin"
	"jitsi-meet-azure/internal/clock"
)

// tomorrow is a clock that shows another day and runs faster.
func tomorrow(t *testing.T) clock.Clock {
	t.Helper()
	shown, err := clock.Start(time.Date(2031, time.May, 6, 7, 0, 0, 0, time.UTC), 60)
	if err != nil {
		t.Fatal(err)
	}
	return shown
}

func TestTheLogShowsTheTimeOnTheClock(t *testing.T) {
	t.Parallel()
	shown := tomorrow(t)
	var out bytes.Buffer
	log := onClock(slog.New(slog.NewJSONHandler(&out, nil)), shown).With("environment", "test").WithGroup("a")
	log.Info("hello", "b", 1)
	said := lines(t, &out)
	if len(said) != 2 || !strings.Contains(said[0]["msg"].(string), "the clock is not the real one") || said[0]["clock"] != shown.String() {
		t.Fatalf("said %v", said)
	}
	if said[1]["environment"] != "test" || said[1]["a"].(map[string]any)["b"] != 1.0 {
		t.Errorf("attributes are lost: %v", said[1])
	}
	for _, line := range said {
		at, err := time.Parse(time.RFC3339Nano, line["time"].(string))
		if since := at.Sub(shown.Shows); err != nil || since < 0 || since > time.Hour {
			t.Errorf("%v: %v after the clock's start (%v)", line["msg"], since, err)
		}
	}
	out.Reset()
	if plain := slog.New(slog.NewJSONHandler(&out, nil)); onClock(plain, clock.Clock{}) != plain || out.Len() > 0 {
		t.Errorf("with the real clock the log is another one, or says something: %s", &out)
	}
}

// The built program takes its time from the clock: what it decides on, what it stores, what it logs and what it prints.
func TestProgramRunsOnAClock(t *testing.T) {
	t.Parallel()
	shown := tomorrow(t)
	w, environ := world(t, 109, nil)
	add(t, w, 3*time.Hour)
	environ = append(environ, "REAPER_CLOCK="+shown.String())
	h := start(t, environ)
	// Its statistics are of a day long past.
	h.ticks(t, "shard a109: 1 bridges, 0 healthy")
	h.ticks(t, "shard a109: 1 bridges, 0 healthy")
	said := h.stop(t)
	seen := map[any]bool{}
	for _, line := range said {
		at, err := time.Parse(time.RFC3339Nano, line["time"].(string))
		if err != nil || at.Before(shown.Shows) || at.After(shown.Now()) {
			t.Errorf("logged at %v (%v)", line["time"], err)
		}
		seen[line["reason"]] = true
	}
	if !seen["stale-statistics"] {
		t.Errorf("to the clock the statistics are not stale: %v", said)
	}
	plan := printed(t, environ, "plan")
	if strings.Contains(plan, " 3h") || !strings.Contains(plan, "stale-statistics") {
		t.Errorf("the plan was not made on the clock:\n%s", plan)
	}
	memory := remembered(t, w, shardOf(w))
	if at := memory.LastTick; at.Before(shown.Shows) || at.After(shown.Now()) {
		t.Errorf("the last look was remembered at %v", at)
	}
}

// A clock in public Azure ends the program before it has asked anybody anything.
func TestProgramRefusesAClockInAzure(t *testing.T) {
	t.Parallel()
	_, environ := world(t, 110, func(w *standin.World) { w.Settings.ResourceManager = "https://management.azure.com" })
	var out, said bytes.Buffer
	if code := run(t.Context(), nil, append(environ, "REAPER_CLOCK="+tomorrow(t).String()), &out, &said); code != exitUsage {
		t.Errorf("exit code %d, want %d\n%s", code, exitUsage, &said)
	}
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil || !strings.Contains(line["problem"].(string), "must be a loopback address") {
		t.Errorf("said %s (%v)", &out, err)
	}
}

// printed is what a command of the program prints.
func printed(t *testing.T, environ []string, arguments ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), program, arguments...)
	command.Env = environ
	said, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	return string(said)
}

// remembered is what the tables hold about a shard.
func remembered(t *testing.T, w *standin.World, shard string) decide.Memory {
	t.Helper()
	options := &aztables.ClientOptions{}
	options.Transport = azuritetest.Shared(t).Client()
	store, err := remember.NewTables(w.Settings.TableEndpoint, azuritetest.Credential{}, options)
	if err != nil {
		t.Fatal(err)
	}
	memory, err := store.Recall(t.Context(), shard)
	if err != nil {
		t.Fatal(err)
	}
	return memory
}

package tick_test

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"jitsi-meet-azure/functions/reaper/armtest"
	"jitsi-meet-azure/functions/reaper/bridgetest"
	"jitsi-meet-azure/functions/reaper/decide"
	"jitsi-meet-azure/functions/reaper/remember"
)

// schedules is how many random schedules are played: REAPER_SCHEDULES, or a few. REAPER_SEED is the first one's seed.
func schedules(t *testing.T) (first, count uint64) {
	t.Helper()
	read := func(name string, fallback uint64) uint64 {
		text := os.Getenv(name)
		if text == "" {
			return fallback
		}
		number, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("%s: %q is not a number", name, text)
		}
		return number
	}
	return read("REAPER_SEED", 1), read("REAPER_SCHEDULES", 60)
}

// Random schedules of everything that can go wrong, over half an hour each: whatever happens, the reaper cuts no conference
// and deletes no machine twice, and once the trouble is over it works again.
func TestSchedulesOfFaults(t *testing.T) {
	t.Parallel()
	first, count := schedules(t)
	const hands = 2
	var tally sync.Mutex
	ticks, deletions, failed := 0, 0, 0
	t.Cleanup(func() {
		t.Logf("%d random schedules from seed %d: %d ticks, %d machines deleted, %d schedules with something wrong",
			count, first, ticks, deletions, failed)
		if count >= 50 && deletions == 0 {
			t.Error("nothing was ever deleted: the schedules prove nothing")
		}
	})
	for hand := range uint64(hands) {
		t.Run(strconv.FormatUint(hand, 10), func(t *testing.T) {
			t.Parallel()
			for seed := first + hand; seed < first+count; seed += hands {
				played, deleted, wrong := playSchedule(t, seed)
				tally.Lock()
				ticks, deletions = ticks+played, deletions+deleted
				if len(wrong) > 0 {
					failed++
				}
				tally.Unlock()
				if len(wrong) > 0 {
					t.Errorf("seed %d (REAPER_SEED=%d REAPER_SCHEDULES=1 plays it alone):\n  %s", seed, seed, strings.Join(wrong, "\n  "))
				}
			}
		})
	}
}

func playSchedule(t *testing.T, seed uint64) (ticks, deletions int, wrong []string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		<-time.After(time.Until(opening))
		p := newPlay(t, seed, 2+int(seed%3))
		for range 25 {
			p.minute()
			ticks++
		}
		wrong = p.calm()
		ticks += calmMinutes
		wrong = append(wrong, p.judge()...)
		deletions = len(p.cloud.Deleted())
	})
	return ticks, deletions, wrong
}

// minute is a minute of life and a tick at its end, with trouble.
func (p *play) minute() {
	for range 12 {
		p.step()
		switch p.rng.IntN(14) {
		case 0, 1:
			p.place()
		case 2, 3:
			p.end()
		case 4:
			if p.rng.IntN(4) == 0 {
				p.trouble()
			}
		}
	}
	operations, storeFails := -1, 0.0
	switch p.rng.IntN(6) {
	case 0:
		operations = p.rng.IntN(40)
	case 1:
		storeFails = 0.3
	case 2:
		p.breakSomething()
	case 3:
		p.jump = []time.Duration{-2 * time.Minute, 2 * time.Minute, time.Hour, -time.Hour, 24 * time.Hour}[p.rng.IntN(5)]
	}
	defer p.mend()
	if p.rng.IntN(3) == 0 {
		defer p.slipIn()()
	}
	if p.rng.IntN(8) == 0 { // two at once
		var both sync.WaitGroup
		both.Go(func() { _, _ = p.reaper(-1, storeFails).Tick(p.t.Context(), "other") })
		_, _ = p.tick(operations, storeFails)
		both.Wait()
	} else {
		_, _ = p.tick(operations, storeFails)
	}
}

// slipIn has a conference start while a tick is going on, on a drained bridge rather than on another: to Jicofo drained is
// a preference only. Its answer waits for that.
func (p *play) slipIn() (wait func()) {
	candidates := slices.DeleteFunc(slices.Clone(p.members), func(m *member) bool { return m.gone })
	if len(candidates) == 0 {
		return func() {}
	}
	into := candidates[p.rng.IntN(len(candidates))]
	for _, m := range candidates {
		if m.bridge.Draining() {
			into = m
		}
	}
	after, conference := time.Duration(p.rng.IntN(250))*time.Millisecond, 0
	var starting sync.WaitGroup
	starting.Go(func() {
		<-time.After(after)
		if !into.bridge.Presence().ShuttingDown {
			conference, _ = into.bridge.StartConference(2)
		}
	})
	return func() {
		starting.Wait()
		if conference > 0 {
			into.live[conference] = true
		}
	}
}

func (p *play) mend() {
	p.jump = 0
	p.cloud.Mend()
	p.jicofo.Mend()
	for _, m := range p.members {
		m.bridge.Mend()
	}
}

// trouble is something that happens to a bridge or its machine, or to the tables.
func (p *play) trouble() {
	m := p.members[p.rng.IntN(len(p.members))]
	if m.gone {
		return
	}
	switch p.rng.IntN(8) {
	case 0:
		p.excuse(m, func() { m.bridge.Restart(time.Duration(1+p.rng.IntN(20)) * time.Second) })
	case 1:
		p.excuse(m, m.bridge.Kill)
	case 2:
		m.bridge.SetFit(false)
	case 3:
		m.bridge.SetFit(true)
	case 4:
		m.bridge.Freeze(p.rng.IntN(2) == 0)
	case 5:
		m.bridge.CutOff(p.rng.IntN(2) == 0)
	case 6:
		if len(p.members) < 9 {
			p.add(0)
		}
	case 7:
		if p.rng.IntN(4) == 0 {
			p.store = remember.NewVolatile() // the tables are lost
		}
	}
}

// breakSomething breaks a call or an answer until the tick is over.
func (p *play) breakSomething() {
	switch p.rng.IntN(3) {
	case 0:
		p.cloud.Break(
			[]armtest.Call{armtest.ListMachines, armtest.ListInterfaces, armtest.DeleteInstances, armtest.ReadMetrics}[p.rng.IntN(4)],
			p.azureFault())
	case 1:
		m := p.members[p.rng.IntN(len(p.members))]
		path := []string{
			"", "/about/health", "/colibri/stats", "/colibri/drain", "/metrics", "/colibri/drain/enable", "/colibri/drain/disable", "/colibri/shutdown",
		}[p.rng.IntN(8)]
		m.bridge.Break(path, p.hostFault())
	case 2:
		p.jicofo.Break("", p.hostFault())
	}
}

func (p *play) azureFault() armtest.Fault {
	status := []int{
		http.StatusForbidden, http.StatusNotFound, http.StatusConflict, http.StatusPreconditionFailed, http.StatusTooManyRequests,
		http.StatusInternalServerError,
	}[p.rng.IntN(6)]
	fault := armtest.Fault{
		Kind: []armtest.Kind{
			armtest.Refuse, armtest.Refuse, armtest.Hang, armtest.Drop, armtest.Lose, armtest.Answer, armtest.Flood,
		}[p.rng.IntN(7)],
		Status: status, Code: "Broken", Body: `{"value":[{"instanceId":`, Page: p.rng.IntN(3), Times: p.rng.IntN(3),
	}
	if status == http.StatusTooManyRequests {
		fault.RetryAfter = time.Duration(1+p.rng.IntN(120)) * time.Second
	}
	return fault
}

// hostFault never lets a port refuse connections behind which a process lives: no such process does.
func (p *play) hostFault() bridgetest.Fault {
	return bridgetest.Fault{
		Kind: []bridgetest.Kind{
			bridgetest.Reply, bridgetest.Reply, bridgetest.Flood, bridgetest.Hang, bridgetest.Lose, bridgetest.Stall, bridgetest.Cut,
			bridgetest.Reset, bridgetest.Unreachable,
		}[p.rng.IntN(9)],
		Status: []int{200, 403, 404, 429, 500}[p.rng.IntN(5)], Body: []string{"", "{", `{"drain":"no"}`, `{"conferences":0}`, "OK"}[p.rng.IntN(5)],
	}
}

// calmMinutes are enough for a removal to come to its end, also for one that waits for a deletion that Azure accepted and
// forgot.
const calmMinutes = 14

// calm is a time without trouble: every tick works, and what was under way comes to its end unless a conference is on it.
func (p *play) calm() (wrong []string) {
	p.mend()
	for _, m := range p.members {
		m.bridge.SetFit(true)
		m.bridge.Freeze(false)
		m.bridge.CutOff(false)
	}
	for range 200 {
		p.end()
	}
	before := map[decide.Slot]decide.Removal{}
	for minute := range calmMinutes {
		for range 12 {
			p.step()
		}
		outcomes, err := p.tick(-1, 0)
		if err != nil {
			wrong = append(wrong, fmt.Sprintf("a tick in calm fails: %v", err))
		}
		for _, step := range outcomes[0].Plan.Steps {
			switch minute {
			case 0:
				before[step.Slot] = step.Record
			case calmMinutes - 1:
				if !step.Close && before[step.Slot].Began.Equal(step.Record.Began) && step.Reason != decide.Silent {
					wrong = append(wrong, fmt.Sprintf("the removal of %s does not end: %s %s", step.Record.Machine, step.Record.Phase, step.Reason))
				}
			}
		}
	}
	return wrong
}

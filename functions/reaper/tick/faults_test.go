package tick_test

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"jitsi-meet-azure/functions/reaper/armtest"
	"jitsi-meet-azure/functions/reaper/bridgetest"
	"jitsi-meet-azure/functions/reaper/decide"
)

// retirementTicks are enough for one undisturbed retirement: drain, shut down, find it ended twice, delete, gone.
const retirementTicks = 7

// retire plays ticks a minute apart on a shard with two idle bridges, of which the older is to be retired, and disturbs
// one of them.
func retire(t *testing.T, disturbed int, disturb func(*play), crash int) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		<-time.After(time.Until(opening.Add(time.Hour))) // the minimum is not raised before tomorrow
		p := newPlay(t, 1, 0)
		old, _ := p.add(3*time.Hour), p.add(2*time.Hour)
		for minute := range retirementTicks + 4 {
			for range 12 {
				p.step()
			}
			operations := -1
			if minute == disturbed {
				disturb(p)
				operations = crash
			}
			if _, err := p.tick(operations, 0); err != nil && minute != disturbed {
				t.Errorf("a tick without trouble, %d after it: %v", minute-disturbed, err)
			}
			p.mend()
		}
		for _, wrong := range p.judge() {
			t.Error(wrong)
		}
		if deleted := p.cloud.Deleted(); len(deleted) != 1 || deleted[0] != old.machine.VMID {
			t.Errorf("deleted %v, want %s alone", deleted, old.machine.VMID)
		}
		memory, err := p.store.Recall(t.Context(), "a")
		if err != nil || len(memory.Slots) > 0 {
			t.Errorf("still under way: %v (%v)", memory.Slots, err)
		}
	})
}

// Every fault, at every tick of a retirement: it is carried through all the same, once, after the trouble.
func TestEveryFaultAtEveryStep(t *testing.T) {
	t.Parallel()
	type fault struct {
		name    string
		disturb func(*play)
	}
	var faults []fault
	for _, call := range []armtest.Call{armtest.ListMachines, armtest.ListInterfaces, armtest.DeleteInstances} {
		for name, f := range map[string]armtest.Fault{
			"403":                      {Kind: armtest.Refuse, Status: http.StatusForbidden, Code: "AuthorizationFailed"},
			"404":                      {Kind: armtest.Refuse, Status: http.StatusNotFound, Code: "ResourceNotFound"},
			"409":                      {Kind: armtest.Refuse, Status: http.StatusConflict, Code: "Conflict"},
			"412":                      {Kind: armtest.Refuse, Status: http.StatusPreconditionFailed, Code: "PreconditionFailed"},
			"429 and a long wait":      {Kind: armtest.Refuse, Status: http.StatusTooManyRequests, Code: "TooManyRequests", RetryAfter: 10 * time.Minute},
			"500":                      {Kind: armtest.Refuse, Status: http.StatusInternalServerError, Code: "InternalServerError"},
			"a hang":                   {Kind: armtest.Hang},
			"an answer that gets lost": {Kind: armtest.Lose},
			"half a page":              {Kind: armtest.Answer, Body: `{"value":[{"instanceId":"0",`},
			"a huge body":              {Kind: armtest.Flood},
		} {
			if call == armtest.DeleteInstances && f.Kind == armtest.Answer {
				continue // Azure said yes: only after ten minutes without a sign of it is the machine deleted again
			}
			faults = append(faults, fault{string(call) + ", " + name, func(p *play) { p.cloud.Break(call, f) }})
		}
	}
	for _, path := range []string{
		"", "/about/health", "/colibri/stats", "/colibri/drain", "/metrics", "/colibri/drain/enable", "/colibri/shutdown",
	} {
		for name, f := range map[string]bridgetest.Fault{
			"403":                      {Kind: bridgetest.Reply, Status: http.StatusForbidden},
			"429":                      {Kind: bridgetest.Reply, Status: http.StatusTooManyRequests},
			"500":                      {Kind: bridgetest.Reply, Status: http.StatusInternalServerError},
			"nonsense":                 {Kind: bridgetest.Reply, Status: http.StatusOK, Body: `{"drain":"no","conferences":-1`},
			"a hang":                   {Kind: bridgetest.Hang},
			"a huge body":              {Kind: bridgetest.Flood},
			"an answer that gets lost": {Kind: bridgetest.Lose},
			"half an answer":           {Kind: bridgetest.Cut},
		} {
			faults = append(faults, fault{"bridges, " + path + ", " + name, func(p *play) {
				for _, m := range p.members {
					m.bridge.Break(path, f)
				}
			}})
		}
	}
	for _, jump := range []time.Duration{-time.Hour, -20 * time.Second, 20 * time.Second, time.Hour, 48 * time.Hour} {
		faults = append(faults, fault{fmt.Sprintf("the reaper's clock jumps by %s", jump), func(p *play) { p.jump = jump }})
	}
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			for minute := range retirementTicks {
				retire(t, minute, f.disturb, -1)
			}
		})
	}
}

// The process is killed after every operation of every tick.
func TestKilledAfterEveryOperation(t *testing.T) {
	t.Parallel()
	for minute := range retirementTicks {
		t.Run(fmt.Sprintf("tick %d", minute), func(t *testing.T) {
			t.Parallel()
			for operations := range 24 {
				retire(t, minute, func(*play) {}, operations)
			}
		})
	}
}

// The audit explains the retirement: what was done, to whom, and why.
func TestTheAuditExplainsARetirement(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		<-time.After(time.Until(opening.Add(time.Hour)))
		p := newPlay(t, 1, 0)
		old := p.add(3 * time.Hour)
		p.add(2 * time.Hour)
		for range retirementTicks {
			for range 12 {
				p.step()
			}
			if _, err := p.tick(-1, 0); err != nil {
				t.Fatal(err)
			}
		}
		var told []string
		for _, row := range p.store.Rows("decisions") {
			if row["Machine"] == old.machine.VMID {
				told = append(told, fmt.Sprintf("%v %v", row["Action"], row["Reason"]))
			}
		}
		want := []string{
			"drain " + string(decide.IdleAndOldest), "shutdown " + string(decide.StillIdle), "keep " + string(decide.RefusedOnce),
			"delete " + string(decide.ProcessGone), "keep " + string(decide.Gone),
		}
		if fmt.Sprint(told) != fmt.Sprint(want) {
			t.Errorf("the audit says %q\nwant           %q", told, want)
		}
		if rows := p.store.Rows("usage"); len(rows) < retirementTicks {
			t.Errorf("%d rows of usage", len(rows))
		}
	})
}

// A metrics API that hangs for a suspect takes a few seconds of a tick, and keeps nobody else from being retired. And the
// audit never says that something was done that was not.
func TestHangingMetricsHoldNothingUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		<-time.After(time.Until(opening.Add(time.Hour)))
		p := newPlay(t, 1, 0)
		old, gone := p.add(3*time.Hour), p.add(2*time.Hour)
		p.add(time.Hour)
		_, _ = old.bridge.StartConference(2) // until the other one is a suspect
		p.excuse(gone, gone.bridge.Kill)
		p.cloud.Break(armtest.ReadMetrics, armtest.Fault{Kind: armtest.Hang})
		for minute := range 30 {
			for range 12 {
				p.step()
			}
			if minute == 18 {
				_ = old.bridge.EndConference(1)
			}
			if _, err := p.tick(-1, 0); err != nil {
				t.Errorf("tick %d: %v", minute, err)
			}
		}
		if calls := p.cloud.Calls()[armtest.ReadMetrics]; calls == 0 {
			t.Error("nobody asked for metrics: the test proves nothing")
		}
		if deleted := p.cloud.Deleted(); len(deleted) != 1 || deleted[0] != old.machine.VMID {
			t.Errorf("deleted %v, want %s alone", deleted, old.machine.VMID)
		}
	})
}

func TestTheAuditTellsWhatFailed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		<-time.After(time.Until(opening.Add(time.Hour)))
		p := newPlay(t, 1, 0)
		old := p.add(3 * time.Hour)
		p.add(2 * time.Hour)
		<-time.After(10 * time.Second)
		old.bridge.Break("/colibri/drain/enable", bridgetest.Fault{Kind: bridgetest.Reply, Status: http.StatusInternalServerError})
		outcomes, err := p.tick(-1, 0)
		if err == nil || outcomes[0].Failed[decide.SlotRetirement] == nil {
			t.Errorf("a drain that failed is told as %v, %v", err, outcomes[0].Failed)
		}
		for _, row := range p.store.Rows("decisions") {
			if row["Machine"] == old.machine.VMID && row["Action"] != "failed to drain" {
				t.Errorf("the audit says %v", row)
			}
		}
	})
}

package day

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"jitsi-meet-azure/test/e2e/azure"
	"jitsi-meet-azure/test/e2e/meeting"
	"jitsi-meet-azure/test/e2e/people"
	"jitsi-meet-azure/test/e2e/report"
)

// How often the day is looked at and told about, on the clock.
const (
	lookEvery = 2 * time.Minute
	tellEvery = 30 * time.Minute
)

// look is what there was at a moment.
type look struct {
	at     time.Time
	people people.Snapshot
	fleets map[string][]azure.Status
	// conferences by the bridge that carries them.
	conferences map[string]int
	rooms       map[string]int // conferences by shard
	doors       map[string]report.DoorState
	webs        map[string]int // web servers by shard
}

// record is what happened.
type record struct {
	looks  []look
	checks []report.Check
	notes  []Note
}

// Note is something that happened.
type Note struct {
	At   time.Time
	Kind string
	// Shard may be empty.
	Shard string
	Text  string
}

// play has the script's steps done at their times, and looks at everything in between. Nothing that it started goes on when it
// returns, unless a step does not even end with its context.
func (w *World) play(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	ends := w.midnight.Add(w.options.Script.Ends)
	var watching, aside sync.WaitGroup
	watching.Go(func() { w.watch(ctx, ends) })
	watching.Go(func() { w.guard(ctx, stop) })
	for _, step := range w.options.Script.Steps {
		if w.clk.Until(ctx, w.midnight.Add(step.At)) != nil {
			break
		}
		w.say("%s", step.Name)
		w.mark("step", "", step.Name)
		run := func() {
			if err := step.do(ctx, w); err != nil {
				w.judge(step.Name, false, err.Error())
			}
		}
		if step.Aside {
			aside.Go(run)
			continue
		}
		run()
	}
	_ = w.clk.Until(ctx, ends)
	// Steps aside had until now; some real time more is for a busy machine.
	w.join(ctx, &aside, time.Minute)
	err := context.Cause(ctx)
	stop(nil)
	w.join(context.WithoutCancel(ctx), &aside, 10*time.Second)
	watching.Wait()
	return err
}

// join waits for the steps that were let go aside, at most for a real time; one that goes on has failed.
func (w *World) join(ctx context.Context, aside *sync.WaitGroup, limit time.Duration) {
	done := make(chan struct{})
	go func() {
		aside.Wait()
		close(done)
	}()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-done:
	case <-ctx.Done():
	case <-timer.C:
		w.judge("every step has ended with the day", false, "one goes on")
	}
}

// guard ends the day when the control plane ends.
func (w *World) guard(ctx context.Context, stop context.CancelCauseFunc) {
	select {
	case <-ctx.Done():
	case <-w.plane.Done():
		stop(fmt.Errorf("the control plane ended: %w", w.plane.Err()))
	}
}

// watch looks at everything until the day ends.
func (w *World) watch(ctx context.Context, ends time.Time) {
	told := time.Time{}
	for w.clk.Now().Before(ends) {
		seen := w.lookAround(ctx)
		if seen.at.Sub(told) >= tellEvery {
			told = seen.at
			w.say("%s", w.sentence(seen))
		}
		if w.clk.Sleep(ctx, lookEvery) != nil {
			return
		}
	}
}

func (w *World) lookAround(ctx context.Context) look {
	seen := look{
		at: w.clk.Now(), people: w.crowd.Now(), fleets: map[string][]azure.Status{}, conferences: map[string]int{}, rooms: map[string]int{},
		doors: w.doors(ctx),
	}
	for _, shard := range w.shardNames() {
		seen.fleets[shard] = w.cloud.Fleet(shard)
		for _, conference := range w.shards[shard].Conferences() {
			seen.conferences[conference.Bridge]++
			seen.rooms[shard]++
		}
	}
	seen.webs = w.countWebs(ctx)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.record.looks = append(w.record.looks, seen)
	return seen
}

// up are the machines that serve or are about to end serving.
func up(fleet []azure.Status) []azure.Status {
	return slices.DeleteFunc(slices.Clone(fleet), func(m azure.Status) bool {
		return m.State != azure.Serving && m.State != azure.Draining
	})
}

// images counts those machines by the version of their image.
func images(fleet []azure.Status) map[string]int {
	counts := map[string]int{}
	for _, m := range up(fleet) {
		counts[m.Image]++
	}
	return counts
}

// sentence is one line of progress.
func (w *World) sentence(seen look) string {
	parts := []string{fmt.Sprintf("%4d people in %3d rooms", seen.people.Joined, seen.people.Rooms)}
	for _, shard := range w.shardNames() {
		counts := images(seen.fleets[shard])
		var fleet []string
		for _, image := range slices.Sorted(maps.Keys(counts)) {
			fleet = append(fleet, fmt.Sprintf("%d×%s", counts[image], image))
		}
		if len(fleet) == 0 {
			fleet = []string{"no bridge"}
		}
		parts = append(parts, fmt.Sprintf("%s: %4d on %s", shard, seen.people.Shards[shard].People, strings.Join(fleet, " ")))
	}
	ticks := w.reaper.Ticks()
	return strings.Join(append(parts, fmt.Sprintf("reaper %d ticks, %d failed", ticks.Run, ticks.Failed)), " · ")
}

// say prints a line of progress.
func (w *World) say(format string, values ...any) {
	fmt.Fprintf(w.options.Progress, "%s  %s\n", w.shown(w.clk.Now()), fmt.Sprintf(format, values...))
}

// shown is a time as the wall clocks of the environment show it.
func (w *World) shown(at time.Time) string { return at.In(w.zone).Format("Mon 15:04") }

// judge records whether something holds that must hold.
func (w *World) judge(name string, ok bool, detail string) {
	w.mu.Lock()
	w.record.checks = append(w.record.checks, report.Check{Name: name, OK: ok, Detail: detail})
	w.mu.Unlock()
	if !ok {
		w.say("FAILED: %s: %s", name, detail)
	}
}

// note records what a part has to say.
func (w *World) note(format string, values ...any) { w.mark("log", "", fmt.Sprintf(format, values...)) }

func (w *World) mark(kind, shard, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := Note{At: w.clk.Now(), Kind: kind, Shard: shard, Text: text}
	w.record.notes = append(w.record.notes, n)
	if w.log != nil {
		fmt.Fprintf(w.log, "%s %s\n", time.Now().Format("15:04:05.000"), w.line(n))
	}
}

// line is a note as a line of the log.
func (w *World) line(n Note) string {
	parts := []string{n.At.In(w.zone).Format("Mon 15:04:05"), n.Kind, n.Shard, n.Text}
	return strings.Join(slices.DeleteFunc(parts, func(part string) bool { return part == "" }), " ")
}

func (w *World) recordPeople(e people.Event) { w.mark(string(e.Kind), "", e.Room+": "+e.Text) }

func (w *World) recordMeeting(e meeting.Event) { w.mark(string(e.Kind), e.Shard, e.Room+": "+e.Text) }

func (w *World) recordAzure(e azure.Event) {
	w.mark(string(e.Kind), e.Shard, fmt.Sprintf("%s %s (%s), capacity %d: %s",
		e.Machine.Instance, e.Machine.VMID, e.Machine.Image, e.Capacity, e.Text))
}

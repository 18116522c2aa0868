package day

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"jitsi-meet-azure/functions/reaper/gauge"
	"jitsi-meet-azure/functions/reaper/remember"
	"jitsi-meet-azure/test/e2e/azure"
	"jitsi-meet-azure/test/e2e/azure/load"
)

// checkFleet judges what there is in the next morning.
func (w *World) checkFleet() {
	violations := w.cloud.Violations()
	w.judge("no shard was ever below its minimum of bridges", len(violations) == 0, strings.Join(violations, "; "))
	_, recycled, planned := w.recycle()
	if !planned {
		w.judge("the bridges are recycled within the day", false, "the script or the configuration have it at another time")
		return
	}
	morning, seen := w.lookAt(w.midnight.Add(w.options.Script.Morning))
	if !seen {
		w.judge("somebody looked in the morning", false, "nobody did")
		return
	}
	var old, excused []string
	for _, shard := range w.shardNames() {
		for _, m := range up(morning.fleets[shard]) {
			if m.Image == nextVersion {
				continue
			}
			named := fmt.Sprintf("%s of shard %s (%s, made %s)", m.Instance, shard, m.Image, w.shown(m.Created))
			if w.keptThroughout(shard, m, w.turn(shard, recycled, morning.at), morning.at) {
				excused = append(excused, named)
				continue
			}
			old = append(old, named)
		}
	}
	w.judge("by the next morning every bridge runs the newest image, except those that served, or were the reserve, throughout",
		len(old) == 0,
		fmt.Sprintf("older: %s; served a conference or were the reserve throughout: %s", list(old), list(excused)))
}

// recycle is when the minimum was raised with the new image at hand; false where that is not in the day.
func (w *World) recycle() (from, to time.Time, planned bool) {
	published, is := w.options.Script.when(newImageName)
	told := w.settings.Autoscale.Recycle
	from = time.Date(w.midnight.Year(), w.midnight.Month(), w.midnight.Day(), told.Hour, told.Minute, 0, 0, w.zone)
	if from.Before(w.midnight.Add(published)) {
		from = from.AddDate(0, 0, 1)
	}
	to = from.Add(told.Window)
	return from, to, is && to.Before(w.midnight.Add(w.options.Script.Ends))
}

// lookAt is the last look before a moment.
func (w *World) lookAt(moment time.Time) (found look, looked bool) {
	for _, seen := range w.seen.looks {
		if seen.at.After(moment) {
			break
		}
		found, looked = seen, true
	}
	return found, looked
}

// keptThroughout says that whenever anybody looked between two moments a machine, or one that is older and is not gone, had a conference
// or was the reserve: the reaper takes the oldest alone.
func (w *World) keptThroughout(shard string, m azure.Status, from, to time.Time) bool {
	looked := 0
	for _, seen := range w.seen.looks {
		if !seen.at.After(from) || seen.at.After(to) {
			continue
		}
		looked++
		if !slices.ContainsFunc(up(seen.fleets[shard]), func(other azure.Status) bool {
			return !other.Created.After(m.Created) && (seen.conferences[other.VMID] > 0 || w.isReserve(other, seen.fleets[shard]))
		}) {
			return false
		}
	}
	return looked > 0
}

// turn is when the turn of the machines came that are there at a moment: with a reserve the reaper can retire as many as the night
// brought, one after the other, and whoever comes next has to stay.
func (w *World) turn(shard string, recycled, until time.Time) time.Time {
	turn := recycled
	for _, e := range w.cloud.Events() {
		if w.reserve() > 0 && e.Shard == shard && e.Kind == azure.Reaped && e.At.After(turn) && e.At.Before(until) {
			turn = e.At
		}
	}
	return turn
}

// reserve is the warm reserve, in bridges.
func (w *World) reserve() float64 { return float64(w.settings.Autoscale.ReservePercent) / 100 }

// isReserve says that a shard would have less than its reserve free without a machine.
func (w *World) isReserve(m azure.Status, fleet []azure.Status) bool {
	var others []float64
	for _, other := range fleet {
		if other.VMID != m.VMID && other.State == azure.Serving {
			others = append(others, load.Stress(other.Participants))
		}
	}
	return w.reserve() > 0 && gauge.SpareOf(others) < w.reserve()
}

// checkAudit judges that the reaper's own record explains every machine that it deleted.
func (w *World) checkAudit(ctx context.Context) {
	entries, err := w.reaper.Decisions(ctx)
	if err != nil {
		w.judge("the audit can be read", false, err.Error())
		return
	}
	w.audit = entries
	var unexplained []string
	reaped := 0
	for _, event := range w.cloud.Events() {
		if event.Kind != azure.Reaped {
			continue
		}
		reaped++
		if !slices.ContainsFunc(entries, func(e remember.Entry) bool { return explains(e, event) }) {
			unexplained = append(unexplained, fmt.Sprintf("%s of shard %s at %s", event.Machine.Instance, event.Shard, w.shown(event.At)))
		}
	}
	w.judge("the audit explains every retirement", len(unexplained) == 0 && reaped > 0,
		fmt.Sprintf("%d machines deleted, %d entries; without an entry: %s", reaped, len(entries), list(unexplained)))
}

// explains says that an entry is about the deletion of a machine and gives a reason.
func explains(e remember.Entry, event azure.Event) bool {
	return e.Machine == event.Machine.VMID && e.Shard == event.Shard && e.Reason != "" && e.When.Sub(event.At).Abs() < 10*time.Minute
}

// checkReaper judges that the reaper was called as often as its schedule says: a tick that comes due while another runs may be left out.
func (w *World) checkReaper() {
	ticks := w.reaper.Ticks()
	due := int((w.options.Script.Ends - w.options.Script.Begins) / w.settings.Reaper.Pause())
	w.judge("the reaper ran through the day",
		ticks.Run+ticks.Missed >= due*9/10 && ticks.Run >= due/2 && ticks.Failed <= ticks.Crashes+ticks.Run/100,
		fmt.Sprintf("%d ticks were due; %d ran, %d failed, %d late, %d missed, %d crashes, the longest took %s, all together %s",
			due, ticks.Run, ticks.Failed, ticks.Late, ticks.Missed, ticks.Crashes,
			ticks.Longest.Round(time.Millisecond), ticks.Total.Round(time.Second)))
}

// checkPublished judges that the engine was told of every shard's bridges: by at least half of the reaper's ticks, since a lost zone
// has none that report.
func (w *World) checkPublished() {
	from, to := w.midnight.Add(w.options.Script.Begins), w.midnight.Add(w.options.Script.Ends)
	ticks := w.reaper.Ticks().Run
	ok := true
	var told []string
	for _, shard := range w.shardNames() {
		minutes := w.cloud.Published(shard, from, to)
		ok = ok && minutes >= ticks/2
		told = append(told, fmt.Sprintf("%d minutes of shard %s", minutes, shard))
	}
	w.judge("the reaper published how loaded the bridges are", ok, fmt.Sprintf("%s, in %d ticks", strings.Join(told, ", "), ticks))
}

func list(all []string) string {
	if len(all) == 0 {
		return "none"
	}
	return strings.Join(all, ", ")
}

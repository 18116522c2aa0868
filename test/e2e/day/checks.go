package day

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"jitsi-meet-azure/test/e2e/meeting"
	"jitsi-meet-azure/test/e2e/people"
)

// wholeWithin is how long, in real time, the conferences of a lost zone may take until they are whole again on another shard: the
// proxies' checks take a shard down after twelve seconds, and clients come back by and by.
const wholeWithin = 45 * time.Second

// check judges the day as a whole.
func (w *World) check(ctx context.Context) {
	w.mu.Lock()
	w.seen = record{looks: slices.Clone(w.record.looks), notes: slices.Clone(w.record.notes)}
	w.mu.Unlock()
	w.checkCuts()
	w.checkMoves()
	w.checkPeople()
	w.checkFleet()
	w.checkAudit(ctx)
	w.checkReaper()
	w.checkPublished()
	w.checkScaling()
	w.checkSimulator(ctx)
}

// zoneLost says that the zone was being lost at a time.
func (w *World) zoneLost(at time.Time) bool { return w.within(at, w.lost, together) }

// within says that a time lies no further behind a moment than a real time; never where the moment has not been.
func (w *World) within(at, moment time.Time, limit time.Duration) bool {
	return !moment.IsZero() && !at.Before(moment) && at.Before(moment.Add(w.clk.Shown(limit)))
}

// together is how far apart, in real time, the parts of a zone may end.
const together = 5 * time.Second

func (w *World) checkCuts() {
	var wrong []string
	lost := 0
	for _, shard := range w.shardNames() {
		for _, cut := range w.shards[shard].Cuts() {
			if w.excused(shard, cut) {
				lost++
				continue
			}
			wrong = append(wrong, fmt.Sprintf("%s %s on shard %s with %d participants: %s",
				w.shown(cut.At), cut.Room, shard, cut.Participants, cut.Cause))
		}
	}
	w.judge("no conference was cut, except by the lost zone", len(wrong) == 0 && lost > 0,
		fmt.Sprintf("%d cut by the lost zone; others: %s", lost, list(wrong)))
}

// excused says that a cut is the lost zone's.
func (w *World) excused(shard string, cut meeting.Cut) bool {
	causes := []meeting.Cause{meeting.ShardLost, meeting.BridgeLost, meeting.ProsodyKilled, meeting.JicofoKilled}
	return w.isLost(shard) && w.zoneLost(cut.At) && slices.Contains(causes, cut.Cause)
}

func (w *World) isLost(shard string) bool {
	return strconv.Itoa(w.outputs.Shards[shard].Zone) == lostZone
}

// checkMoves judges that the rooms of the lost zone became whole on another shard, and that no other room moved.
func (w *World) checkMoves() {
	ledger := w.crowd.Ledger()
	whole, wrong := w.movedWhole(ledger.Moves)
	cut, ended := 0, 0
	for _, shard := range w.shardNames() {
		for _, c := range w.shards[shard].Cuts() {
			switch {
			case !w.excused(shard, c):
			case whole[c.Room]:
				cut++
			case w.goesOn(c):
				wrong = append(wrong, c.Room+" was cut and did not become whole")
			default:
				ended++
			}
		}
	}
	w.judge("rooms moved only off the lost zone, and are whole again on another shard", len(wrong) == 0 && len(whole) > 0,
		fmt.Sprintf("%d rooms became whole, %d of them were cut in a conference; %d meetings ended first; wrong: %s",
			len(whole), cut, ended, list(wrong)))
	var split []string
	for _, parting := range ledger.LongPartings() {
		split = append(split, fmt.Sprintf("%s at %s for %s", parting.Room, w.shown(parting.At), parting.Lasted))
	}
	w.judge("no room was on two shards for longer than clients need to notice", len(split) == 0,
		fmt.Sprintf("%d rooms were for a moment; too long: %s", len(ledger.Partings), list(split)))
}

// movedWhole are the rooms that became whole on another shard because theirs was lost, and what is wrong with other moves.
func (w *World) movedWhole(moves []people.Move) (whole map[string]bool, wrong []string) {
	whole = map[string]bool{}
	for _, move := range moves {
		switch {
		case !w.isLost(move.From) || !w.zoneLost(move.Began):
			wrong = append(wrong, fmt.Sprintf("%s %s moved from %s to %s", w.shown(move.Began), move.Room, move.From, move.To))
		case move.Took > wholeWithin:
			wrong = append(wrong, fmt.Sprintf("%s took %s to be whole on %s", move.Room, move.Took, move.To))
		case !move.Whole.IsZero():
			whole[move.Room] = true
		}
	}
	return whole, wrong
}

// goesOn says that at least two people mean to be in a room for long enough after a cut to be together again.
func (w *World) goesOn(c meeting.Cut) bool {
	until := c.At.Add(w.clk.Shown(wholeWithin))
	for _, planned := range w.crowd.Plan() {
		staying := 0
		for _, stay := range planned.Stays {
			if stay.From.Before(c.At) && stay.To.After(until) {
				staying++
			}
		}
		if planned.Room == c.Room && staying > 1 {
			return true
		}
	}
	return false
}

// Where a stay of minutes on the clock may be over before somebody gets in, because others go by real time: the front door takes half a
// minute to give up a shard, and proxies of a zone that has come back are offered users until the cluster has seen them afresh.
const offeredWithin = 15 * time.Second

func (w *World) checkPeople() {
	ledger := w.crowd.Ledger()
	excused := 0
	var others []string
	for _, n := range w.seen.notes {
		switch {
		case n.Kind != string(people.Never):
		case w.within(n.At, w.lost, wholeWithin), w.within(n.At, w.back, offeredWithin):
			excused++
		default:
			others = append(others, w.shown(n.At)+" "+n.Text)
		}
	}
	w.judge("everybody got into their meeting, but for stays that ended while the front door gave up the lost zone",
		len(others) == 0 && excused+ledger.Joins == ledger.Due,
		fmt.Sprintf("%d were due, %d joined; %d such stays; others: %s; the slowest took %s",
			ledger.Due, ledger.Joins, excused, list(others[:min(len(others), 5)]), ledger.SlowestJoin.Round(time.Millisecond)))
}

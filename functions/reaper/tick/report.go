package tick

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"jitsi-meet-azure/functions/reaper/decide"
	"jitsi-meet-azure/functions/reaper/fleet"
)

// Times after which something is worth an operator's attention.
const (
	// stuckAfter is for a removal that does not move on, although it waits for no conference.
	stuckAfter = 30 * time.Minute
	// ailingAfter is for a bridge that is not healthy and that no witness lets the reaper replace.
	ailingAfter = 30 * time.Minute
	// pinnedAfter is for a removal that has waited for a conference to end, and kept the shard from scaling in meanwhile.
	pinnedAfter = 12 * time.Hour
)

// report logs what was decided: every step, whatever is stuck, and a line about the shard.
func (p *patrol) report(plan decide.Plan) {
	for i, verdict := range plan.Verdicts {
		b := p.decided.Bridges[i]
		level := p.level(plan, verdict, b)
		if !p.log.Enabled(context.Background(), level) {
			continue
		}
		p.log.Log(context.Background(), level, "decision",
			"machine", b.ID, "instance", b.Instance, "do", string(verdict.Do), "reason", string(verdict.Reason),
			"cause", string(verdict.Cause), "phase", string(verdict.Phase), "problem", b.Report.Problem,
			"conferences", b.Report.Stats.Conferences, "local_endpoints", b.Report.Stats.LocalEndpoints, "image", b.Image)
	}
	for _, step := range plan.Steps {
		if p.stuck(step) {
			p.log.Error("a removal is stuck", "machine", step.Record.Machine, "phase", string(step.Record.Phase),
				"since", step.Record.Since, "reason", string(step.Reason))
		}
	}
	p.log.Info("shard", "bridges", len(plan.Verdicts), "healthy", plan.Healthy, "taking", plan.Taking, "floor", p.decided.Floor,
		"removals", len(plan.Steps), "problems", len(p.problems))
}

// level is how loud a decision is told: loud for what is done and for what needs a person, not at all for what is as it was.
func (p *patrol) level(plan decide.Plan, verdict decide.Verdict, b fleet.Bridge) slog.Level {
	past := plan.Machines[b.ID]
	switch {
	case verdict.Reason == decide.AgeUnknown: // nobody in the shard is retired before a person has looked
		return slog.LevelWarn
	case !past.UnhealthySince.IsZero() && p.decided.Now.Sub(past.UnhealthySince) >= ailingAfter && verdict.Phase == "":
		return slog.LevelWarn
	case verdict.Do != decide.Nothing, p.decided.Memory.Machines[b.ID].Reason != verdict.Reason:
		return slog.LevelInfo
	default:
		return slog.LevelDebug
	}
}

// stuck says that a removal has been in its phase for long: for minutes, or for many hours where it waits for a conference.
func (p *patrol) stuck(step decide.Step) bool {
	limit := stuckAfter
	if step.Reason == decide.Emptying || step.Reason == decide.ConferenceGoesOn {
		limit = pinnedAfter
	}
	return !step.Close && !step.Record.Since.IsZero() && p.decided.Now.Sub(step.Record.Since) >= limit
}

// Lines say in a line for each shard what a tick did, for the host's log of the invocation.
func Lines(outcomes []Outcome) []string {
	lines := make([]string, 0, len(outcomes))
	for _, o := range outcomes {
		if !o.Looked {
			lines = append(lines, fmt.Sprintf("shard %s: not looked at", o.Shard))
			continue
		}
		line := fmt.Sprintf("shard %s: %d bridges, %d healthy, minimum %d", o.Shard, len(o.Bridges), o.Plan.Healthy, o.Floor)
		for _, step := range o.Plan.Steps {
			line += fmt.Sprintf("; %s: %s because %s", step.Record.Machine, does(step), step.Reason)
			if err := o.Failed[step.Slot]; err != nil {
				line += " (" + strings.ReplaceAll(err.Error(), "\n", " ") + ")"
			}
		}
		lines = append(lines, line)
	}
	return lines
}

func does(step decide.Step) string {
	switch {
	case step.Close:
		return "ended"
	case step.Do == decide.Nothing:
		return "waits (" + string(step.Record.Phase) + ")"
	default:
		return string(step.Do)
	}
}

// Table prints every bridge with its decision and reason, for people.
func Table(out io.Writer, outcomes []Outcome, now time.Time) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SHARD\tINSTANCE\tMACHINE\tAGE\tSTATE\tANSWER\tCONFERENCES\tENDPOINTS\tSTRESS\tDECISION\tREASON\tIMAGE")
	for _, o := range outcomes {
		if !o.Looked {
			fmt.Fprintf(w, "%s\t\t\t\t\t\t\t\t\tnothing\t%s\t\n", o.Shard, strings.ReplaceAll(fmt.Sprint(o.Err), "\n", " "))
			continue
		}
		for i, verdict := range o.Plan.Verdicts {
			fmt.Fprintln(w, strings.Join(row(o, o.Bridges[i], verdict, now), "\t"))
		}
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("printing the plan: %w", err)
	}
	for _, o := range outcomes {
		if o.Looked {
			fmt.Fprintf(out, "shard %s: %d healthy, %d of them take conferences, minimum in force %d\n",
				o.Shard, o.Plan.Healthy, o.Plan.Taking, o.Floor)
		}
	}
	return nil
}

func row(o Outcome, b fleet.Bridge, verdict decide.Verdict, now time.Time) []string {
	decision := string(verdict.Do)
	switch {
	case verdict.Do != decide.Nothing:
	case verdict.Phase != "":
		decision = "wait (" + string(verdict.Phase) + ")"
	default:
		decision = "keep"
	}
	age := "unknown"
	if !b.Created.IsZero() {
		age = now.Sub(b.Created).Truncate(time.Minute).String()
	}
	numbers := []string{"", "", ""}
	if b.Report.Answered() {
		s := b.Report.Stats
		numbers = []string{strconv.Itoa(s.Conferences), strconv.Itoa(s.LocalEndpoints), fmt.Sprintf("%.2f", s.Stress)}
	}
	return []string{
		o.Shard, b.Instance, b.ID, age, string(b.State), string(b.Report.Outcome),
		numbers[0], numbers[1], numbers[2], decision, string(verdict.Reason), b.Image,
	}
}

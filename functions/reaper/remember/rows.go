package remember

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"jitsi-meet-azure/functions/reaper/decide"
)

// The rows of the table machines. A partition is a shard. Columns may be added, by operators and by later versions; a row that
// this version does not know may not, because it could be what another version knows a removal by.

// known lists what a record of a removal may say. What is in no list was written by a version that knows more.
var (
	knownPhases = []decide.Phase{decide.PhaseTainting, decide.PhaseUntainting, decide.PhaseStopping, decide.PhaseDeleting}
	knownCauses = []decide.Cause{
		decide.CauseRule, decide.CauseAge, decide.CauseStopping, decide.CauseNeverUp, decide.CauseNeverReady, decide.CauseDead,
	}
)

// encodeRemoval makes the row of a removal. It refuses what parseRemoval would refuse.
func encodeRemoval(shard string, slot decide.Slot, r decide.Removal) ([]byte, error) {
	if err := checkSlot(shard, slot); err != nil {
		return nil, err
	}
	if err := checkRemoval(r); err != nil {
		return nil, err
	}
	if r.Began.IsZero() || r.Since.IsZero() {
		return nil, errors.New("a removal without the times at which it and its phase began")
	}
	c := columns{
		"Machine": r.Machine, "Instance": r.Instance, "Cause": string(r.Cause), "Phase": string(r.Phase), "Confirmed": r.Confirmed,
	}
	c.moment("Began", r.Began)
	c.moment("Since", r.Since)
	c.moment("Reported", r.Reported)
	c.moment("EndedSince", r.EndedSince)
	c.moment("Accepted", r.Accepted)
	return encode(shard, removalKey+string(slot), c)
}

func checkSlot(shard string, slot decide.Slot) error {
	if err := checkShard(shard); err != nil {
		return err
	}
	if !slices.Contains(decide.Slots(), slot) {
		return fmt.Errorf("%s is no slot", quote(string(slot)))
	}
	return nil
}

func checkRemoval(r decide.Removal) error {
	if err := checkMachine(r.Machine); err != nil {
		return err
	}
	switch {
	case !instanceID.MatchString(r.Instance):
		return fmt.Errorf("%s is no instance of a scale set", quote(r.Instance))
	case !slices.Contains(knownCauses, r.Cause):
		return fmt.Errorf("%s is no cause of a removal", quote(string(r.Cause)))
	case !slices.Contains(knownPhases, r.Phase):
		return fmt.Errorf("%s is no phase of a removal", quote(string(r.Phase)))
	default:
		return nil
	}
}

func parseRemoval(row *record) (decide.Removal, error) {
	r := decide.Removal{
		Machine: row.text("Machine"), Instance: row.text("Instance"),
		Cause: decide.Cause(row.text("Cause")), Phase: decide.Phase(row.text("Phase")),
		Began: row.moment("Began"), Since: row.moment("Since"),
		Reported: row.since("Reported"), Confirmed: row.flag("Confirmed"),
		EndedSince: row.since("EndedSince"), Accepted: row.since("Accepted"),
		Version: row.version,
	}
	if err := row.problem(); err != nil {
		return decide.Removal{}, err
	}
	if err := checkRemoval(r); err != nil {
		return decide.Removal{}, err
	}
	// Without a version the record could not be written again but over anybody's.
	return r, checkVersion(r.Version)
}

// encodeMachine makes the row of what is remembered about a machine.
func encodeMachine(shard string, s Sighting) ([]byte, error) {
	if err := checkMachine(s.Machine.ID); err != nil {
		return nil, err
	}
	if s.Past.FirstSeen.IsZero() {
		return nil, fmt.Errorf("machine %s was seen, but never first", s.Machine.ID)
	}
	c := columns{
		"Watched": s.Past.Watched, "EverAnswered": s.Past.EverAnswered, "EverHealthy": s.Past.EverHealthy,
		"OwesUndrain": s.Past.OwesUndrain,
	}
	c.moment("FirstSeen", s.Past.FirstSeen)
	c.moment("UnreachableSince", s.Past.UnreachableSince)
	c.moment("RefusedSince", s.Past.RefusedSince)
	c.moment("UnhealthySince", s.Past.UnhealthySince)
	c.moment("AbsentSince", s.Past.AbsentSince)
	c.moment("StoppedSince", s.Past.StoppedSince)
	c.moment("StuckSince", s.Past.StuckSince)
	c.text("Reason", string(s.Past.Reason))
	c.text("Instance", s.Machine.Instance)
	c.text("Image", s.Machine.Image)
	c.text("State", string(s.Machine.State))
	c.text("Phase", s.Phase)
	if s.Machine.Address.IsValid() {
		c.text("Address", s.Machine.Address.String())
	}
	c.moment("Created", s.Machine.Created)
	return encode(shard, machineKey+s.Machine.ID, c)
}

func parseMachine(row *record) (decide.Past, error) {
	p := decide.Past{
		FirstSeen: row.moment("FirstSeen"),
		Watched:   row.flag("Watched"), EverAnswered: row.flag("EverAnswered"), EverHealthy: row.flag("EverHealthy"),
		OwesUndrain:      row.flag("OwesUndrain"),
		UnreachableSince: row.since("UnreachableSince"), RefusedSince: row.since("RefusedSince"),
		UnhealthySince: row.since("UnhealthySince"), AbsentSince: row.since("AbsentSince"),
		StoppedSince: row.since("StoppedSince"), StuckSince: row.since("StuckSince"),
	}
	if _, there := row.columns["Reason"]; there {
		p.Reason = decide.Reason(row.text("Reason"))
	}
	if err := row.problem(); err != nil {
		return decide.Past{}, err
	}
	return p, nil
}

// encodeTick makes the row that says when the shard was last looked at.
func encodeTick(shard string, at time.Time) ([]byte, error) {
	if at.IsZero() {
		return nil, errors.New("an observation without its time")
	}
	c := columns{}
	c.moment("At", at)
	return encode(shard, tickKey, c)
}

// parseShard makes the memory of a shard of all of its rows.
func parseShard(shard string, entities [][]byte) (decide.Memory, error) {
	memory := decide.Memory{Slots: map[decide.Slot]decide.Removal{}, Machines: map[string]decide.Past{}}
	seen := map[string]bool{}
	for _, entity := range entities {
		row, err := parse(entity)
		if err != nil {
			return decide.Memory{}, err
		}
		if row.partition != shard || seen[row.key] {
			return decide.Memory{}, fmt.Errorf("row %s of %s was not asked for", quote(row.key), quote(row.partition))
		}
		seen[row.key] = true
		if err := addRow(&memory, row); err != nil {
			return decide.Memory{}, fmt.Errorf("row %s is unreadable: %w", quote(row.key), err)
		}
	}
	return memory, nil
}

// addRow adds a row to the memory of its shard.
func addRow(memory *decide.Memory, row *record) (err error) {
	slot, isRemoval := strings.CutPrefix(row.key, removalKey)
	id, isMachine := strings.CutPrefix(row.key, machineKey)
	switch {
	case row.key == tickKey:
		memory.LastTick = row.moment("At")
		return row.problem()
	case isMachine && checkMachine(id) == nil:
		memory.Machines[id], err = parseMachine(row)
		return err
	case isRemoval:
		if err := checkSlot(row.partition, decide.Slot(slot)); err != nil {
			return err
		}
		memory.Slots[decide.Slot(slot)], err = parseRemoval(row)
		return err
	default:
		return errors.New("this version knows no such row")
	}
}

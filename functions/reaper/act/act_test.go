package act_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"jitsi-meet-azure/functions/reaper/act"
	"jitsi-meet-azure/functions/reaper/decide"
	"jitsi-meet-azure/functions/reaper/fleet"
)

// world notes what is done in which order, and fails at one point.
type world struct {
	did     []string
	failing string
	wrote   []decide.Removal
}

var errFailing = errors.New("not now")

func (w *world) do(what string) error {
	w.did = append(w.did, what)
	if what == w.failing {
		return errFailing
	}
	return nil
}

func (w *world) Write(_ context.Context, _ string, _ decide.Slot, r decide.Removal) (string, error) {
	w.wrote = append(w.wrote, r)
	return r.Version + "+", w.do("write " + string(r.Phase))
}

func (w *world) Clear(_ context.Context, _ string, _ decide.Slot, version string) error {
	return w.do("clear " + version)
}

func (w *world) Drain(_ context.Context, _ fleet.Machine, on bool) error {
	if on {
		return w.do("drain")
	}
	return w.do("undrain")
}
func (w *world) Shutdown(context.Context, fleet.Machine) error { return w.do("shutdown") }
func (w *world) Delete(context.Context, fleet.Machine) error   { return w.do("delete") }

func record(phase decide.Phase) decide.Removal {
	return decide.Removal{Machine: "m", Instance: "1", Phase: phase, Version: "v"}
}

func TestStepsAreRecordedBeforeTheyAreTaken(t *testing.T) {
	t.Parallel()
	confirmed := record(decide.PhaseStopping)
	confirmed.Confirmed = true
	deleted := record(decide.PhaseDeleting)
	for _, c := range []struct {
		name    string
		step    decide.Step
		failing string
		want    []string
	}{
		{"drain", decide.Step{Record: record(decide.PhaseTainting), Changed: true, Do: decide.Drain}, "", []string{"write tainting", "drain"}},
		{"not recorded, not done", decide.Step{Record: record(decide.PhaseTainting), Changed: true, Do: decide.Drain}, "write tainting", []string{"write tainting"}},
		{"undrain", decide.Step{Record: record(decide.PhaseUntainting), Changed: true, Do: decide.Undrain}, "", []string{"write untainting", "undrain"}},
		{"shutdown", decide.Step{Record: record(decide.PhaseStopping), Changed: true, Do: decide.Shutdown, After: &confirmed}, "", []string{"write stopping", "shutdown", "write stopping"}},
		{"a refused shutdown is not confirmed", decide.Step{Record: record(decide.PhaseStopping), Changed: true, Do: decide.Shutdown, After: &confirmed}, "shutdown", []string{"write stopping", "shutdown"}},
		{"delete", decide.Step{Record: deleted, Changed: true, Do: decide.Delete, After: &deleted}, "", []string{"write deleting", "delete", "write deleting"}},
		{"a note alone", decide.Step{Record: record(decide.PhaseStopping), Changed: true}, "", []string{"write stopping"}},
		{"nothing new", decide.Step{Record: record(decide.PhaseStopping)}, "", nil},
		{"the end", decide.Step{Record: record(decide.PhaseDeleting), Changed: true, Close: true}, "", []string{"clear v"}},
		{"the end that cannot be recorded", decide.Step{Record: record(decide.PhaseDeleting), Close: true}, "clear v", []string{"clear v"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := &world{failing: c.failing}
			err := act.Carry(t.Context(), "a", c.step, w, w)
			if !slices.Equal(w.did, c.want) {
				t.Errorf("did %v, want %v", w.did, c.want)
			}
			if failed := errors.Is(err, errFailing); failed != (c.failing != "") {
				t.Errorf("error %v", err)
			}
			if len(w.wrote) == 2 && w.wrote[1].Version != "v+" {
				t.Errorf("the second record replaces version %q", w.wrote[1].Version)
			}
		})
	}
}

package workspace

import (
	"encoding/json"
	"fmt"
	"os"
)

// Safekeeping says what a destroy meets in the stack's state.
type Safekeeping struct {
	// Protected is set where a destroy fails because a resource is protected.
	Protected bool
	// Retained is set where a destroy forgets a resource but leaves it in the cloud.
	Retained bool
}

// checkpoint is what Safekeeping needs of Pulumi's file of a stack.
type checkpoint struct {
	Checkpoint struct {
		Latest struct {
			Resources []struct {
				Protect        bool `json:"protect"`
				RetainOnDelete bool `json:"retainOnDelete"`
			} `json:"resources"`
		} `json:"latest"`
	} `json:"checkpoint"`
}

// Safekeeping reads the stack's state; nothing is kept where there is none.
func (w Workspace) Safekeeping() (Safekeeping, error) {
	var kept Safekeeping
	files, err := w.checkpoints()
	if err != nil {
		return kept, err
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return kept, fmt.Errorf("read the stack's state: %w", err)
		}
		var state checkpoint
		if err := json.Unmarshal(content, &state); err != nil {
			return kept, fmt.Errorf("read the stack's state in %s: %w", file, err)
		}
		for _, r := range state.Checkpoint.Latest.Resources {
			kept.Protected = kept.Protected || r.Protect
			kept.Retained = kept.Retained || r.RetainOnDelete
		}
	}
	return kept, nil
}

// Package live holds what lives in the local Azure and changes without a deployment: the machines of scale sets and the
// nodes of clusters. It is pure.
package live

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Machine is one live instance of a scale set.
type Machine struct {
	// ID is the instance id, never used twice in one scale set.
	ID string `json:"id"`
	// VMID is the machine's GUID.
	VMID string `json:"vmId"`
	// Created is when it was started.
	Created time.Time `json:"created"`
	// Zone is its availability zone.
	Zone string `json:"zone,omitempty"`
	// ImageVersion is the gallery image version that it booted from.
	ImageVersion string `json:"imageVersion"`
	// LatestModelApplied turns false when the scale set's model changes under it.
	LatestModelApplied bool `json:"latestModelApplied"`
}

// ScaleSet is what lives in a scale set.
type ScaleSet struct {
	// Next is the instance id of the next machine.
	Next     int       `json:"next"`
	Machines []Machine `json:"machines"`
}

// ParseScaleSet reads a scale set as the store keeps it; nothing is an empty one.
func ParseScaleSet(live json.RawMessage) (ScaleSet, error) {
	var set ScaleSet
	if live == nil {
		return set, nil
	}
	if err := json.Unmarshal(live, &set); err != nil {
		return ScaleSet{}, fmt.Errorf("parse the machines of a scale set: %w", err)
	}
	if set.Next < len(set.Machines) {
		return ScaleSet{}, errors.New("parse the machines of a scale set: the next instance id is already in use")
	}
	return set, nil
}

// Nodes is how many nodes live in the pools of a cluster, by pool; of an agent pool, under its own name.
type Nodes map[string]int

// ParseNodes reads node counts as the store keeps them; nothing is no nodes.
func ParseNodes(live json.RawMessage) (Nodes, error) {
	counts := Nodes{}
	if live == nil {
		return counts, nil
	}
	if err := json.Unmarshal(live, &counts); err != nil {
		return nil, fmt.Errorf("parse the nodes of a cluster: %w", err)
	}
	return counts, nil
}

// Package plan reads from Pulumi's plan of a first deployment what the cluster's nodes will be. It is pure.
package plan

import (
	"encoding/json"
	"fmt"
	"strings"
)

// update is the part of Pulumi's plan that tells the cluster's nodes.
type update struct {
	Resources map[string]struct {
		Goal struct {
			Type   string `json:"type"`
			Inputs struct {
				Adds map[string]any `json:"adds"`
			} `json:"inputDiff"`
		} `json:"goal"`
	} `json:"resourcePlans"`
}

// Read gives the inputs of the cluster and, by name, of its separate pools, which are to be made, from what
// `pulumi preview --save-plan` writes. Values that only the deployment will know are texts there.
func Read(document []byte) (cluster map[string]any, pools map[string]map[string]any, err error) {
	var u update
	if err := json.Unmarshal(document, &u); err != nil {
		return nil, nil, fmt.Errorf("read the plan: %w", err)
	}
	pools = map[string]map[string]any{}
	for urn, planned := range u.Resources {
		inputs := planned.Goal.Inputs.Adds
		switch token := planned.Goal.Type; {
		case strings.HasSuffix(token, ":ManagedCluster") && cluster != nil:
			return nil, nil, fmt.Errorf("the plan makes a second cluster, %s", urn)
		case strings.HasSuffix(token, ":ManagedCluster"):
			cluster = inputs
		case strings.HasSuffix(token, ":AgentPool"):
			name, _ := inputs["agentPoolName"].(string)
			if name == "" || pools[name] != nil {
				return nil, nil, fmt.Errorf("the plan makes a pool without a name of its own, %s", urn)
			}
			pools[name] = inputs
		}
	}
	if cluster == nil {
		return nil, nil, fmt.Errorf("the plan of %d resources makes no cluster", len(u.Resources))
	}
	return cluster, pools, nil
}

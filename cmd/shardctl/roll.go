package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"jitsi-meet-azure/signalling/names"
)

// statistics is what Jicofo tells of its shard. Source: jicofo, /stats.
type statistics struct {
	Conferences    int `json:"conferences"`
	Participants   int `json:"participants"`
	BridgeSelector struct {
		Operational int `json:"operational_bridge_count"`
	} `json:"bridge_selector"`
}

func (o *operator) statistics(ctx context.Context, shard string) (statistics, error) {
	var read statistics
	text, err := o.askJicofo(ctx, shard, "/stats")
	if err != nil {
		return read, err
	}
	// Numbers that are missing must not pass for zero.
	var given map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &given); err != nil {
		return read, fmt.Errorf("reading Jicofo's statistics: %w", err)
	}
	for _, key := range []string{"conferences", "participants", "bridge_selector"} {
		if _, ok := given[key]; !ok {
			return read, fmt.Errorf("the statistics of Jicofo say nothing of %s", key)
		}
	}
	if err := json.Unmarshal([]byte(text), &read); err != nil {
		return read, fmt.Errorf("reading Jicofo's statistics: %w", err)
	}
	return read, nil
}

// askJicofo asks a shard's Jicofo from within its own container, where the network's policies do not matter.
func (o *operator) askJicofo(ctx context.Context, shard, path string) (string, error) {
	return execute(ctx, o.kubectl, shardNamespace(shard), names.SingletonPod(names.Jicofo), names.Jicofo, "",
		"curl", "--silent", "--show-error", "--fail", "--max-time", "10", fmt.Sprintf("http://127.0.0.1:%d%s", names.JicofoPort, path))
}

// emptyLooks is how many looks in a row must find nobody: Jicofo counts a conference only once it has been set up.
const emptyLooks = 2

// waitEmpty waits until Jicofo has no conference and no proxy remembers a room of the shard. The second half is what keeps
// somebody who left for a moment from coming back to a shard that is being restarted.
func (o *operator) waitEmpty(ctx context.Context, shard string) error {
	looks := 0
	err := o.until(ctx, "until shard "+shard+" is empty", func(ctx context.Context) (string, error) {
		missing, err := o.occupied(ctx, shard)
		if err != nil || missing != "" {
			looks = 0
			return missing, err
		}
		if looks++; looks < emptyLooks {
			return "nobody there, looking once more", nil
		}
		return "", nil
	})
	if err != nil {
		return err
	}
	o.say("nobody meets on shard %s", shard)
	return nil
}

// occupied says who is still on a shard; empty is nobody.
func (o *operator) occupied(ctx context.Context, shard string) (string, error) {
	now, err := o.statistics(ctx, shard)
	if err != nil {
		return "", err
	}
	if now.Conferences != 0 || now.Participants != 0 {
		return fmt.Sprintf("%d conferences, %d participants", now.Conferences, now.Participants), nil
	}
	proxies, err := o.proxies(ctx)
	if err != nil {
		return "", err
	}
	for _, proxy := range proxies {
		rooms, err := o.tableOf(ctx, proxy, "")
		if err != nil {
			return "", err
		}
		for _, at := range rooms {
			if at == shard {
				return "the front door still remembers rooms of it", nil
			}
		}
	}
	return "", nil
}

// roll restarts a shard's Prosody and Jicofo, and those of its relays that are from an older template, without ending anybody's
// meeting.
func (o *operator) roll(ctx context.Context, shard string) error {
	if err := o.requireOthersServe(ctx, shard); err != nil {
		return err
	}
	if err := o.drain(ctx, shard); err != nil {
		return err
	}
	drained, err := o.drained(ctx)
	if err != nil {
		return err
	}
	restarted, err := o.alreadyRestarted(ctx, shard, drained[shard])
	if err != nil {
		return err
	}
	if !restarted {
		if err := o.restart(ctx, shard); err != nil {
			return err
		}
	}
	// Whether it was just now or in an earlier roll: the shard has been drained and empty since the restart.
	if err := o.rollRelays(ctx, shard); err != nil {
		return err
	}
	if err := o.waitServing(ctx, shard); err != nil {
		return err
	}
	return o.undrain(ctx, shard)
}

// alreadyRestarted says that an earlier roll got as far as the restart: all pods are from the deployed template and
// younger than the drain.
func (o *operator) alreadyRestarted(ctx context.Context, shard string, since time.Time) (bool, error) {
	states, err := o.singletons(ctx, shard)
	if err != nil {
		return false, err
	}
	for _, state := range states {
		if !state.exists || !state.current || since.IsZero() || !state.started.After(since) {
			return false, nil
		}
	}
	return true, nil
}

// restart waits until the shard is empty, makes sure that this is still the only shard out of service, and deletes the
// pods, which Kubernetes then makes again from the deployed template.
func (o *operator) restart(ctx context.Context, shard string) error {
	if err := o.waitEmpty(ctx, shard); err != nil {
		return err
	}
	// Hours may have passed: a proxy that was replaced meanwhile must have come back with the drain.
	if err := o.requireOthersServe(ctx, shard); err != nil {
		return err
	}
	proxies, err := o.proxies(ctx)
	if err != nil {
		return err
	}
	if err := o.requireClosed(ctx, proxies, shard); err != nil {
		return fmt.Errorf("the drain does not hold: %w; give the command again", err)
	}
	for _, service := range names.Singletons() {
		o.say("restarting %s of shard %s", service, shard)
		pod := names.SingletonPod(service)
		_, err := o.kubectl.run(ctx, "", in(shardNamespace(shard), "delete", "pod", pod, "--ignore-not-found", "--wait")...)
		if err != nil {
			return err
		}
	}
	return nil
}

// waitServing waits until Prosody, Jicofo and the relays run the deployed template and a bridge has found them.
func (o *operator) waitServing(ctx context.Context, shard string) error {
	return o.until(ctx, "until shard "+shard+" serves", func(ctx context.Context) (string, error) {
		states, err := o.singletons(ctx, shard)
		if err != nil {
			return "", err
		}
		var missing []string
		for _, state := range states {
			if !state.ready || !state.current {
				missing = append(missing, state.service+" is not ready")
			}
		}
		relays, err := o.relays(ctx, shard)
		if err != nil {
			return "", err
		}
		if lack := relays.missing(); lack != "" {
			missing = append(missing, lack)
		}
		if len(missing) > 0 {
			return strings.Join(missing, ", "), nil
		}
		now, err := o.statistics(ctx, shard)
		if err == nil && now.BridgeSelector.Operational == 0 {
			return "no bridge has connected", nil
		}
		return "", err
	})
}

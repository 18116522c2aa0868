package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"jitsi-meet-azure/haproxy/config"
)

// drain keeps new rooms away from a shard: in every proxy that runs, and in every one that starts from now on.
func (o *operator) drain(ctx context.Context, shard string) error {
	proxies, incomplete := o.proxies(ctx)
	if len(proxies) == 0 {
		return errors.Join(errors.New("no proxy can take the drain"), incomplete)
	}
	if err := o.requireAnotherServes(ctx, proxies, shard); err != nil {
		return err
	}
	drained, err := o.drained(ctx)
	if err != nil {
		return err
	}
	if _, already := drained[shard]; !already {
		if err := o.remember(ctx, shard, true); err != nil {
			return err
		}
	}
	if err := o.setWeight(ctx, proxies, shard, 0); err != nil {
		return err
	}
	if incomplete != nil {
		return fmt.Errorf("not every proxy took the drain: %w; give the command again when all are ready", incomplete)
	}
	o.say("shard %s is drained: its rooms stay, new rooms go elsewhere", shard)
	return nil
}

// undrain sends new rooms to a shard again. Proxies are told first: should this be interrupted, a repetition starts from
// what the ConfigMap still says.
func (o *operator) undrain(ctx context.Context, shard string) error {
	proxies, incomplete := o.proxies(ctx)
	if incomplete != nil {
		return fmt.Errorf("not every proxy can take the shard back: %w", incomplete)
	}
	if err := o.setWeight(ctx, proxies, shard, config.Weight); err != nil {
		return err
	}
	if err := o.remember(ctx, shard, false); err != nil {
		return err
	}
	o.say("shard %s takes new rooms", shard)
	return nil
}

// setWeight sets a shard's weight in all given proxies and makes sure that they have it.
func (o *operator) setWeight(ctx context.Context, proxies []string, shard string, weight int) error {
	var problems []error
	for _, proxy := range proxies {
		answer, err := o.runtime(ctx, proxy, fmt.Sprintf("set server %s/%s weight %d", config.BackendName, shard, weight))
		if err == nil && answer != "" {
			err = fmt.Errorf("proxy %s refuses: %s", proxy, answer)
		}
		problems = append(problems, err)
	}
	if err := errors.Join(problems...); err != nil {
		return err
	}
	return o.requireWeight(ctx, proxies, shard, weight)
}

func (o *operator) requireWeight(ctx context.Context, proxies []string, shard string, weight int) error {
	for _, proxy := range proxies {
		view, err := o.view(ctx, proxy)
		if err != nil {
			return err
		}
		state, known := view[shard]
		if !known {
			return fmt.Errorf("proxy %s does not know shard %s", proxy, shard)
		}
		if state.weight != weight {
			return fmt.Errorf("proxy %s has shard %s at weight %d, not %d", proxy, shard, state.weight, weight)
		}
	}
	return nil
}

// requireAnotherServes refuses to take the last serving shard away.
func (o *operator) requireAnotherServes(ctx context.Context, proxies []string, shard string) error {
	for _, proxy := range proxies {
		view, err := o.view(ctx, proxy)
		if err != nil {
			return err
		}
		found := false
		for other, state := range view {
			found = found || other != shard && state.up && state.weight > 0
		}
		if !found {
			return fmt.Errorf("proxy %s has no other shard that serves: new rooms would have nowhere to go", proxy)
		}
	}
	return nil
}

// requireOthersServe refuses to restart a shard while any other is out of service: restarts go one shard at a time.
func (o *operator) requireOthersServe(ctx context.Context, shard string) error {
	proxies, err := o.proxies(ctx)
	if err != nil {
		return err
	}
	shards, err := o.shards(ctx)
	if err != nil {
		return err
	}
	drained, err := o.drained(ctx)
	if err != nil {
		return err
	}
	var problems []error
	for _, other := range slices.DeleteFunc(shards, func(s string) bool { return s == shard }) {
		if _, is := drained[other]; is {
			problems = append(problems, fmt.Errorf("shard %s is drained", other))
		}
		problems = append(problems, o.requirePods(ctx, other), o.requireServing(ctx, proxies, other))
	}
	if err := errors.Join(problems...); err != nil {
		return fmt.Errorf("another shard is out of service: %w", err)
	}
	return nil
}

func (o *operator) requireServing(ctx context.Context, proxies []string, shard string) error {
	for _, proxy := range proxies {
		view, err := o.view(ctx, proxy)
		if err != nil {
			return err
		}
		if state := view[shard]; !state.up || state.weight == 0 {
			return fmt.Errorf("proxy %s has shard %s %s", proxy, shard, state)
		}
	}
	return nil
}

func (o *operator) requirePods(ctx context.Context, shard string) error {
	missing, err := o.unready(ctx, shard)
	if err != nil {
		return err
	}
	if len(missing) > 0 {
		return fmt.Errorf("shard %s: %s not ready", shard, strings.Join(missing, " and "))
	}
	return nil
}

// unready names the shard's singletons that do not serve.
func (o *operator) unready(ctx context.Context, shard string) ([]string, error) {
	states, err := o.singletons(ctx, shard)
	if err != nil {
		return nil, err
	}
	var missing []string
	for _, state := range states {
		if !state.ready {
			missing = append(missing, state.service)
		}
	}
	return missing, nil
}

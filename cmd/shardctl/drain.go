package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"jitsi-meet-azure/haproxy/config"
)

// drain keeps new rooms away from a shard. The ConfigMap suffices: every proxy obeys it, but a running one only within about
// two minutes, and so it is told as well.
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
	if err := o.setState(ctx, proxies, shard, "drain"); err != nil {
		return err
	}
	if err := o.requireClosed(ctx, proxies, shard); err != nil {
		return err
	}
	if incomplete != nil {
		return fmt.Errorf("not every proxy took the drain: %w; give the command again when all are ready", incomplete)
	}
	o.say("shard %s is drained: its rooms stay, new rooms go elsewhere", shard)
	return nil
}

// undrain sends new rooms to a shard again. A change of the ConfigMap reaches the proxies minutes apart, and for as long new
// rooms would be placed differently by different proxies; so all of them are held back until the last one would send new
// rooms there, and then are told at once. Should this be interrupted, a repetition does what is missing.
func (o *operator) undrain(ctx context.Context, shard string) error {
	proxies, incomplete := o.proxies(ctx)
	if incomplete != nil {
		return fmt.Errorf("not every proxy can take the shard back: %w", incomplete)
	}
	if err := o.forget(ctx, proxies, shard); err != nil {
		return err
	}
	err := o.waitFor(ctx, "until every proxy finds shard "+shard+" fit for new rooms, which takes up to three minutes", shard,
		func(state serving) bool { return state.up && state.weight > 0 })
	if err != nil {
		return err
	}
	if proxies, err = o.proxies(ctx); err != nil {
		return fmt.Errorf("not every proxy can take the shard back: %w", err)
	}
	if err := o.setState(ctx, proxies, shard, "ready"); err != nil {
		return err
	}
	err = o.waitFor(ctx, "until every proxy sends new rooms to shard "+shard, shard,
		func(state serving) bool { return state.up && !state.closed() })
	if err != nil {
		return err
	}
	o.say("shard %s takes new rooms", shard)
	return nil
}

// forget takes a shard out of the ConfigMap, of which the proxies learn minutes apart, and has them hold new rooms back.
func (o *operator) forget(ctx context.Context, proxies []string, shard string) error {
	drained, err := o.drained(ctx)
	if err != nil {
		return err
	}
	if _, is := drained[shard]; !is {
		return nil
	}
	if err := o.setState(ctx, proxies, shard, "drain"); err != nil {
		return err
	}
	return o.remember(ctx, shard, false)
}

// waitFor waits until all proxies are ready and see a shard as it should be.
func (o *operator) waitFor(ctx context.Context, what, shard string, wanted func(serving) bool) error {
	return o.until(ctx, what, func(ctx context.Context) (string, error) {
		proxies, err := o.proxies(ctx)
		if err != nil {
			return "", err
		}
		var missing []string
		err = o.eachView(ctx, proxies, func(proxy string, view map[string]serving) error {
			if state := view[shard]; !wanted(state) {
				missing = append(missing, fmt.Sprintf("proxy %s has it %s", proxy, state))
			}
			return nil
		})
		return strings.Join(missing, ", "), err
	})
}

// setState puts a shard into HAProxy's state "drain" or "ready" in all given proxies. Ready means that nothing holds but the
// proxy's own judgement.
func (o *operator) setState(ctx context.Context, proxies []string, shard, state string) error {
	var problems []error
	for _, proxy := range proxies {
		answer, err := o.runtime(ctx, proxy, fmt.Sprintf("set server %s/%s state %s", config.BackendName, shard, state))
		if err == nil && answer != "" {
			err = fmt.Errorf("proxy %s refuses: %s", proxy, answer)
		}
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}

// requireClosed makes sure that no proxy sends new rooms to a shard.
func (o *operator) requireClosed(ctx context.Context, proxies []string, shard string) error {
	return o.eachView(ctx, proxies, func(proxy string, view map[string]serving) error {
		state, known := view[shard]
		if !known {
			return fmt.Errorf("proxy %s does not know shard %s", proxy, shard)
		}
		if !state.closed() {
			return fmt.Errorf("proxy %s sends new rooms to shard %s", proxy, shard)
		}
		return nil
	})
}

// requireAnotherServes refuses to take the last serving shard away.
func (o *operator) requireAnotherServes(ctx context.Context, proxies []string, shard string) error {
	return o.eachView(ctx, proxies, func(proxy string, view map[string]serving) error {
		found := false
		for other, state := range view {
			found = found || other != shard && state.up && !state.closed()
		}
		if !found {
			return fmt.Errorf("proxy %s has no other shard that serves: new rooms would have nowhere to go", proxy)
		}
		return nil
	})
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
	return o.eachView(ctx, proxies, func(proxy string, view map[string]serving) error {
		if state := view[shard]; !state.up || state.closed() {
			return fmt.Errorf("proxy %s has shard %s %s", proxy, shard, state)
		}
		return nil
	})
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

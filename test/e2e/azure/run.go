package azure

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"jitsi-meet-azure/autoscale/engine"
	"jitsi-meet-azure/functions/reaper/armtest"
)

// run looks around until ctx ends.
func (c *Cloud) run(ctx context.Context) {
	for next := c.options.Clock.Now(); ; {
		c.look(ctx)
		// What took longer than a step is not made up for.
		for next = next.Add(step); next.Before(c.options.Clock.Now()); {
			next = next.Add(step)
		}
		if c.options.Clock.Until(ctx, next) != nil {
			return
		}
	}
}

// look does whatever is due.
func (c *Cloud) look(ctx context.Context) {
	for _, m := range c.machines() {
		c.boot(ctx, m, c.options.Clock.Now())
		c.settle(m, c.options.Clock.Now())
	}
	for _, s := range c.shards {
		now := c.options.Clock.Now()
		if s.ran.IsZero() || now.Sub(s.ran) >= EngineEvery-step/2 {
			s.ran = now
			c.scale(ctx, s, now)
		}
		c.mu.Lock()
		c.watch(s, now)
		c.mu.Unlock()
	}
}

// machines are those of all shards.
func (c *Cloud) machines() []*machine {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.all()
}

// all are the machines of all shards. The caller holds mu, or is alone.
func (c *Cloud) all() []*machine {
	var all []*machine
	for _, s := range c.shards {
		all = append(all, s.machines...)
	}
	return all
}

// settle measures a machine, finishes its making and its end.
func (c *Cloud) settle(m *machine, now time.Time) {
	c.mu.Lock()
	m.measure(now)
	over := !m.gone.IsZero() && !now.Before(m.gone) && !m.closed
	if over {
		m.closed = true
		c.note(m.shard, m, Gone, "")
	}
	made := !m.provisioned && m.gone.IsZero() && c.made(m, now)
	m.provisioned = m.provisioned || made
	c.mu.Unlock()
	if made {
		c.arm.Update(m.VMID, func(listed *armtest.Machine) { listed.Provisioning = "Succeeded" })
	}
	if over {
		m.shut()
	}
}

// capacity is how many machines there are, those that are being deleted left out: deleting lowers the set's capacity at once.
// Source: poseidon/typhoon issue 1567, jackfrancis/kamino issue 27.
func (s *shard) capacity() int {
	count := 0
	for _, m := range s.machines {
		if m.gone.IsZero() {
			count++
		}
	}
	return count
}

// scale is one run of the autoscale engine for one scale set.
func (c *Cloud) scale(ctx context.Context, s *shard, now time.Time) {
	c.scaling.Lock()
	defer c.scaling.Unlock()
	c.mu.Lock()
	before, broken := s.capacity(), c.failed[s.Zone]
	d, state := s.setting.Evaluate(now, before, s.state, reading{shard: s, published: c.published, now: now})
	if d.Profile != s.profile {
		s.profile = d.Profile
		c.note(s, nil, Switched, d.Profile)
	}
	c.mu.Unlock()
	if d.Capacity == before {
		return
	}
	err := fmt.Errorf("zone %s has failed", s.Zone)
	var machines []Machine
	if !broken {
		machines, err = c.options.Change(s.ScaleSetID, d.Capacity)
	}
	if err != nil {
		c.refuse(s, d, err)
		return
	}
	s.state, s.refused = state, ""
	c.reconcile(ctx, s, machines, d, now)
}

// refuse records that the count could not be changed.
func (c *Cloud) refuse(s *shard, d engine.Decision, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if text := fmt.Sprintf("%s, but: %v", d.Reason, err); text != s.refused {
		s.refused = text
		c.note(s, nil, Refused, text)
	}
}

// reconcile takes in what there is now.
func (c *Cloud) reconcile(ctx context.Context, s *shard, there []Machine, d engine.Decision, now time.Time) {
	c.mu.Lock()
	var removed []string
	for _, m := range s.machines {
		if m.gone.IsZero() && !slices.ContainsFunc(there, func(t Machine) bool { return t.VMID == m.VMID }) {
			c.end(m, Removed, d.Reason)
			removed = append(removed, `"`+m.Instance+`"`)
		}
	}
	known := len(s.machines)
	for _, given := range there {
		if slices.ContainsFunc(s.machines, func(m *machine) bool { return m.VMID == given.VMID }) {
			continue
		}
		given.Created = now
		if err := c.addMachine(s, given, now); err != nil {
			c.note(s, nil, Trouble, err.Error())
		}
	}
	c.note(s, nil, Scaled, d.Reason)
	for _, m := range s.machines[known:] {
		c.note(s, m, Created, "image "+m.Image)
	}
	c.mu.Unlock()
	if len(removed) > 0 {
		c.forget(ctx, s, removed)
	}
}

// forget has the resource manager delete what the engine removed.
func (c *Cloud) forget(ctx context.Context, s *shard, instances []string) {
	url := "https://management.azure.com" + s.ScaleSetID + "/delete?api-version=2024-11-01"
	body := strings.NewReader(`{"instanceIds":[` + strings.Join(instances, ",") + `]}`)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, body)
	if err == nil {
		request.Header.Set("Authorization", "Bearer autoscale")
		request.Header.Set("Content-Type", "application/json")
		var response *http.Response
		if response, err = c.arm.Do(request); err == nil {
			err = response.Body.Close()
		}
	}
	if err != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.note(s, nil, Trouble, fmt.Sprintf("deleting %s: %v", instances, err))
	}
}

// end takes a machine away. The caller holds mu.
func (c *Cloud) end(m *machine, kind Kind, text string) {
	m.destroy()
	m.gone = c.options.Clock.Now().Add(DeletionTime)
	c.note(m.shard, m, kind, text)
}

// deleted is called when the resource manager has accepted that a machine is deleted.
func (c *Cloud) deleted(scaleSetID string, listed armtest.Machine) {
	if c.find(listed.VMID) == nil {
		return // The autoscale engine removes it, and holds scaling.
	}
	c.scaling.Lock()
	defer c.scaling.Unlock()
	m := c.find(listed.VMID)
	if m == nil {
		return
	}
	c.mu.Lock()
	c.end(m, Reaped, "")
	c.mu.Unlock()
	if err := c.options.Deleted(scaleSetID, listed.Instance); err != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.note(m.shard, m, Trouble, fmt.Sprintf("the local cloud does not delete it: %v", err))
	}
}

// find is the machine with a vmId; nil if it is not there or deleted.
func (c *Cloud) find(vmID string) *machine {
	for _, m := range c.machines() {
		c.mu.Lock()
		found := m.VMID == vmID && m.gone.IsZero()
		c.mu.Unlock()
		if found {
			return m
		}
	}
	return nil
}

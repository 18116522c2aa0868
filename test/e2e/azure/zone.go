package azure

import "jitsi-meet-azure/functions/reaper/bridgetest"

// FailZone takes the power of a zone: its machines die at once. Azure still lists them, but measures nothing, and makes no
// machines there.
func (c *Cloud) FailZone(zone string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failed[zone] = true
	for _, m := range c.all() {
		if m.shard.Zone == zone && m.gone.IsZero() && !m.lost {
			m.destroy()
			m.lost = true
			c.note(m.shard, m, Lost, "zone "+zone+" has failed")
		}
	}
}

// RestoreZone gives a zone its power again: its machines boot.
func (c *Cloud) RestoreZone(zone string) {
	var old []*bridgetest.Server
	c.mu.Lock()
	c.failed[zone] = false
	for _, m := range c.all() {
		if m.shard.Zone != zone || !m.gone.IsZero() || !m.lost {
			continue
		}
		m.lost, m.boots = false, c.options.Clock.Now().Add(c.options.BootTime)
		if m.server != nil {
			old = append(old, m.server)
			m.server = nil
		}
		c.note(m.shard, m, Restored, "zone "+zone+" is back")
	}
	c.mu.Unlock()
	// Each closes long before its machine's next bridge comes up at the same address.
	for _, server := range old {
		server.Close()
	}
}

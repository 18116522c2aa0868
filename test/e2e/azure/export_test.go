package azure

import "jitsi-meet-azure/functions/reaper/armtest"

// Virtual is without sockets, for virtual time.
func Virtual(o Options) Options {
	o.virtual = true
	return o
}

// ResourceManager is what the endpoint serves.
func (c *Cloud) ResourceManager() *armtest.Cloud { return c.arm }

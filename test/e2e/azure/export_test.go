package azure

import (
	"jitsi-meet-azure/functions/reaper/armtest"
	"jitsi-meet-azure/functions/reaper/metricstest"
)

// Virtual is without sockets, for virtual time.
func Virtual(o Options) Options {
	o.virtual = true
	return o
}

// ResourceManager is what the endpoint serves.
func (c *Cloud) ResourceManager() *armtest.Cloud { return c.arm }

// Store is what takes metrics.
func (c *Cloud) Store() *metricstest.Store { return c.published }

// Apart are the samples of a published value.
func Apart(v metricstest.Value) []float64 { return apart(v) }

package settings

import (
	"net/netip"
	"net/url"

	"jitsi-meet-azure/internal/clock"
)

// ClockName is the setting that lets the reaper's time pass faster, in the form of [clock.Clock]'s text. It is for the system
// test, where a day passes in minutes: the stack never writes it, and [Parse] refuses it wherever the reaper could reach a
// real machine.
const ClockName = prefix + "CLOCK"

// marks are variables that App Service sets for every app, whatever its settings say. Those of the Functions host are no
// marks, since it may run anywhere.
// Source: Azure docs, reference-app-settings (App Service).
func marks() []string {
	return []string{
		"WEBSITE_SITE_NAME", "WEBSITE_INSTANCE_ID", "WEBSITE_HOSTNAME", "WEBSITE_RESOURCE_GROUP", "WEBSITE_OWNER_NAME", "WEBSITE_SKU",
	}
}

// clock reads the clock. To a compressed one a bridge would seem to have been idle for hours that it was not, so both of this
// must show that nothing here is real: Azure with its metrics and tables is played on this machine, and App Service runs no part
// of it.
func (r *reader) clock(told Settings) clock.Clock {
	text := r.values[ClockName]
	if text == "" {
		return clock.Clock{}
	}
	read, err := clock.Parse(text)
	if err != nil {
		r.refuse(ClockName, "%w", err)
	}
	for _, setting := range []struct{ name, address string }{
		{ResourceManagerName, told.ResourceManager}, {MetricsEndpointName, told.MetricsEndpoint}, {TableEndpointName, told.TableEndpoint},
	} {
		if !onLoopback(setting.address) {
			r.refuse(ClockName, "is for a system that is played on one machine: the host of %s must be a loopback address, and %q is not",
				setting.name, setting.address)
		}
	}
	for _, mark := range marks() {
		if _, found := r.values[mark]; found {
			r.refuse(ClockName, "is for a system that is played on one machine: %s is set, so this is App Service", mark)
		}
	}
	return read
}

// onLoopback says that a URL's host is a loopback address. A name is none: what it resolves to is somebody else's word.
func onLoopback(address string) bool {
	parsed, err := url.Parse(address)
	if err != nil {
		return false
	}
	host, err := netip.ParseAddr(parsed.Hostname())
	return err == nil && host.IsLoopback()
}

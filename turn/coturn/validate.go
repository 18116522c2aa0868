package coturn

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"time"
)

var (
	hostName = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$`)
	filePath = regexp.MustCompile(`^/[a-zA-Z0-9._/-]*$`)
)

// Validate says everything that is wrong with the configuration.
func (c Config) Validate() error {
	return errors.Join(
		matches("the realm", c.Realm, hostName, "a DNS name in lower case"),
		matches("the folder", c.Folder, filePath, "an absolute path"),
		matches("the certificate file", c.CertificateFile, filePath, "an absolute path"),
		matches("the key file", c.KeyFile, filePath, "an absolute path"),
		matches("the file of the secret", c.SecretFile, filePath, "an absolute path"),
		matches("the runtime folder", c.RuntimeFolder, filePath, "an absolute path"),
		validatePrefix(c.Prefix),
		c.validatePorts(),
		c.validateLimits(),
	)
}

// validatePrefix refuses what cannot be a public IP prefix of bridges: a range that is too wide, or one inside, opens the relay.
func validatePrefix(prefix netip.Prefix) error {
	switch {
	case !prefix.IsValid() || !prefix.Addr().Is4():
		return fmt.Errorf("the prefix is %s, allowed is an IPv4 range", prefix)
	case prefix.Masked() != prefix:
		return fmt.Errorf("the prefix is %s, which is an address in %s", prefix, prefix.Masked())
	case prefix.Bits() < 24:
		return fmt.Errorf("the prefix is %s, allowed are ranges of at most 256 addresses (/24)", prefix)
	case prefix.Addr().IsPrivate() || prefix.Addr().IsLinkLocalUnicast() || prefix.Addr().IsMulticast() || prefix.Addr().IsUnspecified():
		return fmt.Errorf("the prefix is %s, which is no public range", prefix)
	}
	return nil
}

func (c Config) validatePorts() error {
	var problems []error
	if c.TLSPort < 1024 || c.TLSPort > 65535 {
		problems = append(problems, fmt.Errorf("the TLS port is %d, allowed is 1024 to 65535", c.TLSPort))
	}
	if c.RelayPorts.Min < 1024 || c.RelayPorts.Max > 65535 || c.RelayPorts.Min > c.RelayPorts.Max {
		problems = append(problems, fmt.Errorf("the relay ports are %d to %d, allowed is a range within 1024 to 65535",
			c.RelayPorts.Min, c.RelayPorts.Max))
	}
	return errors.Join(problems...)
}

func (c Config) validateLimits() error {
	var problems []error
	if ports := c.RelayPorts.Max - c.RelayPorts.Min + 1; c.TotalQuota < 1 || c.TotalQuota > ports {
		problems = append(problems, fmt.Errorf("the quota is %d allocations, allowed is 1 to %d, the number of relay ports",
			c.TotalQuota, ports))
	}
	if least := 2*c.TotalQuota + OwnDescriptors; c.Descriptors < least {
		problems = append(problems, fmt.Errorf("the relay may have %d file descriptors, %d allocations need at least %d",
			c.Descriptors, c.TotalQuota, least))
	}
	return errors.Join(append(problems,
		atMostAnHour("the longest lifetime", c.MaxLifetime, time.Minute),
		atMostAnHour("the nonce's age", c.StaleNonce, time.Minute),
		atMostAnHour("the time between two looks at the certificate", c.ReloadEvery, time.Second),
		atMostAnHour("the time that a stopping relay lingers", c.Linger, time.Second),
	)...)
}

// matches guards the text of the configuration: whatever passes can neither end its line nor start a comment.
func matches(what, value string, pattern *regexp.Regexp, allowed string) error {
	if pattern.MatchString(value) {
		return nil
	}
	return fmt.Errorf("%s is %q, allowed is %s", what, value, allowed)
}

func atMostAnHour(what string, value, least time.Duration) error {
	if value >= least && value <= time.Hour && value%time.Second == 0 {
		return nil
	}
	return fmt.Errorf("%s is %s, allowed are whole seconds from %s to an hour", what, value, least)
}

// last is the last address of an IPv4 range.
func last(prefix netip.Prefix) netip.Addr {
	bytes := prefix.Addr().As4()
	for bit := prefix.Bits(); bit < 32; bit++ {
		bytes[bit/8] |= 1 << (7 - bit%8)
	}
	return netip.AddrFrom4(bytes)
}

package cloudinit

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"time"
)

const (
	// MediaPort is the one port, UDP, on which a videobridge takes media.
	MediaPort = 10000
	// RESTPort is where a videobridge's private HTTP server listens.
	RESTPort = 8080
	// MetadataService is where a machine asks Azure about itself.
	// Source: Azure docs, instance-metadata-service.
	MetadataService = "http://169.254.169.254"
	// StartMargin is how long before the reaper's boot deadline a machine gives up: Azure counts a machine's age from before
	// its kernel starts, and a videobridge needs a moment to come up.
	StartMargin = 5 * time.Minute
)

// Config is what a bridge must know of its surroundings.
type Config struct {
	// Environment, Shard, Region and Zone say where the bridge is; Zone is 1, 2 or 3.
	Environment, Shard, Region string
	Zone                       int
	// PublicPrefix is the address range that the bridge's own public address must lie in.
	PublicPrefix netip.Prefix
	// Signalling is the shard's Prosody.
	Signalling Signalling
	// XMPP holds the names that Prosody serves.
	XMPP XMPP
	// IdentityClientID is the client id of the machines' identity. A policy may give them others, so it is named.
	IdentityClientID string
	// Vault is where the shard's secret is, in the form of [Credentials].
	Vault Vault
	// STUNServers are asked for the public address, as host:port, where Azure does not tell it.
	STUNServers []string
	// RESTClients are the ranges from which the videobridge's HTTP server may be reached.
	RESTClients []netip.Prefix
	// RESTPort is that server's port; 0 means [RESTPort].
	RESTPort int
	// BootDeadline is the age at which the reaper takes a machine that never registered for one that never will. The machine
	// starts no videobridge in the last [StartMargin] before it, nor after it. 0 means that the reaper has none.
	BootDeadline time.Duration
	// PackageVersion is the version of the jitsi-videobridge2 package that the image should carry.
	PackageVersion string
	// HeapMiB is the videobridge's Java heap in MiB.
	HeapMiB int
	// Endpoints are the services of the platform; the zero value means Azure's own.
	Endpoints Endpoints
}

// Signalling is where a bridge reports for work.
type Signalling struct {
	Address netip.Addr `json:"address"`
	Port    int        `json:"port"`
}

// XMPP names Prosody's domains, the room that bridges meet Jicofo in, and the bridges' user.
type XMPP struct {
	Domain            string `json:"domain"`
	AuthDomain        string `json:"authDomain"`
	MUCDomain         string `json:"mucDomain"`
	InternalMUCDomain string `json:"internalMucDomain"`
	Brewery           string `json:"brewery"`
	User              string `json:"user"`
}

// Vault says where the shard's secret is.
type Vault struct {
	// URL is the Key Vault's, such as https://kv-meet.vault.azure.net, and Secret the secret's name in it.
	URL    string `json:"url"`
	Secret string `json:"secret"`
}

// Endpoints are services of the platform that a test replaces.
type Endpoints struct {
	Metadata string `json:"metadata"`
}

// settings is the content of the file at [Path].
func (c Config) settings() (string, error) {
	full := view{c}
	document, err := json.MarshalIndent(map[string]any{
		"environment": c.Environment, "shard": c.Shard, "region": c.Region, "zone": c.Zone,
		"publicPrefix": c.PublicPrefix, "signalling": c.Signalling, "xmpp": c.XMPP,
		"identityClientId": c.IdentityClientID, "vault": c.Vault, "stunServers": c.STUNServers,
		"restPort": full.RESTPort(), "bootDeadlineSeconds": full.BootDeadlineSeconds(),
		"packageVersion": c.PackageVersion, "heapMiB": c.HeapMiB, "endpoints": full.Endpoints(),
	}, "", "  ")
	if err != nil {
		return "", fmt.Errorf("writing the settings: %w", err)
	}
	return string(document) + "\n", nil
}

// view is a configuration as the templates see it, with what follows from it.
type view struct{ Config }

// RESTPort is the port of the videobridge's HTTP server.
func (v view) RESTPort() int {
	if v.Config.RESTPort == 0 {
		return RESTPort
	}
	return v.Config.RESTPort
}

// Endpoints are the services of the platform.
func (v view) Endpoints() Endpoints {
	if v.Config.Endpoints.Metadata == "" {
		return Endpoints{Metadata: MetadataService}
	}
	return v.Config.Endpoints
}

// BootDeadlineSeconds is the machine's own deadline; 0 means none.
func (v view) BootDeadlineSeconds() int {
	if v.BootDeadline == 0 {
		return 0
	}
	return int((v.BootDeadline - StartMargin).Seconds())
}

// MediaPort is the videobridge's port for media.
func (view) MediaPort() int { return MediaPort }

// BreweryRoom is the address of the room that bridges meet Jicofo in.
func (v view) BreweryRoom() string { return v.XMPP.Brewery + "@" + v.XMPP.InternalMUCDomain }

// RESTClients is a list for the firewall.
func (v view) RESTClients() string {
	ranges := make([]string, 0, len(v.Config.RESTClients))
	for _, prefix := range v.Config.RESTClients {
		ranges = append(ranges, prefix.String())
	}
	return strings.Join(ranges, ", ")
}

// plain is what a value must look like that goes into units, templates and URLs.
var plain = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+~-]*$`)

// server is what a STUN server must look like.
var server = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.-]*:[0-9]{1,5}$`)

// Validate reports everything that would keep a bridge from finding its shard.
func (c Config) Validate() error {
	var problems []error
	for _, given := range []struct{ name, value string }{
		{"environment", c.Environment},
		{"shard", c.Shard},
		{"region", c.Region},
		{"XMPP domain", c.XMPP.Domain},
		{"XMPP authentication domain", c.XMPP.AuthDomain},
		{"XMPP room domain", c.XMPP.MUCDomain},
		{"XMPP internal room domain", c.XMPP.InternalMUCDomain},
		{"brewery room", c.XMPP.Brewery},
		{"XMPP user", c.XMPP.User},
		{"package version", c.PackageVersion},
		{"client id of the identity", c.IdentityClientID},
		{"name of the secret", c.Vault.Secret},
	} {
		if !plain.MatchString(given.value) {
			problems = append(problems,
				fmt.Errorf("the %s %q is empty or has more than letters, digits and . _ + ~ -", given.name, given.value))
		}
	}
	problems = append(problems, c.validateNumbers()...)
	return errors.Join(append(problems, c.validatePlaces()...)...)
}

func (c Config) validateNumbers() []error {
	var problems []error
	refuse := func(wrong bool, format string, values ...any) {
		if wrong {
			problems = append(problems, fmt.Errorf(format, values...))
		}
	}
	refuse(c.Zone < 1 || c.Zone > 3, "zone %d is none of 1, 2 and 3", c.Zone)
	refuse(!c.PublicPrefix.IsValid() || c.PublicPrefix != c.PublicPrefix.Masked() || !c.PublicPrefix.Addr().Is4(),
		"%s is no public IPv4 prefix", c.PublicPrefix)
	refuse(!c.Signalling.Address.IsValid() || c.Signalling.Port < 1 || c.Signalling.Port > 65535,
		"%s port %d is no place to find signalling at", c.Signalling.Address, c.Signalling.Port)
	refuse(c.RESTPort < 0 || c.RESTPort > 65535, "port %d of the HTTP server is no port", c.RESTPort)
	refuse(c.HeapMiB < 1, "a heap of %d MiB is too small", c.HeapMiB)
	refuse(c.BootDeadline != 0 && c.BootDeadline <= StartMargin,
		"a boot deadline of %s leaves no time to start: it is not above %s", c.BootDeadline, StartMargin)
	return problems
}

func (c Config) validatePlaces() []error {
	problems := c.validateClients()
	for name, place := range map[string]string{"Key Vault": c.Vault.URL, "metadata service": view{c}.Endpoints().Metadata} {
		parsed, err := url.Parse(place)
		if err != nil || parsed.Host == "" || parsed.User != nil || parsed.RawQuery != "" {
			problems = append(problems, fmt.Errorf("%q is no URL of a %s", place, name))
		}
	}
	for _, address := range c.STUNServers {
		if !server.MatchString(address) {
			problems = append(problems, fmt.Errorf("the STUN server %q is not in the form host:port", address))
		}
	}
	return problems
}

func (c Config) validateClients() []error {
	var problems []error
	if len(c.RESTClients) == 0 {
		problems = append(problems, errors.New("nobody may reach the HTTP server: the reaper must"))
	}
	for _, prefix := range c.RESTClients {
		if !prefix.IsValid() || !prefix.Addr().Is4() {
			problems = append(problems, fmt.Errorf("%s is no IPv4 range of those who may reach the HTTP server", prefix))
		}
	}
	return problems
}

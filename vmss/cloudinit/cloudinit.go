// Package cloudinit renders what a bridge is told at its first boot: which shard it belongs to and where that shard's
// signalling is. It carries no secret, because custom data can be read by everyone who may read the scale set; what is
// secret a machine fetches itself, with its own identity. The package is pure.
package cloudinit

import (
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"sigs.k8s.io/yaml"
)

const (
	// Path is the file that the bridge's services read.
	Path = "/etc/jitsi-bridge/shard.json"
	// Longest is the longest custom data that Azure takes, in bytes before base64.
	// Source: Azure REST API, VirtualMachineScaleSetOSProfile.customData.
	Longest = 65535
)

// Config is what a bridge must know of its surroundings. Its JSON form is the content of the file at Path.
type Config struct {
	// Environment, Shard, Region and Zone say where the bridge is; Zone is 1, 2 or 3.
	Environment string `json:"environment"`
	Shard       string `json:"shard"`
	Region      string `json:"region"`
	Zone        int    `json:"zone"`
	// PublicPrefix is the address range that the bridge's own public address must lie in.
	PublicPrefix netip.Prefix `json:"publicPrefix"`
	// Signalling is the shard's Prosody.
	Signalling Signalling `json:"signalling"`
	// XMPP holds the names that Prosody serves.
	XMPP XMPP `json:"xmpp"`
	// CACertificate is the certificate (PEM) that Prosody's own one is signed with. It is public.
	CACertificate string `json:"caCertificate"`
	// PackageVersion is the version of the jitsi-videobridge2 package that the image should carry.
	PackageVersion string `json:"packageVersion"`
	// HeapMiB is the videobridge's Java heap in MiB.
	HeapMiB int `json:"heapMiB"`
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

// file is an entry of cloud-init's write_files.
type file struct {
	Path        string `json:"path"`
	Owner       string `json:"owner"`
	Permissions string `json:"permissions"`
	Content     string `json:"content"`
}

// Render gives the cloud-config document. The same configuration always gives the same text.
func Render(cfg Config) (string, error) {
	if err := cfg.Validate(); err != nil {
		return "", fmt.Errorf("rendering cloud-init: %w", err)
	}
	content, err := json.MarshalIndent(cfg, "", "  ")
	if err != nil {
		return "", fmt.Errorf("rendering cloud-init: %w", err)
	}
	document, err := yaml.Marshal(map[string]any{"write_files": []file{{
		Path:        Path,
		Owner:       "root:root",
		Permissions: "0644",
		Content:     string(content) + "\n",
	}}})
	if err != nil {
		return "", fmt.Errorf("rendering cloud-init: %w", err)
	}
	text := "#cloud-config\n" + string(document)
	if len(text) > Longest {
		return "", fmt.Errorf("rendering cloud-init: %d bytes are more than %d", len(text), Longest)
	}
	return text, nil
}

// Validate reports everything that would keep a bridge from finding its shard.
func (c Config) Validate() error {
	problems := []error{checkCertificates(c.CACertificate)}
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
	} {
		if given.value == "" || strings.TrimSpace(given.value) != given.value {
			problems = append(problems, fmt.Errorf("the %s %q is empty or has white space around it", given.name, given.value))
		}
	}
	return errors.Join(append(problems, c.validateNumbers()...)...)
}

func (c Config) validateNumbers() []error {
	var problems []error
	if c.Zone < 1 || c.Zone > 3 {
		problems = append(problems, fmt.Errorf("zone %d is none of 1, 2 and 3", c.Zone))
	}
	if !c.PublicPrefix.IsValid() || c.PublicPrefix != c.PublicPrefix.Masked() {
		problems = append(problems, fmt.Errorf("%s is no public prefix", c.PublicPrefix))
	}
	if !c.Signalling.Address.IsValid() || c.Signalling.Port < 1 || c.Signalling.Port > 65535 {
		problems = append(problems, fmt.Errorf("%s port %d is no place to find signalling at", c.Signalling.Address, c.Signalling.Port))
	}
	if c.HeapMiB < 1 {
		problems = append(problems, fmt.Errorf("a heap of %d MiB is too small", c.HeapMiB))
	}
	return problems
}

// checkCertificates admits certificates only. A private key would be readable by everyone who may read the scale set.
func checkCertificates(text string) error {
	const begin = "-----BEGIN "
	rest := []byte(strings.TrimSpace(text))
	if len(rest) == 0 {
		return errors.New("the CA certificate is empty")
	}
	for len(rest) > 0 {
		block, after := pem.Decode(rest)
		// Decode skips what is not PEM; nothing may be hidden there.
		consumed := string(rest[:len(rest)-len(after)])
		if block == nil || !strings.HasPrefix(consumed, begin) || strings.Count(consumed, begin) != 1 {
			return errors.New("the CA certificate is not in PEM form")
		}
		if block.Type != "CERTIFICATE" {
			return fmt.Errorf("the CA certificate holds a %q, which must not leave the stack", block.Type)
		}
		rest = []byte(strings.TrimSpace(string(after)))
	}
	return nil
}

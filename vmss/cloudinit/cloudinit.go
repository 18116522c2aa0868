// Package cloudinit renders what a bridge is told at its first boot: which shard it belongs to, the scripts and units that
// bring its videobridge up, and the videobridge's configuration but for what only the machine itself can know. It carries no
// secret, because custom data can be read by everyone who may read the scale set; what is secret a machine fetches itself,
// with its own identity. The package is pure.
package cloudinit

import (
	"cmp"
	"fmt"
	"slices"

	"gopkg.in/yaml.v3"
)

// Longest is the longest custom data that Azure takes, in bytes before base64.
// Source: Azure REST API, VirtualMachineScaleSetOSProfile.customData.
const Longest = 65535

// Render gives the cloud-config document. The same configuration always gives the same text.
func Render(cfg Config) (string, error) {
	files, err := Files(cfg)
	if err != nil {
		return "", fmt.Errorf("rendering cloud-init: %w", err)
	}
	document, err := yaml.Marshal(document{
		WriteFiles: files,
		// Only the first start needs this; from then on systemd knows the units.
		RunCommands: [][]string{
			{"systemctl", "daemon-reload"},
			{"systemctl", "enable", "--now", "--no-block", "jitsi-bridge-boot.service"},
		},
	})
	if err != nil {
		return "", fmt.Errorf("rendering cloud-init: %w", err)
	}
	text := "#cloud-config\n" + string(document)
	if len(text) > Longest {
		return "", fmt.Errorf("rendering cloud-init: %d bytes are more than %d", len(text), Longest)
	}
	return text, nil
}

// document is the part of cloud-init's own configuration that is used.
type document struct {
	// Machines are replaced, not upgraded: an upgrade could restart Java under a conference.
	PackageUpdate  bool       `yaml:"package_update"`
	PackageUpgrade bool       `yaml:"package_upgrade"`
	WriteFiles     []File     `yaml:"write_files"`
	RunCommands    [][]string `yaml:"runcmd,flow"`
}

// File is an entry of cloud-init's write_files.
type File struct {
	Path        string `json:"path"`
	Owner       string `json:"owner"`
	Permissions string `json:"permissions"`
	Content     string `json:"content"`
}

// MarshalYAML keeps the content readable, line by line.
func (f File) MarshalYAML() (any, error) {
	return struct {
		Path        string    `yaml:"path"`
		Owner       string    `yaml:"owner"`
		Permissions string    `yaml:"permissions"`
		Content     yaml.Node `yaml:"content"`
	}{
		f.Path, f.Owner, f.Permissions,
		yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: f.Content, Style: yaml.LiteralStyle},
	}, nil
}

const (
	// Path is the file with the shard's settings, which all scripts read.
	Path = "/etc/jitsi-bridge/shard.json"
	// scriptFolder is where the scripts go. They are in the image's place for programs that no package brought.
	scriptFolder = "/usr/local/lib/jitsi-bridge/"
	unitFolder   = "/etc/systemd/system/"
)

// rendered are the files made of templates, by the template's name.
var rendered = map[string]File{
	"jvb.conf.tmpl": {Path: "/etc/jitsi-bridge/jvb.conf", Owner: "root:root", Permissions: "0644"},
	// The videobridge's unit reads it as root before it becomes the videobridge's user.
	"config.tmpl":       {Path: "/etc/jitsi-bridge/videobridge/config", Owner: "root:root", Permissions: "0644"},
	"firewall.nft.tmpl": {Path: "/etc/jitsi-bridge/firewall.nft", Owner: "root:root", Permissions: "0644"},
	"metrics.jq.tmpl":   {Path: "/etc/jitsi-bridge/metrics.jq", Owner: "root:root", Permissions: "0644"},
	"logrotate.tmpl":    {Path: "/etc/logrotate.d/jitsi-bridge", Owner: "root:root", Permissions: "0644"},
}

// Files gives what cloud-init writes, in the order of their paths.
func Files(cfg Config) ([]File, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	settings, err := cfg.settings()
	if err != nil {
		return nil, err
	}
	files := []File{{Path: Path, Owner: "root:root", Permissions: "0644", Content: settings}}
	for name, file := range rendered {
		if file.Content, err = fill(name, cfg); err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	scripts, err := embedded("scripts", scriptFolder, cfg, read)
	if err != nil {
		return nil, err
	}
	units, err := embedded("units", unitFolder, cfg, fill)
	if err != nil {
		return nil, err
	}
	files = append(append(files, scripts...), units...)
	slices.SortFunc(files, func(a, b File) int { return cmp.Compare(a.Path, b.Path) })
	return files, nil
}

package config

import (
	"embed"
	"fmt"
	"strings"
	"text/template"

	"jitsi-meet-azure/haproxy/room"
)

//go:embed haproxy.cfg.tmpl
var configurationText string

//go:embed start.sh stop.sh tasks.lua shards.lua certificate.lua
var programs embed.FS

// StartScript and StopScript are the names of the files that start and stop a proxy in its container.
const (
	StartScript = "start.sh"
	StopScript  = "stop.sh"
)

// Files are the texts that a proxy needs in [Config.Folder] beside its configuration, by name.
func Files() (map[string]string, error) {
	files := map[string]string{"fold.lua": room.FoldScript()}
	entries, err := programs.ReadDir(".")
	if err != nil {
		return nil, fmt.Errorf("listing the proxies' programs: %w", err)
	}
	for _, entry := range entries {
		text, err := programs.ReadFile(entry.Name())
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", entry.Name(), err)
		}
		files[entry.Name()] = string(text)
	}
	return files, nil
}

// Render returns the text of haproxy.cfg. The same configuration always gives the same text.
func Render(c Config) (string, error) {
	if err := c.Validate(); err != nil {
		return "", fmt.Errorf("the front door's configuration: %w", err)
	}
	parsed, err := template.New("haproxy.cfg").
		Option("missingkey=error").
		Funcs(template.FuncMap{
			"inSeconds": inSeconds, "seconds": seconds, "tenfold": func(n int) int { return 10 * n },
			"reserved": func(n int) int { return n + 2000 },
		}).
		Parse(configurationText)
	if err != nil {
		return "", fmt.Errorf("reading the template of haproxy.cfg: %w", err)
	}
	values := struct {
		Config
		Backend string
		Weight  int
		Servers []server
	}{c, BackendName, Weight, c.servers()}
	var text strings.Builder
	if err := parsed.Execute(&text, values); err != nil {
		return "", fmt.Errorf("rendering haproxy.cfg: %w", err)
	}
	return text.String(), nil
}

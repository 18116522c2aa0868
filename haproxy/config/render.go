package config

import (
	_ "embed"
	"fmt"
	"strings"
	"text/template"
)

//go:embed haproxy.cfg.tmpl
var configurationText string

//go:embed start.sh
var startScript string

// StartScript starts a proxy inside its container. See [DrainedConfigMap].
func StartScript() string { return startScript }

// Render returns the text of haproxy.cfg. The same configuration always gives the same text.
func Render(c Config) (string, error) {
	if err := c.Validate(); err != nil {
		return "", fmt.Errorf("the front door's configuration: %w", err)
	}
	parsed, err := template.New("haproxy.cfg").
		Option("missingkey=error").
		Funcs(template.FuncMap{"inSeconds": inSeconds}).
		Parse(configurationText)
	if err != nil {
		return "", fmt.Errorf("reading the template of haproxy.cfg: %w", err)
	}
	values := struct {
		Config
		Backend string
		Servers []server
	}{c, BackendName, c.servers()}
	var text strings.Builder
	if err := parsed.Execute(&text, values); err != nil {
		return "", fmt.Errorf("rendering haproxy.cfg: %w", err)
	}
	return text.String(), nil
}

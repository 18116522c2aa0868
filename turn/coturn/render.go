package coturn

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"text/template"
	"time"
)

//go:embed turnserver.conf.tmpl
var configurationText string

//go:embed start.sh
var startScript string

// Files are the texts that the relay needs in [Config.Folder] beside its configuration, by name.
func Files() map[string]string { return map[string]string{StartScript: startScript} }

// Environment is what [StartScript] has to find in the relay's environment, besides [AddressVariable].
func Environment(c Config) map[string]string {
	return map[string]string{
		"TURN_CONFIGURATION":    c.Folder + "/" + ConfigurationFile,
		"TURN_RUNTIME_FOLDER":   c.RuntimeFolder,
		"TURN_SECRET_FILE":      c.SecretFile,
		"TURN_CERTIFICATE_FILE": c.CertificateFile,
		"TURN_KEY_FILE":         c.KeyFile,
		"TURN_PORT":             strconv.Itoa(c.TLSPort),
		"TURN_DESCRIPTORS":      strconv.Itoa(c.Descriptors),
		"TURN_RELOAD_SECONDS":   strconv.Itoa(seconds(c.ReloadEvery)),
		"TURN_LINGER_SECONDS":   strconv.Itoa(seconds(c.Linger)),
	}
}

// Render returns the text of turnserver.conf, without the secret and the pod's address, which [StartScript] adds. The same
// configuration always gives the same text.
func Render(c Config) (string, error) {
	if err := c.Validate(); err != nil {
		return "", fmt.Errorf("the relay's configuration: %w", err)
	}
	parsed, err := template.New(ConfigurationFile).
		Option("missingkey=error").
		Funcs(template.FuncMap{"seconds": seconds, "last": last}).
		Parse(configurationText)
	if err != nil {
		return "", fmt.Errorf("reading the template of %s: %w", ConfigurationFile, err)
	}
	var text strings.Builder
	if err := parsed.Execute(&text, c); err != nil {
		return "", fmt.Errorf("rendering %s: %w", ConfigurationFile, err)
	}
	return text.String(), nil
}

func seconds(d time.Duration) int { return int(d / time.Second) }

package frontdoor_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/haproxy/config"
	"jitsi-meet-azure/haproxy/doortest"
)

var clusterName = regexp.MustCompile(`[a-z0-9.-]+\.svc\.cluster\.local`)

// The text that is deployed, as the golden files hold it, is valid for HAProxy; only the folders and the names of the
// cluster are replaced.
func TestHAProxyAcceptsTheDeployedConfiguration(t *testing.T) {
	t.Parallel()
	files, err := config.Files()
	require.NoError(t, err)
	for _, stack := range []string{"dev", "prod"} {
		t.Run(stack, func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile("../../haproxy/config/testdata/" + stack + ".cfg")
			require.NoError(t, err)
			folder := t.TempDir()
			doortest.NewCertificate(t, folder)
			local := clusterName.ReplaceAllString(string(text), "127.0.0.1")
			local = regexp.MustCompile(`/etc/haproxy(-tls)?/`).ReplaceAllLiteralString(local, folder+"/")
			for name, content := range files {
				require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600))
			}
			configuration := filepath.Join(folder, "haproxy.cfg")
			require.NoError(t, os.WriteFile(configuration, []byte(local), 0o600))
			require.Equal(t, strings.Count(string(text), "\n"), strings.Count(local, "\n"))
			for _, name := range []string{"haproxy-0", "haproxy-1"} {
				command := exec.CommandContext(t.Context(), doortest.Binary(t), "-c", "-f", configuration, "-L", name)
				command.Env = append(os.Environ(), "PROXY_NAME="+name)
				output, err := command.CombinedOutput()
				require.NoError(t, err, "%s", output)
				assert.NotContains(t, string(output), "[WARNING]", "as %s", name)
			}
		})
	}
}

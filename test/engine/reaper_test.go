package engine_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/functions/reaper/settings"
	"jitsi-meet-azure/localcloud/rpcprovider"
)

// The package in the cloud holds the reaper, and the reaper starts with the settings that were deployed with it.
func TestTheDeployedReaperStartsWithItsDeployedSettings(t *testing.T) {
	t.Parallel()
	w := deployed(t, "dev")
	program := filepath.Join(t.TempDir(), "handler")
	require.NoError(t, os.WriteFile(program, w.deployedHandler(), 0o700))
	environ := w.deployedSettings()
	read, err := settings.Parse(environ)
	require.NoError(t, err)
	assert.Len(t, read.Targets, 2)

	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := listener.Addr().String()
	require.NoError(t, listener.Close())
	_, port, err := net.SplitHostPort(address)
	require.NoError(t, err)
	command := exec.CommandContext(t.Context(), program)
	command.Env = slices.Concat(environ, []string{
		"FUNCTIONS_CUSTOMHANDLER_PORT=" + port, "IDENTITY_ENDPOINT=http://127.0.0.1:9/", "IDENTITY_HEADER=x",
	})
	var said bytes.Buffer
	command.Stdout, command.Stderr = &said, &said
	require.NoError(t, command.Start())
	defer func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	}()
	require.Eventually(t, func() bool {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+"/", nil)
		if err != nil {
			return false
		}
		response, err := http.DefaultClient.Do(request)
		return err == nil && response.Body.Close() == nil && response.StatusCode == http.StatusOK
	}, 30*time.Second, 10*time.Millisecond, "the deployed reaper does not answer")
}

// deployedHandler is the program in the package that the cloud has.
func (w *workspace) deployedHandler() []byte {
	w.t.Helper()
	files, err := filepath.Glob(filepath.Join(w.cloud().Dir(), "blobs", "*"))
	require.NoError(w.t, err)
	require.Len(w.t, files, 1)
	content, err := os.ReadFile(files[0])
	require.NoError(w.t, err)
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	require.NoError(w.t, err)
	handler, err := fs.ReadFile(archive, "handler")
	require.NoError(w.t, err)
	return handler
}

// deployedSettings are the app's, as a process environment.
func (w *workspace) deployedSettings() []string {
	w.t.Helper()
	all, err := w.cloud().List("azure-native")
	require.NoError(w.t, err)
	for _, r := range all {
		if r.Type != "azure-native:web:WebApp" {
			continue
		}
		properties, err := rpcprovider.Decode(r.Inputs)
		require.NoError(w.t, err)
		text, err := json.Marshal(rpcprovider.Plain(properties))
		require.NoError(w.t, err)
		var app struct {
			SiteConfig struct {
				AppSettings []struct{ Name, Value string }
			}
		}
		require.NoError(w.t, json.Unmarshal(text, &app))
		var environ []string
		for _, pair := range app.SiteConfig.AppSettings {
			environ = append(environ, strings.Join([]string{pair.Name, pair.Value}, "="))
		}
		return environ
	}
	require.Fail(w.t, "no app was deployed")
	return nil
}

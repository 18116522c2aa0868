package meeting_test

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"

	"jitsi-meet-azure/internal/naming"
	"jitsi-meet-azure/signalling/names"
	"jitsi-meet-azure/test/e2e/meeting/meetingtest"
	"jitsi-meet-azure/test/e2e/pod"
)

func jsonBody(text string) io.Reader { return strings.NewReader(text) }

// Whatever the deployed templates' probes ask is answered as soon as the pods run.
func TestDeployedProbesPass(t *testing.T) {
	t.Parallel()
	s := begin(t, 144)
	for _, service := range []string{names.Web, names.Prosody, names.Jicofo, naming.Names{}.Relay("a")} {
		p := meetingtest.Pod(t, "a", service)
		address := meetingtest.Address(t)
		process := meetingtest.Run(t, s.shard, p, address)
		container := p.Spec.Containers[0]
		probes := 0
		for _, probe := range []*corev1.Probe{container.StartupProbe, container.ReadinessProbe, container.LivenessProbe} {
			if probe != nil {
				probes++
				knock(t, container, probe, address)
			}
		}
		assert.GreaterOrEqual(t, probes, 2, service)
		process.Stop()
		<-process.Done()
		for _, port := range container.Ports {
			_, err := net.Dial("tcp", netip.AddrPortFrom(address, uint16(port.ContainerPort)).String())
			require.Error(t, err, "%s still listens", service)
		}
		// At the same address, as a container that is started again.
		meetingtest.Run(t, s.shard, p, address)
	}
}

func knock(t *testing.T, container corev1.Container, probe *corev1.Probe, address netip.Addr) {
	t.Helper()
	at := func(port string) string {
		for _, declared := range container.Ports {
			if declared.Name == port {
				return netip.AddrPortFrom(address, uint16(declared.ContainerPort)).String()
			}
		}
		require.Fail(t, "no such port", port)
		return ""
	}
	if probe.TCPSocket != nil {
		connection, err := net.Dial("tcp", at(probe.TCPSocket.Port.StrVal))
		require.NoError(t, err)
		connection.Close()
	}
	if probe.HTTPGet != nil {
		answer, err := http.Get("http://" + at(probe.HTTPGet.Port.StrVal) + probe.HTTPGet.Path)
		require.NoError(t, err)
		answer.Body.Close()
		assert.Equal(t, http.StatusOK, answer.StatusCode, "%s %s", container.Name, probe.HTTPGet.Path)
	}
}

func TestPodsThatAreNotTheShards(t *testing.T) {
	t.Parallel()
	s := begin(t, 144)
	p := meetingtest.Pod(t, "a", names.Web)
	p.Labels[names.NameLabel] = "turn-b"
	_, err := s.shard.Image(p).Run(t.Context(), pod.Sandbox{Pod: p, Address: meetingtest.Address(t)})
	require.ErrorContains(t, err, `shard a has no pods of "turn-b"`)
	p = meetingtest.Pod(t, "a", names.Web)
	p.Spec.Containers[0].Ports = nil
	_, err = s.shard.Image(p).Run(t.Context(), pod.Sandbox{Pod: p, Address: meetingtest.Address(t)})
	require.ErrorContains(t, err, "web of shard a")
}

func TestThePageNamesTheShard(t *testing.T) {
	t.Parallel()
	s := begin(t, 144)
	for _, path := range []string{"/Daily", "/team/daily", "/config.js", "/config.js?room=daily", "/"} {
		status, header, body := s.get(s.pods.WebAddress, names.WebPort, path)
		assert.Equal(t, http.StatusOK, status, path)
		assert.Equal(t, "a", header.Get("X-Jitsi-Shard"), path)
		assert.Contains(t, body, "shard: 'a'", path)
	}
	status, header, _ := s.get(s.pods.WebAddress, names.WebPort, "/xmpp-websocket?room=daily")
	assert.Equal(t, http.StatusOK, status, "the client's keep-alive")
	assert.Equal(t, "a", header.Get("X-Jitsi-Shard"))
	request := &http.Request{Method: http.MethodGet, URL: &url.URL{Scheme: "http", Host: netip.AddrPortFrom(s.pods.WebAddress, names.WebPort).String(), Path: "/xmpp-websocket"}, Header: http.Header{"Upgrade": {"websocket"}, "Connection": {"Upgrade"}}}
	answer, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	answer.Body.Close()
	assert.Equal(t, http.StatusBadRequest, answer.StatusCode, "a WebSocket without a room")
}

// execute runs a command in a container.
func execute(t *testing.T, process pod.Process, container string, command ...string) (code int, output, problems string) {
	t.Helper()
	var out, wrong bytes.Buffer
	code, err := process.Exec(t.Context(), container, command, nil, &out, &wrong)
	require.NoError(t, err)
	return code, out.String(), wrong.String()
}

func TestCommandsInContainers(t *testing.T) {
	t.Parallel()
	_, err := exec.LookPath("curl")
	require.NoError(t, err, "run `make deps`")
	s := begin(t, 144)
	curl := []string{"curl", "--silent", "--show-error", "--fail", "--max-time", "10"}
	code, output, problems := execute(t, s.pods.Jicofo, names.Jicofo, append(curl, "http://127.0.0.1:8888/stats")...)
	assert.Zero(t, code, problems)
	assert.Contains(t, output, `"operational_bridge_count":0`)
	code, _, problems = execute(t, s.pods.Jicofo, names.Jicofo, append(curl, "http://127.0.0.1:8888/nowhere")...)
	assert.Equal(t, 22, code, "curl's own")
	assert.Contains(t, problems, "404")

	code, _, problems = execute(t, s.pods.Web, names.Web, "sleep", "0.01")
	assert.Zero(t, code, problems)
	code, _, problems = execute(t, s.pods.Web, names.Web, "sleep", "long")
	assert.Equal(t, 1, code)
	assert.Contains(t, problems, "sleep")
	code, _, problems = execute(t, s.pods.Web, names.Web, "curl", "http://127.0.0.1:8888/stats")
	assert.Equal(t, 127, code)
	assert.Contains(t, problems, "not found")

	s.pods.Web.Stop()
	_, err = s.pods.Web.Exec(t.Context(), names.Web, []string{"sleep", "0"}, nil, io.Discard, io.Discard)
	require.ErrorContains(t, err, "does not run")
}

func TestProsodyReadsItsCertificatesAnew(t *testing.T) {
	t.Parallel()
	s := begin(t, 144)
	mounted := t.TempDir()
	p := meetingtest.Pod(t, "a", names.Prosody)
	process, err := s.shard.Image(p).Run(t.Context(), pod.Sandbox{
		Pod: p, Address: meetingtest.Address(t), Folder: t.TempDir(),
		Mounts: map[string]map[string]string{names.Prosody: {names.CertificateFolder: mounted}},
	})
	require.NoError(t, err)
	t.Cleanup(process.Kill)
	code, _, problems := execute(t, process, names.Prosody, names.ReloadCommand()...)
	assert.Equal(t, 1, code)
	assert.Contains(t, problems, names.AuthDomain)
	require.NoError(t, os.WriteFile(filepath.Join(mounted, names.AuthDomain+".crt"), []byte("certificate"), 0o600))
	code, output, _ := execute(t, process, names.Prosody, "cat", names.CertificateFolder+"/"+names.AuthDomain+".crt")
	assert.Zero(t, code)
	assert.Equal(t, "certificate", output)
	code, _, problems = execute(t, process, names.Prosody, names.ReloadCommand()...)
	assert.Zero(t, code, problems)
	assert.Contains(t, s.heard("service"), "prosody reads its certificates")
	code, _, _ = execute(t, process, names.Prosody, "cat", "/etc/passwd")
	assert.Equal(t, 1, code, "only what is mounted is in the container")
}

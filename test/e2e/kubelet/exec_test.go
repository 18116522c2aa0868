package kubelet_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/client-go/util/exec"
)

// at is where the API server would ask for a command.
func (w *world) at(path string, command ...string) *url.URL {
	return &url.URL{
		Scheme: "https", Host: w.Address().String(), Path: path,
		RawQuery: url.Values{"command": command, "input": {"1"}, "output": {"1"}, "error": {"1"}}.Encode(),
	}
}

// execute speaks SPDY, as the API server does.
func (w *world) execute(t *testing.T, input string, command ...string) (output, problems string, err error) {
	t.Helper()
	access := &rest.Config{TLSClientConfig: rest.TLSClientConfig{Insecure: true}}
	executor, err := remotecommand.NewSPDYExecutor(access, "POST", w.at("/exec/"+namespace+"/haproxy-0/haproxy", command...))
	require.NoError(t, err)
	var out, problem bytes.Buffer
	err = executor.StreamWithContext(t.Context(), remotecommand.StreamOptions{Stdin: strings.NewReader(input), Stdout: &out, Stderr: &problem})
	return out.String(), problem.String(), err
}

func TestCommandsAreExecuted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(t, haproxy(nil))
	w.start(t, 1)
	w.wait(t, "running", runs)
	large := strings.Repeat("a line that goes there and comes back\n", 10_000)
	output, _, err := w.execute(t, large, "cat")
	require.NoError(t, err)
	assert.Equal(t, large, output)

	_, problems, err := w.execute(t, "", "fail")
	var exit exec.CodeExitError
	require.ErrorAs(t, err, &exit)
	assert.Equal(t, 7, exit.Code)
	assert.Equal(t, "it fails", problems)
}

func TestCommandsAreExecutedOverWebSockets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(t, haproxy(nil))
	w.start(t, 1)
	w.wait(t, "running", runs)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	address := w.at("/exec/"+namespace+"/haproxy-0/haproxy", "fail").String()
	connection, _, err := websocket.Dial(ctx, address, &websocket.DialOptions{ //nolint:bodyclose // a WebSocket has none
		HTTPClient:   &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}},
		Subprotocols: []string{"v4.channel.k8s.io"},
	})
	require.NoError(t, err)
	assert.Equal(t, "v4.channel.k8s.io", connection.Subprotocol())
	defer connection.CloseNow()
	streams := map[byte]string{}
	for streams[3] == "" {
		_, message, err := connection.Read(ctx)
		require.NoError(t, err)
		require.NotEmpty(t, message)
		streams[message[0]] += string(message[1:])
	}
	assert.Equal(t, "it fails", streams[2])
	assert.Contains(t, streams[3], `"reason":"NonZeroExitCode"`)
	assert.Contains(t, streams[3], `"message":"7"`)
}

func TestLogsAreShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(t, haproxy(nil))
	w.start(t, 1)
	w.wait(t, "running", runs)
	client := http.Client{Transport: &http.Transport{
		DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
	}}
	answer, err := client.Get(w.at("/containerLogs/" + namespace + "/haproxy-0/haproxy").String())
	require.NoError(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	assert.Equal(t, "first words of haproxy\nlast words", string(text))
}

func TestWhatCannotBeExecuted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(t, haproxy(func(p *corev1.Pod) { p.Spec.Containers[0].Name = "other" }))
	w.start(t, 1)
	w.wait(t, "running", runs)
	_, _, err := w.execute(t, "", "cat")
	require.ErrorContains(t, err, "has no container haproxy")
	w.FailZone("zone-one")
	_, _, err = w.execute(t, "", "cat")
	require.ErrorContains(t, err, "do not run")
}

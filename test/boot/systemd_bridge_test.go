package boot_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"regexp"
	"strconv"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/vmss/cloudinit"
)

// statistics is the file with what the videobridge's stand-in says of itself.
const statistics = "/usr/share/jitsi-videobridge/statistics.json"

// started is what the stand-in says when it starts.
const started = "the videobridge's stand-in starts"

// exitTerminated is the exit code of a Java program that is told to end by a signal.
const exitTerminated = 143

// standInUnit stands in for the unit that the Debian package brings, with what matters here. The package's own configuration
// is not there: a unit that still read it would not start. It does not say Restart, which is for the deployment's part to say.
// Source: jitsi/jitsi-videobridge, debian/jitsi-videobridge2.service.
const standInUnit = `[Unit]
Description=A stand-in of the videobridge

[Service]
SuccessExitStatus=143
AmbientCapabilities=CAP_NET_BIND_SERVICE
EnvironmentFile=/etc/jitsi/videobridge/config
Environment=` + role + "=" + videobridgeRole + `
User=jvb
Group=jitsi
RuntimeDirectory=jitsi-videobridge
ExecStart=/usr/share/jitsi-videobridge/videobridge -test.run=^TestSystemdNeverAgain$ -test.timeout=0
`

var (
	configured = regexp.MustCompile(`-Dconfig\.file=(\S+)`)
	privateIs  = regexp.MustCompile(`\nvideobridge\.http-servers\.private\.host = "([^"]+)"`)
)

// playVideobridge is the videobridge's stand-in. It serves its statistics where its configuration says, ends with the code that
// it is asked for, and ends as Java does when it is terminated.
func playVideobridge(t *testing.T) {
	t.Helper()
	fmt.Println(started)
	terminated, stop := signal.NotifyContext(t.Context(), syscall.SIGTERM)
	defer stop()
	context.AfterFunc(terminated, func() { syscall.Exit(exitTerminated) })

	path := configured.FindStringSubmatch(os.Getenv("JAVA_SYS_PROPS"))
	require.NotNil(t, path, "no configuration is named")
	configuration, err := os.ReadFile(path[1])
	require.NoError(t, err)
	host := privateIs.FindSubmatch(configuration)
	require.NotNil(t, host, "no private address")
	mux := http.NewServeMux()
	mux.HandleFunc("GET /about/health", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /colibri/stats", func(out http.ResponseWriter, request *http.Request) {
		http.ServeFile(out, request, statistics)
	})
	mux.HandleFunc("GET /exit/{code}", func(_ http.ResponseWriter, request *http.Request) {
		code, err := strconv.Atoi(request.PathValue("code"))
		if err == nil {
			syscall.Exit(code) // a test may not end with os.Exit(0)
		}
	})
	t.Fatal(http.ListenAndServe(net.JoinHostPort(string(host[1]), strconv.Itoa(cloudinit.RESTPort)), mux))
}

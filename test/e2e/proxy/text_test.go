package proxy_test

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/internal/golden"
	"jitsi-meet-azure/test/e2e/proxy"
)

var folders = map[string]string{
	"/etc/haproxy": "/pods/1/home", "/etc/haproxy-tls": "/pods/1/tls", "/etc/haproxy-drained": "/pods/1/drained",
}

func adapter() proxy.Adapter {
	return proxy.Adapter{
		Address: netip.MustParseAddr("127.244.1.5"), Nameserver: netip.MustParseAddrPort("127.245.0.53:5353"), Folders: folders,
		Connections: 22_000, LookUp: lookUp,
	}
}

func adapt(name, text string) string { return adapter().Adapt(name, text) }

// The file that this is compared with is the whole difference between what is deployed and what runs here.
func TestNothingElseDiffersFromWhatIsDeployed(t *testing.T) {
	t.Parallel()
	files := frontDoorFiles(t).Data
	var differences strings.Builder
	for _, name := range slices.Sorted(maps.Keys(files)) {
		before := strings.Split(files[name], "\n")
		after := strings.Split(adapt(name, files[name]), "\n")
		require.Len(t, after, len(before), name)
		for index := range before {
			if before[index] != after[index] {
				fmt.Fprintf(&differences, "%s:%d\n- %s\n+ %s\n", name, index+1, before[index], after[index])
			}
		}
	}
	golden.Compare(t, "testdata/differences.golden", differences.String())
}

func TestAMachineMayAllowFewConnections(t *testing.T) {
	t.Parallel()
	text := "global\n    maxconn 22000\nfrontend plain\n    maxconn 1000\nfrontend public\n    maxconn 20000\n"
	few := adapter()
	few.Connections = 9000
	assert.Equal(t, "global\n    maxconn 9000\nfrontend plain\n    maxconn 1000\nfrontend public\n    maxconn 7000\n",
		few.Adapt("haproxy.cfg", text))
}

func TestRoomsMayBeForgottenSooner(t *testing.T) {
	t.Parallel()
	deployed := frontDoorFiles(t).Data["haproxy.cfg"]
	soon := adapter()
	soon.Forget = 7 * time.Second
	before, after := adapt("haproxy.cfg", deployed), soon.Adapt("haproxy.cfg", deployed)
	assert.Equal(t, strings.Replace(before, " expire 300s nopurge srvkey name ", " expire 7s nopurge srvkey name ", 1), after)
	assert.NotEqual(t, before, after)
}

func TestNothingOfTheContainerIsLeft(t *testing.T) {
	t.Parallel()
	for name, text := range frontDoorFiles(t).Data {
		adapted := adapt(name, text)
		for _, left := range []string{"/etc/", "127.0.0.1", "bind :", "\n    parse-resolv-conf"} {
			assert.NotContains(t, adapted, left, name)
		}
	}
}

func TestCommandsArePutIntoPlace(t *testing.T) {
	t.Parallel()
	for command, want := range map[string]string{
		"/etc/haproxy/stop.sh":                     "/pods/1/home/stop.sh",
		"exec socat -t 30 - TCP:127.0.0.1:9999":    "exec socat -t 30 - TCP:127.244.1.5:9999",
		"exec 3<>/dev/tcp/127.0.0.1/9997; cat >&3": "exec 3<>/dev/tcp/127.244.1.5/9997; cat >&3",
		"ls /etc/haproxy-drained /etc/haproxy-tls": "ls /pods/1/drained /pods/1/tls",
		"20": "20",
	} {
		assert.Equal(t, want, adapt("", command))
	}
}

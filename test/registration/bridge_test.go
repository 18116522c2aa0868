// Package registration_test proves that a bridge registers with its shard: what its boot has written is given to an XMPP client, and
// the real Prosody lets it into the room where Jicofo waits. It also proves what is refused.
package registration_test

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/test/boot/standin"
	"jitsi-meet-azure/test/registration/member"
	"jitsi-meet-azure/test/registration/prosody"
	"jitsi-meet-azure/vmss/cloudinit"
)

func TestMain(m *testing.M) {
	for _, program := range []string{"bash", "curl", "jq", "java", "javac", "keytool", "prosody", "prosodyctl"} {
		if _, err := exec.LookPath(program); err != nil {
			_, _ = os.Stderr.WriteString(program + " is missing: run `make deps`\n")
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// bridge is a machine that has booted.
type bridge struct{ member.Bridge }

// secret is what the shard's Key Vault holds for its bridges.
type secret = cloudinit.Credentials

// boot boots a machine with this id as a bridge of a shard.
func boot(t *testing.T, shard *prosody.Server, vmID string, known secret) bridge {
	t.Helper()
	around := standin.Start(t, standin.Options{Change: func(facts *standin.Facts) { facts.VMID = vmID }})
	cfg, err := member.Assign(around, shard, known)
	require.NoError(t, err)
	machine, err := around.NewMachine(t.TempDir(), cfg)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	said, err := machine.Command(ctx, "boot.sh", "BRIDGE_PATIENCE_SECONDS=30", "BRIDGE_RETRY_SECONDS=0.1",
		"JAVA_TOOL_OPTIONS="+strings.Join(member.Briefly, " ")).CombinedOutput()
	require.NoError(t, err, string(said))
	return bridge{member.Bridge{Machine: machine}}
}

// file is the content of one of the machine's files.
func (b bridge) file(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(b.Path(path))
	require.NoError(t, err)
	return string(content)
}

// settings are what the videobridge would log in with.
func (b bridge) settings(t *testing.T) member.Settings {
	t.Helper()
	as, err := b.Settings(t.Context())
	require.NoError(t, err)
	return as
}

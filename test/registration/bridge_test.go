// Package registration_test proves that a bridge registers with its shard: what its boot has written is given to an XMPP client, and
// the real Prosody lets it into the room where Jicofo waits. It also proves what is refused.
package registration_test

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gurkankaymak/hocon"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/signalling/names"
	"jitsi-meet-azure/test/boot/standin"
	"jitsi-meet-azure/test/registration/prosody"
	"jitsi-meet-azure/vmss/cloudinit"
)

// Files of a machine that has booted.
const (
	configuration = "/etc/jitsi-bridge/videobridge/jvb.conf"
	environment   = "/etc/jitsi-bridge/videobridge/config"
	trustStore    = "/etc/jitsi-bridge/videobridge/trust.p12"
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

// briefly has Java start in half the time, which is most of what it does here.
var briefly = []string{"-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"}

// bridge is a machine that has booted. What it knows is read from the files that the boot wrote.
type bridge struct{ *standin.Machine }

// secret is what the shard's Key Vault holds for its bridges.
type secret = cloudinit.Credentials

// usual is the secret of a shard.
func usual(shard *prosody.Server) secret {
	return secret{Password: shard.BridgePassword, CACertificate: shard.Authority.Certificate}
}

// boot boots a machine with this id as a bridge of a shard.
func boot(t *testing.T, shard *prosody.Server, vmID string, known secret) bridge {
	t.Helper()
	around := standin.Start(t, standin.Options{})
	value, err := known.Marshal()
	require.NoError(t, err)
	around.Change(func(facts *standin.Facts) { facts.VMID, facts.Secret = vmID, value })
	cfg, err := around.Config()
	require.NoError(t, err)
	cfg.Signalling = cloudinit.Signalling{Address: netip.MustParseAddr(prosody.Host), Port: shard.Port}
	cfg.XMPP = cloudinit.XMPP{
		Domain: names.XMPPDomain, AuthDomain: names.AuthDomain, MUCDomain: names.MUCDomain,
		InternalMUCDomain: names.InternalMUCDomain, Brewery: names.Brewery, User: names.BridgeUser,
	}
	machine, err := around.NewMachine(t.TempDir(), cfg)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	said, err := machine.Command(ctx, "boot.sh", "BRIDGE_PATIENCE_SECONDS=30", "BRIDGE_RETRY_SECONDS=0.1",
		"JAVA_TOOL_OPTIONS="+strings.Join(briefly, " ")).CombinedOutput()
	require.NoError(t, err, string(said))
	return bridge{machine}
}

// file is the content of one of the machine's files.
func (b bridge) file(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(b.Path(path))
	require.NoError(t, err)
	return string(content)
}

// settings are what the videobridge would log in with.
func (b bridge) settings(t *testing.T) settings {
	t.Helper()
	parsed, err := hocon.ParseResource(b.Path(configuration))
	require.NoError(t, err)
	client := parsed.GetObject("videobridge.apis.xmpp-client.configs.shard")
	require.NotNil(t, client)
	value := func(key string) string { return text(t, client[key]) }
	require.Equal(t, "false", value("DISABLE_CERTIFICATE_VERIFICATION"))
	// On the loopback address, where this Prosody is, the videobridge would otherwise do without TLS if it had to.
	// Source: jicoco, MucClient.createXMPPTCPConnectionConfiguration.
	require.Equal(t, "required", value("SECURITY_MODE"))
	return settings{
		Address: net.JoinHostPort(value("HOSTNAME"), value("PORT")), Domain: value("DOMAIN"),
		User: value("USERNAME"), Password: value("PASSWORD"), Room: value("MUC_JIDS"), Nickname: value("MUC_NICKNAME"),
		Authorities: b.authorities(t),
	}
}

// text is a value as a text. The parser leaves a text's escapes, which are JSON's, to its callers.
func text(t *testing.T, value hocon.Value) string {
	t.Helper()
	require.NotNil(t, value)
	raw, isText := value.(hocon.String)
	if !isText {
		return value.String()
	}
	var meant string
	require.NoError(t, json.Unmarshal([]byte(`"`+string(raw)+`"`), &meant), "%s", raw)
	return meant
}

// environ is what the videobridge's unit and start script make of the file with its environment.
func (b bridge) environ(t *testing.T) map[string]string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "bash", "-c", `set -aeu; . "$1"; env -0`, "bash", b.Path(environment))
	command.Env = []string{}
	listed, err := command.Output()
	require.NoError(t, err)
	found := map[string]string{}
	for entry := range strings.SplitSeq(string(listed), "\x00") {
		name, value, _ := strings.Cut(entry, "=")
		found[name] = value
	}
	return found
}

// javaProperties are the arguments that the videobridge's Java gets, with the machine's paths as they are outside of it.
func (b bridge) javaProperties(t *testing.T) []string {
	t.Helper()
	return strings.Fields(strings.ReplaceAll(b.environ(t)["JAVA_SYS_PROPS"], "=/", "="+b.Root+"/"))
}

// property is one of those.
func (b bridge) property(t *testing.T, name string) string {
	t.Helper()
	for _, argument := range b.javaProperties(t) {
		if value, found := strings.CutPrefix(argument, "-D"+name+"="); found {
			return value
		}
	}
	require.Fail(t, name+" is not among the properties")
	return ""
}

// authorities are those that the videobridge's Java trusts: exactly one, or another could sign for the shard's Prosody.
func (b bridge) authorities(t *testing.T) *x509.CertPool {
	t.Helper()
	store := b.property(t, "javax.net.ssl.trustStore")
	require.Equal(t, filepath.Join(b.Root, trustStore), store)
	listed, err := exec.CommandContext(t.Context(), "keytool", "-J"+briefly[0], "-J"+briefly[1], "-list", "-rfc", "-keystore", store,
		"-storetype", b.property(t, "javax.net.ssl.trustStoreType"),
		"-storepass", b.property(t, "javax.net.ssl.trustStorePassword")).CombinedOutput()
	require.NoError(t, err, string(listed))
	require.Equal(t, 1, strings.Count(string(listed), "BEGIN CERTIFICATE"), "%s", listed)
	require.Contains(t, string(listed), "trustedCertEntry")
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM(listed))
	return pool
}

// jicofo is what Jicofo logs in with.
func jicofo(shard *prosody.Server, like settings) settings {
	like.User, like.Password, like.Nickname = prosody.FocusUser, shard.FocusPassword, prosody.FocusUser
	like.Authorities = x509.NewCertPool()
	like.Authorities.AppendCertsFromPEM([]byte(shard.Authority.Certificate))
	return like
}

package member

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/gurkankaymak/hocon"

	"jitsi-meet-azure/signalling/names"
	"jitsi-meet-azure/test/boot/standin"
	"jitsi-meet-azure/test/registration/prosody"
	"jitsi-meet-azure/vmss/cloudinit"
)

// Files of a machine that has booted: the videobridge's configuration, its environment, and what its Java trusts.
const (
	Configuration = "/etc/jitsi-bridge/videobridge/jvb.conf"
	Environment   = "/etc/jitsi-bridge/videobridge/config"
	TrustStore    = "/etc/jitsi-bridge/videobridge/trust.p12"
)

// Briefly are arguments with which Java starts in half the time, which is most of what it does here.
var Briefly = []string{"-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"}

// Known is what a shard's Key Vault holds for its bridges.
func Known(shard *prosody.Server) cloudinit.Credentials {
	return cloudinit.Credentials{Password: shard.BridgePassword, CACertificate: shard.Authority.Certificate}
}

// Assign makes surroundings those of a bridge of the shard, whose Key Vault holds the secret, and says what its machine is told.
func Assign(around *standin.Surroundings, shard *prosody.Server, secret cloudinit.Credentials) (cloudinit.Config, error) {
	value, err := secret.Marshal()
	if err != nil {
		return cloudinit.Config{}, fmt.Errorf("a shard's secret: %w", err)
	}
	cfg, err := around.Config()
	if err != nil {
		return cfg, fmt.Errorf("what a machine is told: %w", err)
	}
	around.Change(func(facts *standin.Facts) { facts.Secret = value })
	cfg.Signalling = cloudinit.Signalling{Address: netip.MustParseAddr(prosody.Host), Port: shard.Port}
	cfg.XMPP = cloudinit.XMPP{
		Domain: names.XMPPDomain, AuthDomain: names.AuthDomain, MUCDomain: names.MUCDomain,
		InternalMUCDomain: names.InternalMUCDomain, Brewery: names.Brewery, User: names.BridgeUser,
	}
	return cfg, nil
}

// Bridge is a machine that has booted. What it knows is read from the files that the boot wrote.
type Bridge struct{ *standin.Machine }

// Settings are what the videobridge would log in with. Less than a verified connection is an error.
func (b Bridge) Settings(ctx context.Context) (Settings, error) {
	parsed, err := hocon.ParseResource(b.Path(Configuration))
	if err != nil {
		return Settings{}, fmt.Errorf("reading jvb.conf: %w", err)
	}
	client := parsed.GetObject("videobridge.apis.xmpp-client.configs.shard")
	found := map[string]string{}
	for _, key := range []string{
		"HOSTNAME", "PORT", "DOMAIN", "USERNAME", "PASSWORD", "MUC_JIDS", "MUC_NICKNAME",
		"DISABLE_CERTIFICATE_VERIFICATION", "SECURITY_MODE",
	} {
		if found[key], err = text(client[key]); err != nil {
			return Settings{}, fmt.Errorf("%s in jvb.conf: %w", key, err)
		}
	}
	// On the loopback address, where this Prosody is, the videobridge would otherwise do without TLS if it had to.
	// Source: jicoco, MucClient.createXMPPTCPConnectionConfiguration.
	if found["DISABLE_CERTIFICATE_VERIFICATION"] != "false" || found["SECURITY_MODE"] != "required" {
		return Settings{}, errors.New("jvb.conf does not ask for a verified connection")
	}
	authorities, err := b.authorities(ctx)
	return Settings{
		Address: net.JoinHostPort(found["HOSTNAME"], found["PORT"]), Domain: found["DOMAIN"],
		User: found["USERNAME"], Password: found["PASSWORD"], Room: found["MUC_JIDS"], Nickname: found["MUC_NICKNAME"],
		Authorities: authorities,
	}, err
}

// text is a value as a text. The parser leaves a text's escapes, which are JSON's, to its callers.
func text(value hocon.Value) (string, error) {
	if value == nil {
		return "", errors.New("is not there")
	}
	raw, isText := value.(hocon.String)
	if !isText {
		return value.String(), nil
	}
	var meant string
	if err := json.Unmarshal([]byte(`"`+string(raw)+`"`), &meant); err != nil {
		return "", fmt.Errorf("the text %s: %w", raw, err)
	}
	return meant, nil
}

// Environ is what the videobridge's unit and start script make of the file with its environment.
func (b Bridge) Environ(ctx context.Context) (map[string]string, error) {
	command := exec.CommandContext(ctx, "bash", "-c", `set -aeu; . "$1"; env -0`, "bash", b.Path(Environment))
	command.Env = []string{}
	listed, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("reading the videobridge's environment: %w", err)
	}
	found := map[string]string{}
	for entry := range strings.SplitSeq(string(listed), "\x00") {
		name, value, _ := strings.Cut(entry, "=")
		found[name] = value
	}
	return found, nil
}

// JavaArguments are those that the videobridge's Java gets, with the machine's paths as they are outside of it.
func (b Bridge) JavaArguments(ctx context.Context) ([]string, error) {
	environ, err := b.Environ(ctx)
	return strings.Fields(strings.ReplaceAll(environ["JAVA_SYS_PROPS"], "=/", "="+b.Root+"/")), err
}

// JavaProperties are the properties among those arguments.
func (b Bridge) JavaProperties(ctx context.Context) (map[string]string, error) {
	arguments, err := b.JavaArguments(ctx)
	properties := map[string]string{}
	for _, argument := range arguments {
		if property, found := strings.CutPrefix(argument, "-D"); found {
			name, value, _ := strings.Cut(property, "=")
			properties[name] = value
		}
	}
	return properties, err
}

// authorities are those that the videobridge's Java trusts: exactly one, or another could sign for the shard's Prosody.
func (b Bridge) authorities(ctx context.Context) (*x509.CertPool, error) {
	properties, err := b.JavaProperties(ctx)
	if err != nil {
		return nil, err
	}
	store := properties["javax.net.ssl.trustStore"]
	if want := filepath.Join(b.Root, TrustStore); store != want {
		return nil, fmt.Errorf("the videobridge trusts %q, not %s", store, want)
	}
	listed, err := exec.CommandContext(ctx, "keytool", "-J"+Briefly[0], "-J"+Briefly[1], "-list", "-rfc", "-keystore", store,
		"-storetype", properties["javax.net.ssl.trustStoreType"],
		"-storepass", properties["javax.net.ssl.trustStorePassword"]).CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("the trust store: %w\n%s", err, listed)
	}
	pool := x509.NewCertPool()
	if strings.Count(string(listed), "BEGIN CERTIFICATE") != 1 || !strings.Contains(string(listed), "trustedCertEntry") ||
		!pool.AppendCertsFromPEM(listed) {
		return nil, fmt.Errorf("the trust store does not hold exactly one certificate of an authority:\n%s", listed)
	}
	return pool, nil
}

package boot_test

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/test/boot/standin"
)

// passwordPath is where the videobridge finds its password.
const passwordPath = "videobridge.apis.xmpp-client.configs.shard.PASSWORD"

func certificate(t *testing.T, name string) string {
	t.Helper()
	text, err := standin.NewCertificate(name)
	require.NoError(t, err)
	return text
}

// trusted lists whom the machine's trust store vouches for.
func (m machine) trusted(t *testing.T) []string {
	t.Helper()
	text, err := exec.CommandContext(t.Context(), "keytool", "-list", "-rfc", "-storepass", "certificates",
		"-keystore", m.Path(trustStore)).Output()
	require.NoError(t, err)
	var names []string
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		parsed, err := x509.ParseCertificate(block.Bytes)
		require.NoError(t, err)
		names = append(names, parsed.Subject.CommonName)
	}
	return names
}

// value is the vault's answer with some value of the secret.
func value(secret any) standin.Reply {
	body, err := json.Marshal(map[string]any{"value": secret, "id": "https://kv/secrets/x/1", "attributes": map[string]any{"enabled": true}})
	if err != nil {
		return standin.Reply{}
	}
	return ok(string(body))
}

// A password may be anything that is no control character. It must arrive as it is, and nothing in it may be executed,
// substituted or included.
func TestHostilePasswordIsOnlyText(t *testing.T) {
	t.Parallel()
	m := newMachine(t, nil)
	ran := m.Path("/executed")
	password := `"'\` + "`touch " + ran + "`$(touch " + ran + `)${PATH}${?HOME}${videobridge} # // include "/etc/passwd" ` +
		`} ] , = : + %s \n \" \u0041 é 漢 😀 -----BEGIN CERTIFICATE----- ` + strings.Repeat("long ", 300) + `; touch ` + ran
	m.around.Change(func(f *standin.Facts) { f.Secret = standin.Secret(password, certificate(t, "prosody")) })
	m.boot(t)
	assert.False(t, m.has("/executed"))
	assert.Equal(t, password, m.password(t))
	assert.Equal(t, standin.Public, m.public(t))
	assert.Equal(t, []string{"prosody"}, m.trusted(t))
}

// password is what a JSON parser reads in the configuration's line: a JSON string is a HOCON string.
func (m machine) password(t *testing.T) string {
	t.Helper()
	var found []string
	for line := range strings.Lines(m.read(t, configuration)) {
		if text, is := strings.CutPrefix(line, passwordPath+" = "); is {
			var password string
			require.NoError(t, json.Unmarshal([]byte(text), &password), text)
			found = append(found, password)
		}
	}
	require.Len(t, found, 1)
	return found[0]
}

func TestUsualSecret(t *testing.T) {
	t.Parallel()
	m := newMachine(t, nil)
	two := certificate(t, "before") + "\r\n# a comment\n" + certificate(t, "after")
	m.around.Change(func(f *standin.Facts) { f.Secret = standin.Secret(standin.Password, two) })
	m.boot(t)
	assert.Equal(t, standin.Password, m.password(t))
	assert.Equal(t, standin.Password, m.setting(t, passwordPath), "as a HOCON parser reads it")
	assert.ElementsMatch(t, []string{"before", "after"}, m.trusted(t))
	for path, mode := range map[string]os.FileMode{configuration: 0o640, trustStore: 0o640, machineFile: 0o644} {
		info, err := os.Stat(m.Path(path))
		require.NoError(t, err)
		assert.Equal(t, mode, info.Mode(), path)
	}
	assert.NotContains(t, m.read(t, machineFile), standin.Password)
	assert.Empty(t, m.leftovers(t))
}

// Every wrong answer is asked for again. The number of questions proves that none was taken.
func TestWrongAnswersAreNoSecret(t *testing.T) {
	t.Parallel()
	m := newMachine(t, nil)
	ca := certificate(t, "prosody")
	wrong := []standin.Reply{
		standin.Forbidden(), standin.Unauthorized("AKV10022: Invalid audience."), standin.NoSecret("bridge-dev-a"),
		{Status: http.StatusTooManyRequests, Body: `{"error":{"code":"Throttled","message":"Request was throttled."}}`},
		ok(""), ok(`{"value":`), ok(`{}`), value(7), value(""), value("text"), value(`[1]`),
		ok(strings.Repeat(" ", 1<<21) + `{}`),
		value(`{"caCertificate":"x"}`), value(`{"password":12345}`), value(`{"password":["a"]}`),
		value(standin.Secret("", ca)), value(standin.Secret("two\nlines", ca)),
		value(standin.Secret("nought\x00", ca)), value(standin.Secret("delete\x7f", ca)),
		value(`{"password":"a"}`), value(standin.Secret("a", "")),
		value(standin.Secret("a", "certificate")), value(standin.Secret("a", "-----BEGIN CERTIFICATE-----\nrubbish\n-----END CERTIFICATE-----\n")),
		value(standin.Secret("a", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("key")})))),
		value(standin.Secret("a", ca[:len(ca)/2])),
		value(standin.Secret("a", ca+"-----BEGIN CERTIFICATE-----\nrubbish\n-----END CERTIFICATE-----\n")),
	}
	m.around.Set(standin.Vault, append(wrong, standin.Reply{})...)
	ended := m.boot(t)
	assert.Equal(t, len(wrong)+1, m.around.Count(standin.Vault), ended.log)
	assert.Equal(t, standin.Password, m.password(t))
	for _, said := range []string{
		"answers 403", "Caller is not authorized", "answers 401", "answers 404", "SecretNotFound", "answers 429",
		"not in the form of a bridge's secret", "no usable password", "has no certificate", "certificate 1 is none", "certificate 2 is none",
	} {
		assert.Contains(t, ended.log, said)
	}
	assert.NotContains(t, ended.log, "two")
}

func TestWrongAnswersAreNoToken(t *testing.T) {
	t.Parallel()
	m := newMachine(t, nil)
	wrong := []standin.Reply{
		standin.NoIdentity(), standin.Throttled(), standin.Broken(),
		{Status: http.StatusServiceUnavailable},
		ok(`<html>`), ok(`{}`),
		ok(""), ok(`{"access_token":""}`), ok(`{"access_token":7}`), ok(`{"access_token":"a b"}`), ok(`{"access_token":"a\r\nX-Evil: 1"}`),
		ok(`{"access_token":"a\nb"}`), ok(`{"access_token":"$(reboot)"}`), ok(`{"access_token":"é"}`), ok(strings.Repeat("x", 1<<21)),
	}
	m.around.Set(standin.Identity, append(wrong, standin.Reply{})...)
	ended := m.boot(t)
	assert.Equal(t, len(wrong)+1, m.around.Count(standin.Identity), ended.log)
	assert.Equal(t, 1, m.around.Count(standin.Vault), "the vault is asked with the right token only")
	for _, said := range []string{"Identity not found", "answers 429", "answers 500", "answers 503", "gives no token"} {
		assert.Contains(t, ended.log, said)
	}
}

// A run that gives up says why, and the next one may find what this one did not.
func TestNoSecretNoBridge(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*standin.Facts)
		causes []string
	}{
		"not granted": {func(f *standin.Facts) { f.Granted = false }, []string{
			"the shard's secret", "answers 403", "Caller is not authorized", "please observe propagation time",
		}},
		"no identity": {func(f *standin.Facts) { f.ClientID = "another" }, []string{"a token of the machine's identity", "Identity not found"}},
		"no secret":   {func(f *standin.Facts) { f.SecretName = "" }, []string{"answers 404", "SecretNotFound"}},
		"no certificate": {func(f *standin.Facts) {
			f.Secret = standin.Secret("a", "-----BEGIN CERTIFICATE-----\nrubbish\n-----END CERTIFICATE-----\n")
		}, []string{"the secret's certificate 1 is none", "keytool error"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t, nil)
			m.around.Change(c.change)
			m.refuse(t, tryAgain, c.causes...)
			assert.Empty(t, m.leftovers(t))
			if name == "not granted" {
				m.around.Change(func(f *standin.Facts) { f.Granted = true })
				m.boot(t)
			}
		})
	}
}

package coturn_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"jitsi-meet-azure/internal/golden"
	"jitsi-meet-azure/turn/coturn"
)

func example() coturn.Config {
	return coturn.Defaults("turn-a.meet.example.org", netip.MustParsePrefix("203.0.113.16/28"))
}

func TestRender(t *testing.T) {
	t.Parallel()
	text, err := coturn.Render(example())
	require.NoError(t, err)
	golden.Compare(t, "testdata/turnserver.conf", text)
}

// The whole prefix is allowed and nothing else: not the address before it, and not the one after it.
func TestAllowsExactlyThePrefix(t *testing.T) {
	t.Parallel()
	for prefix, allowed := range map[string]string{
		"203.0.113.16/28":  "203.0.113.16-203.0.113.31",
		"203.0.113.0/28":   "203.0.113.0-203.0.113.15",
		"203.0.113.248/29": "203.0.113.248-203.0.113.255",
		"203.0.113.254/31": "203.0.113.254-203.0.113.255",
		"203.0.113.7/32":   "203.0.113.7-203.0.113.7",
		"203.0.113.0/24":   "203.0.113.0-203.0.113.255",
	} {
		c := example()
		c.Prefix = netip.MustParsePrefix(prefix)
		text, err := coturn.Render(c)
		require.NoError(t, err)
		assert.Equal(t, 1, strings.Count(text, "allowed-peer-ip="))
		assert.Contains(t, text, "\nallowed-peer-ip="+allowed+"\n")
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change  func(*coturn.Config)
		problem string
	}{
		"no realm":                {func(c *coturn.Config) { c.Realm = "" }, `the realm is ""`},
		"a realm with a new line": {func(c *coturn.Config) { c.Realm = "a\nno-auth" }, "the realm is"},
		"a realm with a comment":  {func(c *coturn.Config) { c.Realm = "a#b" }, "the realm is"},
		"no prefix":               {func(c *coturn.Config) { c.Prefix = netip.Prefix{} }, "allowed is an IPv4 range"},
		"an IPv6 prefix":          {func(c *coturn.Config) { c.Prefix = netip.MustParsePrefix("2001:db8::/64") }, "an IPv4 range"},
		"an address in a prefix":  {func(c *coturn.Config) { c.Prefix = netip.MustParsePrefix("203.0.113.17/28") }, "an address in 203"},
		"a wide prefix":           {func(c *coturn.Config) { c.Prefix = netip.MustParsePrefix("203.0.0.0/16") }, "at most 256 addresses"},
		"everything":              {func(c *coturn.Config) { c.Prefix = netip.MustParsePrefix("0.0.0.0/0") }, "at most 256 addresses"},
		"a private prefix":        {func(c *coturn.Config) { c.Prefix = netip.MustParsePrefix("10.40.1.0/28") }, "no public range"},
		"the metadata service's":  {func(c *coturn.Config) { c.Prefix = netip.MustParsePrefix("169.254.169.254/32") }, "no public range"},
		"a privileged port":       {func(c *coturn.Config) { c.TLSPort = 443 }, "the TLS port is 443"},
		"relay ports reversed":    {func(c *coturn.Config) { c.RelayPorts = coturn.Range{Min: 2000, Max: 1999} }, "relay ports are 2000 to 1999"},
		"too many relay ports":    {func(c *coturn.Config) { c.RelayPorts.Max = 65536 }, "the relay ports are 49152 to 65536"},
		"more than the ports":     {func(c *coturn.Config) { c.TotalQuota = 16385 }, "allowed is 1 to 16384"},
		"no quota":                {func(c *coturn.Config) { c.TotalQuota = 0 }, "the quota is 0"},
		"one descriptor too few":  {func(c *coturn.Config) { c.Descriptors = 4111 }, "1800 allocations need at least 4112"},
		"a long lifetime":         {func(c *coturn.Config) { c.MaxLifetime = 2 * time.Hour }, "the longest lifetime is 2h0m0s"},
		"no nonce":                {func(c *coturn.Config) { c.StaleNonce = 0 }, "the nonce's age is 0s"},
		"parts of a second":       {func(c *coturn.Config) { c.ReloadEvery = 1500 * time.Millisecond }, "two looks at the certificate is 1.5s"},
		"no time to linger":       {func(c *coturn.Config) { c.Linger = 0 }, "lingers is 0s"},
		"a relative folder":       {func(c *coturn.Config) { c.Folder = "etc" }, `the folder is "etc"`},
		"a certificate nowhere":   {func(c *coturn.Config) { c.CertificateFile = "" }, "the certificate file is"},
		"a key with a new line":   {func(c *coturn.Config) { c.KeyFile = "/a\nb" }, "the key file is"},
		"a secret nowhere":        {func(c *coturn.Config) { c.SecretFile = "" }, "the file of the secret is"},
		"nothing to write to":     {func(c *coturn.Config) { c.RuntimeFolder = "" }, "the runtime folder is"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings := example()
			c.change(&settings)
			require.ErrorContains(t, settings.Validate(), c.problem)
			_, err := coturn.Render(settings)
			require.ErrorContains(t, err, c.problem)
		})
	}
}

func TestValidateNamesAllProblems(t *testing.T) {
	t.Parallel()
	err := coturn.Config{}.Validate()
	for _, part := range []string{
		"realm", "prefix", "TLS port", "relay ports", "quota", "descriptors", "lifetime", "nonce", "certificate file", "key file", "secret",
		"folder",
	} {
		require.ErrorContains(t, err, part)
	}
}

// The expected password was computed with openssl.
func TestCredentials(t *testing.T) {
	t.Parallel()
	username, password := coturn.Credentials("shared-secret", time.Unix(1_700_000_000, 999_999_999), time.Hour)
	assert.Equal(t, "1700003600", username)
	assert.Equal(t, "vPQ+2wuKDF6W4YNBhvM7tM2Rjcg=", password)
}

// The script reads no variable that is not given to it, and is given none that it does not read.
func TestEnvironmentFitsTheScript(t *testing.T) {
	t.Parallel()
	script := coturn.Files()[coturn.StartScript]
	given := coturn.Environment(example())
	given[coturn.AddressVariable] = "10.244.0.7"
	for name := range given {
		assert.Contains(t, script, "$"+name)
	}
	for _, word := range strings.FieldsFunc(script, func(r rune) bool { return !strings.ContainsRune("$_ABCDEFGHIJKLMNOPQRSTUVWXYZ", r) }) {
		if name, ok := strings.CutPrefix(word, "$"); ok && strings.Contains(name, "_") {
			assert.Contains(t, given, name)
		}
	}
}

// Whatever the values are, they are either refused or cannot add a line to the configuration.
func TestValuesCannotChangeTheConfiguration(t *testing.T) {
	t.Parallel()
	reference, err := coturn.Render(example())
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		c := example()
		for name, value := range map[string]*string{
			"realm": &c.Realm, "certificate": &c.CertificateFile, "key": &c.KeyFile, "runtime": &c.RuntimeFolder,
		} {
			if rapid.Bool().Draw(t, "change "+name) {
				*value = rapid.StringMatching(`/?[a-z0-9.]{0,5}[ "'#=\\{}$\n]?[a-z]{0,3}`).Draw(t, name)
			}
		}
		text, err := coturn.Render(c)
		words, comments := len(strings.Fields(text)), strings.Count(text, "#")
		if err == nil && (words != len(strings.Fields(reference)) || comments != strings.Count(reference, "#")) {
			t.Fatalf("a value added words:\n%s", text)
		}
	})
}

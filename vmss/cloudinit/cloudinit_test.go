package cloudinit_test

import (
	"encoding/json"
	"encoding/pem"
	"net/netip"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"
	"sigs.k8s.io/yaml"

	"jitsi-meet-azure/internal/golden"
	"jitsi-meet-azure/vmss/cloudinit"
)

func certificate(tb testing.TB) string {
	tb.Helper()
	text, err := os.ReadFile("testdata/ca.pem")
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}

func usual(tb testing.TB) cloudinit.Config {
	tb.Helper()
	return cloudinit.Config{
		Environment: "dev", Shard: "a", Region: "westeurope", Zone: 1,
		PublicPrefix: netip.MustParsePrefix("198.51.100.0/28"),
		Signalling:   cloudinit.Signalling{Address: netip.MustParseAddr("10.20.8.10"), Port: 5222},
		XMPP: cloudinit.XMPP{
			Domain: "meet.jitsi", AuthDomain: "auth.meet.jitsi", MUCDomain: "muc.meet.jitsi",
			InternalMUCDomain: "internal-muc.meet.jitsi", Brewery: "jvbbrewery", User: "jvb",
		},
		CACertificate:  certificate(tb),
		PackageVersion: "2.3-307-g4bb0aead1-1",
		HeapMiB:        6144,
	}
}

func TestRenderIsAsInGit(t *testing.T) {
	t.Parallel()
	text, err := cloudinit.Render(usual(t))
	if err != nil {
		t.Fatal(err)
	}
	golden.Compare(t, "testdata/usual.golden.yaml", text)
}

// What a machine reads must be what was meant, whatever the values are.
func TestRenderRoundTrip(t *testing.T) {
	t.Parallel()
	ca := certificate(t)
	word := rapid.StringMatching(`[a-z]([a-z0-9'": #%{}|>\\&*!-]{0,20}[a-z0-9])?`)
	rapid.Check(t, func(t *rapid.T) {
		cfg := cloudinit.Config{
			Environment: word.Draw(t, "environment"), Shard: word.Draw(t, "shard"), Region: word.Draw(t, "region"),
			Zone:         rapid.IntRange(1, 3).Draw(t, "zone"),
			PublicPrefix: netip.PrefixFrom(netip.AddrFrom4([4]byte{20, 1, 2, 16}), rapid.IntRange(28, 31).Draw(t, "bits")),
			Signalling: cloudinit.Signalling{
				Address: netip.AddrFrom4([4]byte{10, 0, 0, rapid.Byte().Draw(t, "host")}), Port: rapid.IntRange(1, 65535).Draw(t, "port"),
			},
			XMPP: cloudinit.XMPP{
				Domain: word.Draw(t, "domain"), AuthDomain: word.Draw(t, "auth"), MUCDomain: word.Draw(t, "muc"),
				InternalMUCDomain: word.Draw(t, "internal"), Brewery: word.Draw(t, "brewery"), User: word.Draw(t, "user"),
			},
			CACertificate: ca, PackageVersion: word.Draw(t, "version"), HeapMiB: rapid.IntRange(1, 1<<20).Draw(t, "heap"),
		}
		text, err := cloudinit.Render(cfg)
		if err != nil {
			t.Fatal(err)
		}
		var document struct {
			WriteFiles []struct{ Path, Owner, Permissions, Content string } `json:"write_files"`
		}
		if err := yaml.UnmarshalStrict([]byte(strings.TrimPrefix(text, "#cloud-config\n")), &document); err != nil {
			t.Fatal(err)
		}
		if len(document.WriteFiles) != 1 || document.WriteFiles[0].Path != cloudinit.Path ||
			document.WriteFiles[0].Permissions != "0644" || document.WriteFiles[0].Owner != "root:root" {
			t.Fatalf("files %v", document.WriteFiles)
		}
		var read cloudinit.Config
		if err := json.Unmarshal([]byte(document.WriteFiles[0].Content), &read); err != nil {
			t.Fatal(err)
		}
		if read != cfg {
			t.Fatalf("wrote %+v, read %+v", cfg, read)
		}
	})
}

func TestRenderRefuses(t *testing.T) {
	t.Parallel()
	block := func(kind string) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: []byte("x")}))
	}
	for name, c := range map[string]struct {
		change func(*cloudinit.Config)
		want   string
	}{
		"no shard":          {func(c *cloudinit.Config) { c.Shard = "" }, `the shard ""`},
		"no environment":    {func(c *cloudinit.Config) { c.Environment = "" }, `the environment ""`},
		"no region":         {func(c *cloudinit.Config) { c.Region = "" }, `the region ""`},
		"white space":       {func(c *cloudinit.Config) { c.PackageVersion = "2.3\n" }, "package version"},
		"no domain":         {func(c *cloudinit.Config) { c.XMPP.AuthDomain = "" }, "XMPP authentication domain"},
		"no brewery":        {func(c *cloudinit.Config) { c.XMPP.Brewery = "" }, "brewery room"},
		"zone 0":            {func(c *cloudinit.Config) { c.Zone = 0 }, "zone 0"},
		"zone 4":            {func(c *cloudinit.Config) { c.Zone = 4 }, "zone 4"},
		"no prefix":         {func(c *cloudinit.Config) { c.PublicPrefix = netip.Prefix{} }, "no public prefix"},
		"host bits":         {func(c *cloudinit.Config) { c.PublicPrefix = netip.MustParsePrefix("198.51.100.1/28") }, "198.51.100.1/28"},
		"no address":        {func(c *cloudinit.Config) { c.Signalling.Address = netip.Addr{} }, "no place to find signalling"},
		"no port":           {func(c *cloudinit.Config) { c.Signalling.Port = 0 }, "port 0"},
		"no heap":           {func(c *cloudinit.Config) { c.HeapMiB = 0 }, "heap of 0 MiB"},
		"no certificate":    {func(c *cloudinit.Config) { c.CACertificate = " \n" }, "the CA certificate is empty"},
		"text":              {func(c *cloudinit.Config) { c.CACertificate = "a-certificate" }, "not in PEM form"},
		"key":               {func(c *cloudinit.Config) { c.CACertificate = block("PRIVATE KEY") }, `holds a "PRIVATE KEY"`},
		"certificate + key": {func(c *cloudinit.Config) { c.CACertificate += block("EC PRIVATE KEY") }, `holds a "EC PRIVATE KEY"`},
		"text in front":     {func(c *cloudinit.Config) { c.CACertificate = "password\n" + c.CACertificate }, "not in PEM form"},
		"text behind":       {func(c *cloudinit.Config) { c.CACertificate += "password" }, "not in PEM form"},
		"text between": {func(c *cloudinit.Config) {
			c.CACertificate = "-----BEGIN X-----\npassword\n" + c.CACertificate
		}, "not in PEM form"},
		"too long": {func(c *cloudinit.Config) {
			c.CACertificate = strings.Repeat(block("CERTIFICATE"), 2000)
		}, "bytes are more than 65535"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := usual(t)
			c.change(&cfg)
			if _, err := cloudinit.Render(cfg); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("want an error with %q, got %v", c.want, err)
			}
		})
	}
}

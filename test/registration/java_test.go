package registration_test

import (
	"context"
	"errors"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/test/registration/member"
	"jitsi-meet-azure/test/registration/prosody"
)

// handshake runs the Java program with the videobridge's own properties, split as its start script does.
// Source: jitsi-videobridge, jvb/resources/jvb.sh.
func handshake(t *testing.T, b bridge) (accepted bool, said string) {
	t.Helper()
	as := b.settings(t)
	host, port, err := net.SplitHostPort(as.Address)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	arguments, err := b.JavaArguments(ctx)
	require.NoError(t, err)
	arguments = append(append(arguments, member.Briefly...), filepath.Join("testdata", "Handshake.java"), host, port, as.Domain)
	output, err := exec.CommandContext(ctx, "java", arguments...).CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		require.NoError(t, err, string(output))
	}
	return err == nil, string(output)
}

// The videobridge is Java, so Java must accept the trust store and the certificate. That it accepts nothing else is among what
// [TestRefused] tests.
func TestJavaVerifies(t *testing.T) {
	t.Parallel()
	shard := prosody.Start(t, prosody.Options{})
	b := boot(t, shard, vmID, member.Known(shard))
	accepted, said := handshake(t, b)
	assert.True(t, accepted, said)
	assert.Contains(t, said, "verified: TLSv1.3")
	assert.Contains(t, said, "<mechanism>SCRAM-SHA-1</mechanism>", "what the videobridge logs in with")
	testEnvironment(t, b)
}

// testEnvironment: systemd and a shell must read the same from the file with the videobridge's environment. The unit takes it
// as an EnvironmentFile, in which nothing is expanded, and the package's scripts may source it.
// Sources: jitsi-videobridge, debian/jitsi-videobridge2.service; systemd.exec(5), EnvironmentFile.
func testEnvironment(t *testing.T, b bridge) {
	t.Helper()
	sourced, err := b.Environ(t.Context())
	require.NoError(t, err)
	properties, err := b.JavaProperties(t.Context())
	require.NoError(t, err)
	count := 0
	for line := range strings.Lines(b.file(t, member.Environment)) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		count++
		assert.NotContains(t, line, "$")
		assert.NotContains(t, line, "`")
		assert.NotContains(t, line, `\`)
		name, value, found := strings.Cut(line, "=")
		require.True(t, found, line)
		assert.Equal(t, strings.Trim(value, `"`), sourced[name], name)
	}
	assert.Positive(t, count)
	assert.Regexp(t, `^[1-9][0-9]*[mg]$`, sourced["VIDEOBRIDGE_MAX_MEMORY"])
	assert.Equal(t, b.Path(member.Configuration), properties["config.file"])
}

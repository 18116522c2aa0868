package environment_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/internal/environment"
)

func TestStackFiles(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("../../Pulumi.dev.yaml")
	require.NoError(t, err)
	config, err := environment.StackFile(content)
	require.NoError(t, err)
	env, _, err := environment.LoadConfig("dev", config)
	require.NoError(t, err)
	assert.Equal(t, "dev", env.Name)

	for _, broken := range []string{"config: [", "config: text"} {
		_, err := environment.StackFile([]byte(broken))
		require.ErrorContains(t, err, "not YAML of the right form", broken)
	}
	_, _, err = environment.LoadConfig("dev", map[string]any{"meet:nonsense": "1"})
	var wrong *environment.ConfigurationError
	require.ErrorAs(t, err, &wrong)
	_, _, err = environment.LoadConfig("dev", map[string]any{"meet:tags": func() {}})
	require.ErrorContains(t, err, "encoding the setting meet:tags")
}

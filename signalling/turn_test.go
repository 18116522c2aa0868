package signalling_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/signalling"
)

func TestProsodyAnnouncesTheRelaysOverTLSAndNothingElse(t *testing.T) {
	t.Parallel()
	graph := record(t, usual())
	prosody := settings(t, graph, "prosody")
	for name, want := range map[string]any{
		"TURNS_HOST": "turn-a.meet.example.org", "TURNS_PORT": "443", "TURN_TTL": "86400", "TURN_CREDENTIALS": "passwords",
		"STUN_HOST": "stun.example.org", "STUN_PORT": "3478",
	} {
		assert.Equal(t, want, prosody[name], name)
	}
	assert.NotContains(t, prosody, "TURN_HOST", "whoever gets UDP out needs no relay")
	for _, other := range []string{"web", "jicofo"} {
		assert.NotContains(t, settings(t, graph, other), "TURN_CREDENTIALS")
	}
}

func TestWithoutASTUNServerNoneIsAnnounced(t *testing.T) {
	t.Parallel()
	args := usual()
	args.STUNServer = ""
	prosody := settings(t, record(t, args), "prosody")
	assert.NotContains(t, prosody, "STUN_HOST")
	assert.Contains(t, prosody, "TURNS_HOST")
}

// Prosody and the relays make the same passwords from it. A character that a shell, Lua or coturn reads otherwise would make it
// two secrets.
func TestTheSharedSecretIsAPasswordOfItsOwn(t *testing.T) {
	t.Parallel()
	secret := find(t, record(t, usual()), "turn-secret").Inputs
	assert.EqualValues(t, 32, secret["length"])
	assert.Equal(t, false, secret["special"])
}

func TestABadSTUNServerIsNamed(t *testing.T) {
	t.Parallel()
	args := usual()
	args.STUNServer = "stun.example.org"
	require.ErrorContains(t, args.Validate(), `STUNServer is "stun.example.org", allowed is host:port`)
	require.ErrorContains(t, signalling.Args{}.Validate(), "TurnHost is empty")
}

package registration_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/test/registration/member"
)

// patience is how long anything here may take on a busy machine.
const patience = 20 * time.Second

// client is somebody logged in.
type client struct{ *member.Client }

// enter logs somebody in who must be let in, and has them join their room.
func enter(t *testing.T, as member.Settings) client {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, err := member.Enter(ctx, as)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return client{c}
}

// saw says whether a presence of the kind was seen.
func (c client) saw(kind func(member.Occupant) bool) bool { return slices.ContainsFunc(c.Seen(), kind) }

// waitFor waits until the client has seen a presence of the kind.
func (c client) waitFor(t *testing.T, what string, kind func(member.Occupant) bool) member.Occupant {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	seen, err := c.WaitFor(ctx, what, kind)
	require.NoError(t, err)
	return seen
}

// occupant waits until the client sees this nickname in its room.
func (c client) occupant(t *testing.T, nickname string) member.Occupant {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	seen, err := c.Occupant(ctx, nickname)
	require.NoError(t, err)
	return seen
}

// gone waits until the client sees the nickname leave.
func (c client) gone(t *testing.T, nickname string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	require.NoError(t, c.Gone(ctx, nickname))
}

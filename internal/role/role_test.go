package role_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/internal/role"
)

func TestIDIsThatOfTheSubscription(t *testing.T) {
	t.Parallel()
	id, err := role.IDIn(role.NetworkContributor)("/subscriptions/s-1/resourceGroups/g")
	require.NoError(t, err)
	assert.Equal(t,
		"/subscriptions/s-1/providers/Microsoft.Authorization/roleDefinitions/4d97b98b-1d4f-4787-a291-c67834d212e7", id)
}

func TestWhatIsNoResourceIsRefused(t *testing.T) {
	t.Parallel()
	for _, malformed := range []string{"", "/", "/subscriptions", "/subscriptions/", "subscriptions/s-1/x", "/resourceGroups/g/x"} {
		_, err := role.IDIn(role.BlobDataOwner)(malformed)
		require.ErrorContains(t, err, "does not start with /subscriptions/<id>", malformed)
	}
}

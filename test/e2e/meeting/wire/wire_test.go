package wire_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/test/e2e/meeting/wire"
)

func TestWhatIsSaidIsUnderstood(t *testing.T) {
	t.Parallel()
	notice := wire.Notice{Shard: "a", Session: "s", Resumed: true, Media: wire.On, Bridge: "jvb-1"}
	text, err := wire.Encode(notice)
	require.NoError(t, err)
	heard, err := wire.ParseNotice(text)
	require.NoError(t, err)
	assert.Equal(t, notice, heard)

	word := wire.Word{User: "u", Resume: "s", Leave: true}
	text, err = wire.Encode(word)
	require.NoError(t, err)
	said, err := wire.ParseWord(text)
	require.NoError(t, err)
	assert.Equal(t, word, said)
}

func TestWhatIsNoNotice(t *testing.T) {
	t.Parallel()
	for _, text := range []string{``, `[]`, `{}`, `{"media":"loud"}`, `{"media":1}`} {
		_, err := wire.ParseNotice([]byte(text))
		require.ErrorContains(t, err, "what a shard says", text)
	}
	_, err := wire.ParseWord([]byte(`{"leave":"now"}`))
	assert.ErrorContains(t, err, "what a user says")
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"shard":"a","session":"s","resumed":true,"media":"on","bridge":"b"}`))
	f.Add([]byte(`{"user":"u","resume":"s","leave":true}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if notice, err := wire.ParseNotice(text); err == nil {
			again, err := wire.Encode(notice)
			require.NoError(t, err)
			heard, err := wire.ParseNotice(again)
			require.NoError(t, err)
			assert.Equal(t, notice, heard)
		}
		if word, err := wire.ParseWord(text); err == nil {
			again, err := wire.Encode(word)
			require.NoError(t, err)
			said, err := wire.ParseWord(again)
			require.NoError(t, err)
			assert.Equal(t, word, said)
		}
	})
}

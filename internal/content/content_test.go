package content_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"jitsi-meet-azure/internal/content"
)

func TestHashChangesWithEveryFile(t *testing.T) {
	t.Parallel()
	files := map[string]string{"a": "1", "b": "2"}
	hash := content.Hash(files)
	assert.Equal(t, hash, content.Hash(map[string]string{"b": "2", "a": "1"}))
	for name, others := range map[string]map[string]string{
		"another text": {"a": "1", "b": "3"}, "another name": {"a": "1", "c": "2"}, "one less": {"a": "1"},
		"texts changed places": {"a": "2", "b": "1"}, "a text that looks like two files": {"a": "1b\n1\n2"},
	} {
		assert.NotEqual(t, hash, content.Hash(others), name)
	}
}

package shape

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFromState(t *testing.T) {
	t.Parallel()
	tree, err := FromState([]byte(`{"deployment":{"resources":[
		{"urn":"stack","type":"pulumi:pulumi:Stack"},
		{"urn":"root","type":"meet:stack:Environment","parent":"stack"},
		{"urn":"azure","type":"pulumi:providers:azure-native","custom":true,"parent":"root"},
		{"urn":"part","type":"meet:network:Network","parent":"root"},
		{"urn":"subnet","type":"azure-native:network:Subnet","custom":true,"parent":"part","provider":"azure::0123"}]}}`))
	require.NoError(t, err)
	assert.Equal(t, Tree{
		{Component, -1, -1},
		{Provider, 0, -1},
		{Component, 0, -1},
		{Custom, 2, 1},
	}, tree)
	assert.Equal(t, 3, tree.Depth())
	assert.Equal(t, 2, tree.Count(Component))
}

func TestFromStateRefusesWhatIsNoTree(t *testing.T) {
	t.Parallel()
	for name, state := range map[string]string{
		"no JSON":         `{`,
		"no resources":    `{"deployment":{"resources":[{"urn":"stack","type":"pulumi:pulumi:Stack"}]}}`,
		"a lost parent":   `{"deployment":{"resources":[{"urn":"a","type":"meet:a:A","parent":"gone"}]}}`,
		"a lost provider": `{"deployment":{"resources":[{"urn":"a","type":"a:b:C","custom":true,"provider":"gone::1"}]}}`,
	} {
		_, err := FromState([]byte(state))
		assert.Error(t, err, name)
	}
}

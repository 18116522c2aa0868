package drift_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/internal/drift"
)

func step(operation, token, name string, paths ...string) string {
	var detailed []string
	for _, path := range paths {
		detailed = append(detailed, fmt.Sprintf("%q:{\"kind\":\"update\",\"inputDiff\":true}", path))
	}
	return fmt.Sprintf(`{"op":%q,"urn":"urn:pulumi:prod::meet::meet:stack:Environment$%s::%s","detailedDiff":{%s}}`,
		operation, token, name, strings.Join(detailed, ","))
}

func TestRead(t *testing.T) {
	t.Parallel()
	const (
		set  = "azure-native:compute:VirtualMachineScaleSet"
		pool = "azure-native:containerservice/v20240501:AgentPool"
		vnet = "azure-native:network:VirtualNetwork"
	)
	cases := map[string]struct {
		step string
		want []string
	}{
		"nothing":                    {step("same", vnet, "network"), nil},
		"the autoscaler's count":     {step("update", set, "bridges-a", "sku.capacity"), nil},
		"a pool's count":             {step("update", pool, "pool", "count"), nil},
		"a count and more":           {step("update", set, "bridges-a", "sku.capacity", "tags.a"), []string{"update " + set + " bridges-a: tags.a"}},
		"another type's capacity":    {step("update", vnet, "network", "sku.capacity"), []string{"update " + vnet + " network: sku.capacity"}},
		"a property with that start": {step("update", pool, "pool", "countdown"), []string{"update " + pool + " pool: countdown"}},
		"a resource that is gone":    {step("create", set, "bridges-a"), []string{"create " + set + " bridges-a"}},
		"a resource to delete":       {step("delete", vnet, "network"), []string{"delete " + vnet + " network"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			changes, err := drift.Read(strings.NewReader(`{"steps":[` + c.step + `]}`))
			require.NoError(t, err)
			var lines []string
			for _, change := range changes {
				lines = append(lines, change.String())
			}
			assert.Equal(t, c.want, lines)
		})
	}
}

func TestReadRefusesWhatIsNoPreview(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "{}", "error: no stack selected", `{"steps":[{"op":"update","urn":"x"}]}`} {
		_, err := drift.Read(strings.NewReader(text))
		require.Error(t, err, text)
	}
}

// A preview that stopped half-way has seen no differences in what it did not look at.
func TestReadReportsWhyAPreviewFailed(t *testing.T) {
	t.Parallel()
	_, err := drift.Read(strings.NewReader(`{"steps":[` + step("same", "a:b:C", "stack") +
		`],"diagnostics":[{"message":"careful","severity":"warning"},{"message":"the configuration has 1 problem","severity":"error"}]}`))
	require.EqualError(t, err, "the preview failed: the configuration has 1 problem")
}

func FuzzRead(f *testing.F) {
	f.Add(`{"steps":[` + step("update", "a:b:C", "name", "tags") + `]}`)
	f.Fuzz(func(t *testing.T, text string) {
		changes, err := drift.Read(strings.NewReader(text))
		if err != nil && changes != nil {
			t.Error("both changes and an error")
		}
	})
}

package main

import (
	"fmt"
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/internal/golden"
)

func TestEveryMeasuredSizeIsAValidEnvironment(t *testing.T) {
	t.Parallel()
	original, err := os.ReadFile("../../Pulumi." + stack + ".yaml")
	require.NoError(t, err)
	for _, shards := range append([]int{prodShards}, sizes...) {
		sized, err := withShards(original, shards)
		require.NoError(t, err)
		config, err := environment.StackFile(sized)
		require.NoError(t, err)
		env, _, err := environment.LoadConfig(stack, config)
		require.NoError(t, err, "%d shards", shards)
		assert.Len(t, env.Shards, shards)
	}
}

func TestStatistics(t *testing.T) {
	t.Parallel()
	assert.Equal(t, 2*time.Second, median([]time.Duration{3 * time.Second, time.Second, 2 * time.Second}))
	assert.Equal(t, 3*time.Second, median([]time.Duration{4 * time.Second, 2 * time.Second}))
	sizes := []float64{2, 5, 10, 20, 30}
	for _, power := range []float64{1, 2} {
		y := make([]float64, len(sizes))
		for i, x := range sizes {
			y[i] = 3
			for range int(power) {
				y[i] *= x
			}
		}
		assert.InDelta(t, power, exponent(sizes, y), 1e-9)
		early, late := marginal(sizes, y)
		if power == 1 {
			assert.InDelta(t, early, late, 1e-9)
		} else {
			assert.Greater(t, late, 2*early)
		}
	}
}

// The cold build is only worth comparing while both programs import the same packages.
func TestImportsAreThoseOfTheProject(t *testing.T) {
	t.Parallel()
	source, err := format.Source([]byte(importsProgram(projectImports(t))))
	require.NoError(t, err)
	golden.Compare(t, filepath.Join("imports", "main.go"), source)
}

// projectImports lists the packages of other modules that the program's own packages import.
func projectImports(t *testing.T) []string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f",
		`{{if .Module}}{{if .Module.Main}}{{join .Imports "\n"}}{{end}}{{end}}`, ".")
	command.Dir = "../.."
	output, err := command.Output()
	require.NoError(t, err)
	imported := strings.Fields(string(output))
	slices.Sort(imported)
	return slices.DeleteFunc(slices.Compact(imported), func(path string) bool {
		first, _, _ := strings.Cut(path, "/")
		return !strings.Contains(first, ".") // Of the standard library, or the project's own.
	})
}

func importsProgram(imported []string) string {
	var source strings.Builder
	source.WriteString(`// Command imports is the yardstick of the cold build: it imports what the project imports from others and does nothing
// with it. What remains of the project's build time is the project's own.
//
// The list is generated: UPDATE=1 go test ./test/bench
package main

import (
`)
	for _, path := range imported {
		fmt.Fprintf(&source, "\t_ %q\n", path)
	}
	source.WriteString(")\n\nfunc main() {}\n")
	return source.String()
}

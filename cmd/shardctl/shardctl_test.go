package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCommandLine(t *testing.T) {
	t.Parallel()
	for name, arguments := range map[string][]string{
		"nothing": {}, "unknown": {"restart", "a"}, "no shard": {"roll"}, "two shards": {"roll", "a", "b"}, "no room": {"repair"}, "a flag of another": {"splits", "--watch"}, "an unknown flag": {"rooms", "--all"}, "a flag": {"--force", "roll", "a"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out, problems strings.Builder
			assert.Equal(t, 2, run(t.Context(), arguments, &out, &problems))
			assert.Contains(t, problems.String(), "shardctl [flags] COMMAND")
		})
	}
}

func TestKubectlIsRunAsAProgram(t *testing.T) {
	folder := t.TempDir()
	script := "#!/bin/sh\nif [ \"$1\" = fail ]; then echo 'no such context' >&2; exit 1; fi\nprintf '%s|' \"$@\"; cat\n"
	require.NoError(t, os.WriteFile(filepath.Join(folder, "kubectl"), []byte(script), 0o700))
	t.Setenv("PATH", folder+":"+os.Getenv("PATH"))

	text, err := (&command{context: "dev"}).run(t.Context(), "input", "get", "pods")
	require.NoError(t, err)
	assert.Equal(t, "--context|dev|get|pods|input", text)

	_, err = (&command{}).run(t.Context(), "", "fail")
	require.ErrorContains(t, err, "kubectl fail: exit status 1: no such context")
	exit := &exec.ExitError{}
	require.ErrorAs(t, err, &exit)
}

func TestPauseEndsWithTheContext(t *testing.T) {
	t.Parallel()
	require.NoError(t, pauseFor(time.Millisecond)(t.Context()))
}

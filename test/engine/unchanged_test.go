package engine_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	local "jitsi-meet-azure/tools/local/workspace"
)

// checkout is a folder as git would check it out, in which a user works with the plain pulumi command: no script of the
// project, no changed file.
type checkout struct {
	t *testing.T
	// dir holds the sources, as they are now in the working tree.
	dir string
	// environment is the user's, with the local cloud in the place of Azure.
	environment []string
}

func newCheckout(t *testing.T) checkout {
	t.Helper()
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	c := checkout{t: t, dir: filepath.Join(t.TempDir(), "meet")}
	copySources(t, root, c.dir)
	for _, arguments := range [][]string{
		{"init", "--quiet"},
		{"add", "--all"},
		{"-c", "user.name=test", "-c", "user.email=test@localhost", "commit", "--quiet", "--message", "As checked out"},
	} {
		c.git(arguments...)
	}
	c.environment = userEnvironment(t, root)
	return c
}

// copySources copies the files that git knows, without what was built.
func copySources(t *testing.T, root, target string) {
	t.Helper()
	list := exec.CommandContext(t.Context(), "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	list.Dir = root
	names, err := list.Output()
	require.NoError(t, err)
	for name := range strings.SplitSeq(strings.TrimRight(string(names), "\x00"), "\x00") {
		info, err := os.Lstat(filepath.Join(root, name))
		if os.IsNotExist(err) || err == nil && !info.Mode().IsRegular() {
			continue
		}
		require.NoError(t, err)
		content, err := os.ReadFile(filepath.Join(root, name))
		require.NoError(t, err)
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(target, name)), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(target, name), content, info.Mode().Perm()))
	}
}

// userEnvironment has the local cloud's plugins and a backend of its own, and pulumi and its language host on the PATH.
func userEnvironment(t *testing.T, root string) []string {
	t.Helper()
	find := exec.CommandContext(t.Context(), filepath.Join(root, "scripts", "find-pulumi.sh"))
	pulumi, err := find.Output()
	require.NoError(t, err)
	space, err := local.New(local.Options{Root: root, Stack: "dev", Local: t.TempDir()})
	require.NoError(t, err)
	require.NoError(t, space.Prepare(local.Binaries{
		Program: filepath.Join(root, ".bin", "meet"), LocalCloud: filepath.Join(root, ".bin", "localcloud"),
	}, nil))
	return append(space.Environ(os.Environ()),
		"PATH="+filepath.Dir(strings.TrimSpace(string(pulumi)))+string(os.PathListSeparator)+os.Getenv("PATH"))
}

func (c checkout) git(arguments ...string) string {
	c.t.Helper()
	command := exec.CommandContext(c.t.Context(), "git", arguments...)
	command.Dir = c.dir
	output, err := command.CombinedOutput()
	require.NoError(c.t, err, "git %v\n%s", arguments, output)
	return string(output)
}

// pulumi runs the plain command in the folder.
func (c checkout) pulumi(arguments ...string) (string, error) {
	c.t.Helper()
	command := exec.CommandContext(c.t.Context(), "sh", append([]string{"-c", `exec pulumi "$@"`, "pulumi"}, arguments...)...)
	command.Dir, command.Env = c.dir, c.environment
	var said bytes.Buffer
	command.Stdout, command.Stderr = &said, &said
	err := command.Run()
	return said.String(), err
}

func (c checkout) mustPulumi(arguments ...string) string {
	c.t.Helper()
	said, err := c.pulumi(arguments...)
	require.NoError(c.t, err, "pulumi %v\n%s", arguments, said)
	return said
}

// A user needs nothing but the sources, Go and Pulumi: the language host builds the program.
func TestThePlainPulumiCommandRunsTheUnchangedProject(t *testing.T) {
	t.Parallel()
	c := newCheckout(t)
	require.NoDirExists(t, filepath.Join(c.dir, ".bin"))
	c.mustPulumi("stack", "init", "dev")
	assert.Equal(t, " M Pulumi.dev.yaml\n", c.git("status", "--porcelain"))
	assertOnlyTheSaltIsNew(t, c.git("diff", "--unified=0"))

	said, err := c.pulumi("preview", "--stack", "dev")
	require.Error(t, err, "bridges need an image first")
	assert.Contains(t, said, "pulumi config set meet:phase image")

	c.mustPulumi("config", "set", "meet:phase", "image")
	said = c.mustPulumi("preview", "--stack", "dev")
	for _, created := range []string{
		"azure-native:resources:ResourceGroup", "azure-native:compute:Gallery", "azure-native:compute:GalleryImage",
	} {
		assert.Regexp(t, `\+ .*`+created+`\s+\S+\s+create`, said)
	}
	assert.FileExists(t, filepath.Join(c.dir, ".bin", "meet"), "the language host builds the program")
	c.mustPulumi("config", "set", "meet:phase", "full")
	assert.Equal(t, " M Pulumi.dev.yaml\n", c.git("status", "--porcelain"), "a preview writes nothing that git would see")

	c.mustPulumi("config", "set", "--path", "meet:autoscale.maximum", "99")
	said, err = c.pulumi("preview", "--stack", "dev")
	require.Error(t, err)
	assertExplained(t, said)
}

// assertOnlyTheSaltIsNew reads a diff without context. Pulumi writes the salt of the secrets' passphrase into the file.
func assertOnlyTheSaltIsNew(t *testing.T, diff string) {
	t.Helper()
	for line := range strings.Lines(diff) {
		if strings.HasPrefix(line, "+++") || strings.HasPrefix(line, "---") {
			continue
		}
		if strings.HasPrefix(line, "+") || strings.HasPrefix(line, "-") {
			assert.Regexp(t, `^\+encryptionsalt: `, line)
		}
	}
}

// assertExplained wants a wrong setting told in our words, with what mends it, and nothing of the program's inside.
func assertExplained(t *testing.T, said string) {
	t.Helper()
	assert.Contains(t, said, "autoscale.maximum is 99")
	assert.Contains(t, said, "pulumi config set --stack dev --path meet:autoscale.maximum ")
	for _, inside := range []string{"panic", "goroutine", ".go:", "runtime error"} {
		assert.NotContains(t, said, inside)
	}
}

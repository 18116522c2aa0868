package image_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestScriptsAreClean(t *testing.T) {
	t.Parallel()
	_, err := exec.LookPath("shellcheck")
	require.NoError(t, err, "run make deps")
	var scripts []string
	for _, pattern := range []string{"scripts/*.sh", "testdata/machine/*", "testdata/cloud/*", "../scripts/image.sh"} {
		found, err := filepath.Glob(pattern)
		require.NoError(t, err)
		require.NotEmpty(t, found, pattern)
		scripts = append(scripts, found...)
	}
	out, err := exec.CommandContext(t.Context(), "shellcheck", scripts...).CombinedOutput()
	require.NoError(t, err, string(out))
	for _, script := range scripts {
		content, err := os.ReadFile(script)
		require.NoError(t, err)
		if strings.HasPrefix(string(content), "#!") {
			assert.Contains(t, string(content), "\nset -euo pipefail\n", script)
		}
	}
}

// imageScript runs scripts/image.sh with stand-ins for az and packer. It returns what is printed, and what they were asked.
func imageScript(t *testing.T, env []string, args ...string) (out string, calls []string, err error) {
	t.Helper()
	standIns, err := filepath.Abs(filepath.Join("testdata", "cloud"))
	require.NoError(t, err)
	log := filepath.Join(t.TempDir(), "calls")
	cmd := exec.CommandContext(t.Context(), "bash", append([]string{filepath.Join(root, "scripts", "image.sh")}, args...)...)
	cmd.Env = append(append(os.Environ(), "PATH="+standIns+":"+os.Getenv("PATH"), "PACKER="+filepath.Join(standIns, "packer"),
		"CALLS="+log, "ARM_SUBSCRIPTION_ID=", "IMAGE_BUILD_GROUP=", "IMAGE_ALLOWED_ADDRESS="), env...)
	printed, err := cmd.CombinedOutput()
	content, readErr := os.ReadFile(log)
	if readErr != nil {
		require.ErrorIs(t, readErr, os.ErrNotExist)
	}
	for line := range strings.Lines(string(content)) {
		calls = append(calls, strings.TrimSpace(line))
	}
	return string(printed), calls, err
}

const (
	devVariables = `{"definition":"jitsi-videobridge","gallery":"gal_meet_dev","image_version":"1.0.0","location":"westeurope",` +
		`"package_version":"2.3-307-g4bb0aead1-1","resource_group":"rg-meet-dev",` +
		`"subscription_id":"11111111-2222-3333-4444-555555555555","tags":{"component":"bridge-image","costCentre":"4711",` +
		`"environment":"dev","managed-by":"pulumi","owner":"meetings"}}`
	build = "packer build -color=false -timestamp-ui "
)

func TestPublish(t *testing.T) {
	t.Parallel()
	elsewhere := strings.ReplaceAll(devVariables, "11111111-2222-3333-4444-555555555555", "99999999-0000-0000-0000-000000000000")
	for name, test := range map[string]struct {
		env   []string
		calls []string
	}{
		"the first version": {nil, []string{"packer init image", build + devVariables + " image"}},
		"with everything given": {
			[]string{
				"ARM_SUBSCRIPTION_ID=99999999-0000-0000-0000-000000000000", "IMAGE_BUILD_GROUP=rg-image",
				"IMAGE_ALLOWED_ADDRESS=203.0.113.7",
			},
			[]string{
				"packer init image",
				build + elsewhere + ` -var build_resource_group=rg-image -var allowed_inbound=["203.0.113.7"] image`,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, calls, err := imageScript(t, append(test.env, "LIST=[]"), "publish", "dev")
			require.NoError(t, err, out)
			assert.Equal(t, test.calls, calls)
			assert.Contains(t, out, "publishing version 1.0.0 with jitsi-videobridge2 2.3-307-g4bb0aead1-1\n")
			assert.Contains(t, out, "version 1.0.0 is published")
		})
	}
}

func TestPublishOfTheNight(t *testing.T) {
	t.Parallel()
	out, calls, err := imageScript(t, []string{"LIST=[" + listed("1.0.0", "Succeeded", false) + "]"}, "publish", "dev")
	require.NoError(t, err, out)
	require.Len(t, calls, 2)
	assert.Regexp(t, `"image_version":"1\.20\d{6}\.\d{1,4}"`, calls[1])
}

func TestPublishFails(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		env   []string
		stack string
		want  string
	}{
		"no packer":              {[]string{"LIST=[]", "PACKER=/nowhere/packer"}, "dev", "run make image-tools"},
		"no definition":          {[]string{"LIST="}, "dev", "the versions cannot be listed. Is the image phase deployed"},
		"a list that is none":    {[]string{"LIST={}"}, "dev", "reading the list of image versions"},
		"the build fails":        {[]string{"LIST=[]", "BUILD_CODE=1"}, "dev", "publishing version 1.0.0"},
		"the version is not up":  {[]string{"LIST=[]", "STATE=Failed"}, "dev", "version 1.0.0 is 'Failed' after the build"},
		"an unknown environment": {[]string{"LIST=[]"}, "test", "there is no environment test here"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, calls, err := imageScript(t, test.env, "publish", test.stack)
			require.Error(t, err, out)
			assert.Contains(t, out, test.want)
			assert.NotContains(t, out, "is published")
			for _, call := range calls {
				assert.True(t, strings.HasPrefix(call, "packer "), call)
			}
		})
	}
}

// oldNights is a list with the baseline and a version for each of the last nights.
func oldNights(count int) string {
	list := []string{listed("1.0.0", "Succeeded", false)}
	for day := range count {
		at := time.Now().UTC().AddDate(0, 0, -day)
		list = append(list, listed("1."+at.Format("20060102")+".100", "Succeeded", false))
	}
	return "LIST=[" + strings.Join(list, ",") + "]"
}

func TestPruneScript(t *testing.T) {
	t.Parallel()
	out, calls, err := imageScript(t, []string{oldNights(16)}, "prune", "prod")
	require.NoError(t, err, out)
	var want []string
	for _, day := range []int{15, 14} {
		want = append(want, fmt.Sprintf("az sig image-version delete --subscription 11111111-2222-3333-4444-555555555555 "+
			"--resource-group rg-meet-prod --gallery-name gal_meet_prod --gallery-image-definition jitsi-videobridge "+
			"--gallery-image-version 1.%s.100", time.Now().UTC().AddDate(0, 0, -day).Format("20060102")))
	}
	assert.Equal(t, want, calls)
}

func TestPruneScriptLeavesAlone(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args  []string
		env   string
		fails bool
		want  string
	}{
		"a young gallery":      {[]string{"prune", "dev"}, oldNights(14), false, "there is nothing to delete"},
		"no list":              {[]string{"prune", "dev"}, "LIST=", true, "nothing is deleted"},
		"another's gallery":    {[]string{"prune", "dev"}, "LIST=[" + listed("2.0.0", "Succeeded", false) + "]", true, "nothing is deleted"},
		"an unknown command":   {[]string{"delete", "dev"}, oldNights(30), true, "'delete' is neither publish nor prune"},
		"without an argument":  {[]string{"prune"}, oldNights(30), true, "usage: scripts/image.sh"},
		"a stack with a slash": {[]string{"prune", "../dev"}, oldNights(30), true, "there is no environment"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, calls, err := imageScript(t, []string{test.env}, test.args...)
			assert.Equal(t, test.fails, err != nil, out)
			assert.Contains(t, out, test.want)
			assert.Empty(t, calls)
		})
	}
}

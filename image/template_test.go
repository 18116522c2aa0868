package image_test

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"jitsi-meet-azure/image"
)

const (
	root = ".."
	// newer marks the lines of the template that the plugin in tools/packer does not know yet. They are left out offline.
	newer = "# newer than plugin 1.4.5"
)

// load reads an environment's stack file.
func load(t *testing.T, stack string) (image.Variables, image.Version) {
	t.Helper()
	file, err := os.ReadFile(filepath.Join(root, "Pulumi."+stack+".yaml"))
	require.NoError(t, err)
	variables, baseline, err := image.Load(stack, file)
	require.NoError(t, err)
	return variables, baseline
}

// given is every variable without a default, as scripts/image.sh makes them.
func given(t *testing.T, stack string) map[string]any {
	t.Helper()
	variables, baseline := load(t, stack)
	raw, err := json.Marshal(variables)
	require.NoError(t, err)
	all := map[string]any{"subscription_id": "11111111-2222-3333-4444-555555555555", "image_version": baseline.String()}
	require.NoError(t, json.Unmarshal(raw, &all))
	return all
}

// packer is the real program with the real plugin. It returns what it prints; folder is what "." means to it.
func packer(t *testing.T, folder string, args ...string) (string, error) {
	t.Helper()
	bin, err := filepath.Abs(filepath.Join(root, ".bin"))
	require.NoError(t, err)
	plugin := filepath.Join(bin, "packer-plugin-azure")
	for _, program := range []string{filepath.Join(bin, "packer"), plugin} {
		require.FileExists(t, program, "run make image-tools")
	}
	home := t.TempDir()
	run := func(args ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), filepath.Join(bin, "packer"), args...)
		cmd.Dir = folder
		cmd.Env = append(os.Environ(), "PACKER_PLUGIN_PATH="+home, "PACKER_CONFIG_DIR="+home, "CHECKPOINT_DISABLE=1", "HOME="+home)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	out, err := run("plugins", "install", "--path", plugin, "github.com/hashicorp/azure")
	require.NoError(t, err, out)
	return run(args...)
}

// offline is a copy of the template that the plugin in tools/packer knows all of.
func offline(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	for _, part := range []string{"scripts", "files"} {
		require.NoError(t, os.CopyFS(filepath.Join(folder, part), os.DirFS(part)))
	}
	content, err := os.ReadFile("bridge.pkr.hcl")
	require.NoError(t, err)
	var kept []string
	dropped := 0
	for line := range strings.Lines(string(content)) {
		if strings.Contains(line, newer) {
			dropped++
			continue
		}
		kept = append(kept, line)
	}
	assert.Equal(t, 1, dropped, "what is not validated offline has to stay small")
	module, err := os.ReadFile(filepath.Join(root, "tools", "packer", "go.mod"))
	require.NoError(t, err)
	assert.Contains(t, string(module), "packer-plugin-azure v"+strings.TrimPrefix(newer, "# newer than plugin ")+" ")
	require.NoError(t, os.WriteFile(filepath.Join(folder, "bridge.pkr.hcl"), []byte(strings.Join(kept, "")), 0o600))
	return folder
}

// variableFile writes a file of variables into a folder.
func variableFile(t *testing.T, folder string, variables map[string]any) string {
	t.Helper()
	raw, err := json.Marshal(variables)
	require.NoError(t, err)
	path := filepath.Join(folder, "all.pkrvars.json")
	require.NoError(t, os.WriteFile(path, raw, 0o600))
	return "-var-file=" + path
}

func TestTemplateIsValid(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		stack string
		extra []string
	}{
		"dev":                                  {"dev", nil},
		"prod":                                 {"prod", nil},
		"with a group for the build":           {"dev", []string{"-var", "build_resource_group=rg-image"}},
		"with an address for the build":        {"dev", []string{"-var", `allowed_inbound=["203.0.113.7"]`}},
		"with a version of the nightly format": {"dev", []string{"-var", "image_version=1.20261124.13"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := offline(t)
			args := append([]string{"validate", variableFile(t, folder, given(t, test.stack))}, test.extra...)
			out, err := packer(t, folder, append(args, ".")...)
			require.NoError(t, err, out)
			assert.Equal(t, "The configuration is valid.\n", out)
		})
	}
}

func TestTemplateRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		variable string
		value    any
		problem  string
	}{
		"a package version that is a command": {"package_version", "1; reboot", "The package version must be"},
		"any package version":                 {"package_version", "", "The package version must be"},
		"the package without a version":       {"package_version", nil, "package_version"},
		"an image version that is no version": {"image_version", "latest", "The image version must be"},
		"no gallery":                          {"gallery", "", "shared_image_gallery_destination"},
		"an address that is none":             {"allowed_inbound", []string{"everywhere"}, "allowed_inbound_ip_addresses"},
		"a variable that it does not have":    {"client_secret", "x", "client_secret"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := offline(t)
			variables := given(t, "dev")
			variables[test.variable] = test.value
			if test.value == nil {
				delete(variables, test.variable)
			}
			out, err := packer(t, folder, "validate", variableFile(t, folder, variables), ".")
			// A variable too many is only warned of: it goes nowhere.
			assert.Equal(t, test.variable != "client_secret", err != nil, out)
			assert.Contains(t, out, test.problem)
		})
	}
}

// Only these have a default, so nothing that depends on the environment, and no secret, can be in the template.
func TestTemplateHasNoSecrets(t *testing.T) {
	t.Parallel()
	folder := offline(t)
	out, err := packer(t, folder, "inspect", ".")
	require.NoError(t, err, out)
	defaults := map[string]string{}
	for _, match := range regexp.MustCompile(`(?m)^var\.(\w+): "(.*)"$`).FindAllStringSubmatch(out, -1) {
		defaults[match[1]] = match[2]
	}
	want := map[string]string{
		"allowed_inbound": `[\n  \"0.0.0.0/0\",\n]`, "build_resource_group": "", "vm_size": "Standard_D2s_v5",
	}
	for name := range given(t, "dev") {
		want[name] = "<unknown>"
	}
	assert.Equal(t, want, defaults)
	content, err := os.ReadFile("bridge.pkr.hcl")
	require.NoError(t, err)
	assert.NotRegexp(t, `(?i)client_secret|client_id|password\s*=|tenant_id|access_key`, string(content))
}

func TestTemplateIsFormatted(t *testing.T) {
	t.Parallel()
	here, err := filepath.Abs(".")
	require.NoError(t, err)
	out, err := packer(t, here, "fmt", "-check", "-diff", ".")
	require.NoError(t, err, out)
	assert.Empty(t, out)
}

// Nobody types the package's version twice, and what is built goes where the stack expects it.
func TestVariablesFollowFromTheStackFile(t *testing.T) {
	t.Parallel()
	for _, stack := range []string{"dev", "prod"} {
		t.Run(stack, func(t *testing.T) {
			t.Parallel()
			variables, baseline := load(t, stack)
			graph, err := os.ReadFile(filepath.Join(root, "stack", "testdata", stack+".golden.yaml"))
			require.NoError(t, err)
			for _, line := range []string{
				"galleryName: " + variables.Gallery, "resourceGroupName: " + variables.ResourceGroup,
				"galleryImageName: " + variables.Definition, "location: " + variables.Location,
			} {
				assert.Contains(t, string(graph), line+"\n")
			}
			file, err := os.ReadFile(filepath.Join(root, "Pulumi."+stack+".yaml"))
			require.NoError(t, err)
			assert.Contains(t, string(file), "packageVersion: "+variables.PackageVersion+"\n")
			assert.Contains(t, string(file), "baselineVersion: "+baseline.String()+"\n")

			changed := strings.Replace(string(file), variables.PackageVersion, "2.3-999-gabcdef012-1", 1)
			again, _, err := image.Load(stack, []byte(changed))
			require.NoError(t, err)
			assert.Equal(t, "2.3-999-gabcdef012-1", again.PackageVersion)
		})
	}
}

// The workflow builds every environment, at a time that lets the build end before bridges are recycled.
func TestWorkflow(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile(filepath.Join(root, ".github", "workflows", "image.yml"))
	require.NoError(t, err)
	var workflow struct {
		Permissions map[string]string `json:"permissions"`
		Jobs        map[string]struct {
			Permissions map[string]string `json:"permissions"`
		} `json:"jobs"`
	}
	require.NoError(t, yaml.Unmarshal(content, &workflow))
	assert.Empty(t, workflow.Permissions)
	require.ElementsMatch(t, []string{"publish", "prune"}, slices.Collect(maps.Keys(workflow.Jobs)))
	for name, job := range workflow.Jobs {
		assert.Equal(t, map[string]string{"contents": "read", "id-token": "write"}, job.Permissions, name)
	}
	for _, uses := range regexp.MustCompile(`uses: (\S+)`).FindAllStringSubmatch(string(content), -1) {
		assert.Regexp(t, `^[\w/-]+@[0-9a-f]{40}$`, uses[1], "an action is pinned by commit")
	}
	stacks, err := filepath.Glob(filepath.Join(root, "Pulumi.*.yaml"))
	require.NoError(t, err)
	for _, path := range stacks {
		stack := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), "Pulumi."), ".yaml")
		assert.Contains(t, string(content), `"`+stack+`"`)
	}
}

package workspace

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const projectFile = `name: meet
runtime:
  name: go
  options:
    buildTarget: ./.bin/meet
# why the refresh
options:
  refresh: always
config:
  meet:recycle:
    type: object
`

const devFile = `secretsprovider: azurekeyvault://vault/keys/pulumi
encryptedkey: abc
config:
  meet:location: westeurope
  recycle:
    start: "04:00"
    bytes: 63000000000
`

func TestNewRefusesNamesThatLeaveTheFolder(t *testing.T) {
	t.Parallel()
	for _, stack := range []string{"", "..", "a/b", "-x", ".hidden", "org/dev", strings.Repeat("x", 101)} {
		if _, err := New(Options{Root: t.TempDir(), Stack: stack}); err == nil {
			t.Errorf("New accepts the stack %q", stack)
		}
	}
}

func TestPrepare(t *testing.T) {
	t.Parallel()
	space, binaries := fixture(t)
	if err := space.Prepare(binaries, nil); err != nil {
		t.Fatal(err)
	}

	project := read(t, filepath.Join(space.Project(), "Pulumi.yaml"))
	for _, want := range []string{
		"name: meet", "binary: " + binaries.Program, "main: " + space.Root(), "refresh: always", "# why the refresh",
	} {
		if !strings.Contains(project, want) {
			t.Errorf("Pulumi.yaml lacks %q:\n%s", want, project)
		}
	}
	if strings.Contains(project, "buildTarget") {
		t.Errorf("Pulumi.yaml still builds the program:\n%s", project)
	}

	stack := read(t, filepath.Join(space.Project(), "Pulumi.dev.yaml"))
	for _, want := range []string{"meet:location: westeurope", `start: "04:00"`, "bytes: 63000000000"} {
		if !strings.Contains(stack, want) {
			t.Errorf("Pulumi.dev.yaml lacks %q:\n%s", want, stack)
		}
	}
	for _, unwanted := range []string{"secretsprovider", "encryptedkey"} {
		if strings.Contains(stack, unwanted) {
			t.Errorf("Pulumi.dev.yaml keeps the real %s:\n%s", unwanted, stack)
		}
	}
	if got := read(t, filepath.Join(space.Root(), "Pulumi.dev.yaml")); got != devFile {
		t.Errorf("the file in the repository changed:\n%s", got)
	}
}

// The salt that Pulumi wrote belongs to the secrets in the state; losing it would lose them.
func TestPrepareKeepsTheSalt(t *testing.T) {
	t.Parallel()
	space, binaries := fixture(t)
	if err := space.Prepare(binaries, nil); err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(space.Project(), "Pulumi.dev.yaml")
	write(t, copied, read(t, copied)+"encryptionsalt: v1:salt\n")
	if err := space.Prepare(binaries, map[string]string{"phase": "image", "location": "northeurope"}); err != nil {
		t.Fatal(err)
	}
	got := read(t, copied)
	for _, want := range []string{"encryptionsalt: v1:salt", "meet:phase: image"} {
		if !strings.Contains(got, want) {
			t.Errorf("Pulumi.dev.yaml lacks %q:\n%s", want, got)
		}
	}
	if err := space.Prepare(binaries, nil); err != nil {
		t.Fatal(err)
	}
	if got := read(t, copied); strings.Contains(got, "phase") || !strings.Contains(got, "v1:salt") {
		t.Errorf("the overridden setting outlives its run, or the salt does not:\n%s", got)
	}
}

func TestPrepareFails(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		damage func(t *testing.T, space Workspace, binaries *Binaries)
		want   string
	}{
		"unknown stack": {
			func(t *testing.T, space Workspace, _ *Binaries) {
				t.Helper()
				removeFile(t, filepath.Join(space.Root(), "Pulumi.dev.yaml"))
			}, "there is no Pulumi.dev.yaml; the environments are: ",
		},
		"program not built": {
			func(_ *testing.T, _ Workspace, binaries *Binaries) { binaries.Program += "-missing" },
			"the program is not built",
		},
		"local cloud not built": {
			func(_ *testing.T, _ Workspace, binaries *Binaries) { binaries.LocalCloud += "-missing" },
			"the local cloud is not built",
		},
		"secret of the real environment": {
			func(t *testing.T, space Workspace, _ *Binaries) {
				t.Helper()
				write(t, filepath.Join(space.Root(), "Pulumi.dev.yaml"),
					"config:\n  meet:a: 1\n  meet:tls:\n    key:\n      secure: v1:x\n")
			}, "Pulumi.dev.yaml: meet:tls is encrypted for the real environment",
		},
		"no mapping": {
			func(t *testing.T, space Workspace, _ *Binaries) {
				t.Helper()
				write(t, filepath.Join(space.Root(), "Pulumi.yaml"), "- a\n")
			}, "the document is not a mapping",
		},
		"no name": {
			func(t *testing.T, space Workspace, _ *Binaries) {
				t.Helper()
				write(t, filepath.Join(space.Root(), "Pulumi.yaml"), "runtime: go\n")
			}, "the project in Pulumi.yaml has no name",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			space, binaries := fixture(t)
			test.damage(t, space, &binaries)
			if err := space.Prepare(binaries, nil); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Prepare = %v, want an error with %q", err, test.want)
			}
		})
	}
}

func TestPluginsFollowTheBinary(t *testing.T) {
	t.Parallel()
	space, binaries := fixture(t)
	installed := filepath.Join(space.Home(), "plugins", "resource-kubernetes-v4.23.0", "pulumi-resource-kubernetes")
	for _, content := range []string{"first", "second", "second"} {
		removeFile(t, binaries.LocalCloud)
		write(t, binaries.LocalCloud, content)
		if err := space.Prepare(binaries, nil); err != nil {
			t.Fatal(err)
		}
		if got := read(t, installed); got != content {
			t.Errorf("the installed provider is %q, want %q", got, content)
		}
	}
	entries, err := os.ReadDir(filepath.Dir(installed))
	if err != nil || len(entries) != 1 {
		t.Errorf("the plugin's directory holds %v, %v; want the provider alone", entries, err)
	}
}

func TestCopyFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	source, target := filepath.Join(dir, "source"), filepath.Join(dir, "target")
	write(t, source, "content")
	if err := copyFile(source, target); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(target); err != nil || info.Mode()&0o100 == 0 || read(t, target) != "content" {
		t.Errorf("the copy is not an executable with the same content: %v, %v", info, err)
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	space, binaries := fixture(t)
	elsewhere, config := t.TempDir(), filepath.Join(t.TempDir(), "mine.yaml")
	write(t, config, "config:\n  meet:location: here\n")
	moved, err := New(Options{Root: space.Root(), Stack: "dev", Local: elsewhere, Config: config})
	if err != nil {
		t.Fatal(err)
	}
	if err := moved.Prepare(binaries, nil); err != nil {
		t.Fatal(err)
	}
	got := read(t, filepath.Join(elsewhere, "dev", "project", "Pulumi.dev.yaml"))
	if !strings.Contains(got, "meet:location: here") {
		t.Errorf("the configuration is not the given one:\n%s", got)
	}
	if moved.Home() != space.Home() || moved.Cloud() != filepath.Join(elsewhere, "dev", "cloud") {
		t.Errorf("home %s, cloud %s", moved.Home(), moved.Cloud())
	}
}

func TestSetting(t *testing.T) {
	t.Parallel()
	space, _ := fixture(t)
	for want, path := range map[string][]string{"westeurope": {"location"}, "04:00": {"recycle", "start"}} {
		if got, err := space.Setting(path...); err != nil || got != want {
			t.Errorf("Setting(%v) = %q, %v; want %q", path, got, err, want)
		}
	}
	for _, path := range [][]string{{"recycle"}, {"recycle", "end"}, {"missing", "end"}, {"location", "x"}} {
		if got, err := space.Setting(path...); err == nil {
			t.Errorf("Setting(%v) = %q without an error", path, got)
		}
	}
}

// The versions must be those that the SDKs ask the engine for.
func TestPluginVersionsAreThoseOfGoMod(t *testing.T) {
	t.Parallel()
	goMod := read(t, filepath.Join("..", "..", "..", "go.mod"))
	modules := map[string]string{
		"azure-native": "github.com/pulumi/pulumi-azure-native-sdk/v2",
		"kubernetes":   "github.com/pulumi/pulumi-kubernetes/sdk/v4",
		"random":       "github.com/pulumi/pulumi-random/sdk/v4",
		"tls":          "github.com/pulumi/pulumi-tls/sdk/v5",
	}
	for _, plugin := range Plugins() {
		if want := modules[plugin.Name] + " v" + plugin.Version; !strings.Contains(goMod, want) {
			t.Errorf("go.mod does not require %q", want)
		}
	}
}

func TestEnvironKeepsRealCloudsOut(t *testing.T) {
	t.Parallel()
	space, _ := fixture(t)
	got := "\n" + strings.Join(space.Environ([]string{
		"PATH=/bin", "PULUMI_ACCESS_TOKEN=t", "PULUMI_BACKEND_URL=azblob://state", "ARM_CLIENT_SECRET=s",
		"AZURE_STORAGE_ACCOUNT=a", "KUBECONFIG=/k", "LOCALCLOUD_DIR=/elsewhere", "PULUMI_DEBUG_GRPC=/log",
		"LOCALCLOUD_KUBECONFIG=/mirror",
	}), "\n") + "\n"
	for _, want := range []string{
		"\nPATH=/bin\n", "\nPULUMI_DEBUG_GRPC=/log\n", "\nLOCALCLOUD_KUBECONFIG=/mirror\n", "\nPULUMI_BACKEND_URL=file://" + space.State() + "\n",
		"\nLOCALCLOUD_DIR=" + space.Cloud() + "\n", "\nPULUMI_HOME=" + space.Home() + "\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the environment lacks %q:%s", want, got)
		}
	}
	for _, unwanted := range []string{"ACCESS_TOKEN", "azblob", "ARM_", "AZURE_", "\nKUBECONFIG", "/elsewhere"} {
		if strings.Contains(got, unwanted) {
			t.Errorf("the environment still has %q:%s", unwanted, got)
		}
	}
}

func TestInitialised(t *testing.T) {
	t.Parallel()
	space, _ := fixture(t)
	if found, err := space.Initialised(); err != nil || found {
		t.Errorf("before: Initialised = %t, %v", found, err)
	}
	stacks := filepath.Join(space.State(), ".pulumi", "stacks", "meet")
	if err := os.MkdirAll(stacks, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(stacks, "dev.json"), "{}")
	if found, err := space.Initialised(); err != nil || !found {
		t.Errorf("after: Initialised = %t, %v", found, err)
	}
}

func fixture(t *testing.T) (Workspace, Binaries) {
	t.Helper()
	root := t.TempDir()
	space, err := New(Options{Root: root, Stack: "dev"})
	if err != nil {
		t.Fatal(err)
	}
	binaries := Binaries{Program: filepath.Join(root, "meet"), LocalCloud: filepath.Join(root, "localcloud")}
	for path, content := range map[string]string{
		binaries.Program:                       "program",
		binaries.LocalCloud:                    "cloud",
		filepath.Join(root, "Pulumi.yaml"):     projectFile,
		filepath.Join(root, "Pulumi.dev.yaml"): devFile,
	} {
		write(t, path, content)
	}
	return space, binaries
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func removeFile(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

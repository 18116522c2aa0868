// Package workspace prepares the folders in which the real Pulumi engine runs the project against the local cloud.
//
// Everything lives below .local in the repository, so that a run leaves the git tree alone:
//
//	.local/pulumi-home/          plugin cache with the local cloud's providers, and Pulumi's own files
//	.local/<stack>/project/      copies of Pulumi.yaml and Pulumi.<stack>.yaml that Pulumi may write to
//	.local/<stack>/state/        Pulumi's file backend
//	.local/<stack>/cloud/        what the local cloud holds
//	.local/<stack>/lock          held by the run that changes the stack
//
// Pulumi writes the stack's encryption salt next to Pulumi.yaml; that is why the two files are copied. The copy's `main`
// points back at the repository, which therefore is the program's working directory.
package workspace

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
)

// Passphrase protects the secrets in a local state. It is no secret: nothing in the local cloud is worth protecting,
// but secrets must take the same way through the engine as in a real deployment.
const Passphrase = "local"

// stackName is what Pulumi allows, minus what would leave the folder of the stack.
var stackName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$`)

// Options choose a workspace.
type Options struct {
	// Root is the repository.
	Root string
	// Stack is the stack's name.
	Stack string
	// Local is the folder of all stacks; by default .local in the repository. Tests give every case its own.
	Local string
	// Config is the stack's configuration; by default Pulumi.<stack>.yaml in the repository.
	Config string
}

// Workspace is the set of folders of one stack.
type Workspace struct {
	root   string
	stack  string
	local  string
	config string
}

// New names the workspace of a stack. It touches no file.
func New(o Options) (Workspace, error) {
	if !stackName.MatchString(o.Stack) {
		return Workspace{}, fmt.Errorf("stack %q: a name has letters, digits, hyphens and underscores", o.Stack)
	}
	if o.Local == "" {
		o.Local = filepath.Join(o.Root, ".local")
	}
	if o.Config == "" {
		o.Config = filepath.Join(o.Root, stackFile(o.Stack))
	}
	for _, path := range []*string{&o.Root, &o.Local, &o.Config} {
		absolute, err := filepath.Abs(*path) // Pulumi runs in another directory.
		if err != nil {
			return Workspace{}, fmt.Errorf("find %s: %w", *path, err)
		}
		*path = absolute
	}
	return Workspace{root: o.Root, stack: o.Stack, local: o.Local, config: o.Config}, nil
}

func stackFile(stack string) string { return "Pulumi." + stack + ".yaml" }

// Root is the repository.
func (w Workspace) Root() string { return w.root }

// Stack is the stack's name.
func (w Workspace) Stack() string { return w.stack }

// Home is Pulumi's home. All workspaces of the repository share it: it only holds the plugins.
func (w Workspace) Home() string { return filepath.Join(w.root, ".local", "pulumi-home") }

// Dir holds everything of the stack.
func (w Workspace) Dir() string { return filepath.Join(w.local, w.stack) }

// Project is the folder to run pulumi in.
func (w Workspace) Project() string { return filepath.Join(w.Dir(), "project") }

// State is the folder of the file backend.
func (w Workspace) State() string { return filepath.Join(w.Dir(), "state") }

// Cloud is the folder of the local cloud.
func (w Workspace) Cloud() string { return filepath.Join(w.Dir(), "cloud") }

// Binaries are the programs that a workspace needs, built beforehand.
type Binaries struct {
	// Program is the project's Pulumi program.
	Program string
	// LocalCloud serves as every provider.
	LocalCloud string
}

// Prepare makes the folders, installs the providers and refreshes the copies of the project's files. Config holds
// settings of the project (by key without the project's name) that replace those in Pulumi.<stack>.yaml.
func (w Workspace) Prepare(binaries Binaries, config map[string]string) error {
	if err := w.Configured(); err != nil {
		return err // before any folder exists that nobody would clean up
	}
	for _, dir := range []string{w.Home(), w.Project(), w.State(), w.Cloud()} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("make the workspace: %w", err)
		}
	}
	if err := silence(w.Home()); err != nil {
		return err
	}
	if err := installPlugins(w.Home(), binaries.LocalCloud); err != nil {
		return err
	}
	project, err := w.writeProject(binaries.Program)
	if err != nil {
		return err
	}
	return w.writeStack(project, config)
}

// Initialised says whether the stack exists in the file backend.
func (w Workspace) Initialised() (bool, error) {
	found, err := w.checkpoints()
	return len(found) > 0, err
}

// checkpoints are the files in which the file backend keeps the stack: one, or none before the stack exists.
func (w Workspace) checkpoints() ([]string, error) {
	found, err := filepath.Glob(filepath.Join(w.State(), ".pulumi", "stacks", "*", w.stack+".json"))
	if err != nil {
		return nil, fmt.Errorf("look for the stack's state: %w", err)
	}
	return found, nil
}

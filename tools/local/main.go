// Command local runs the real Pulumi engine on the project against the local cloud: no account, no network, no change
// to the git tree. The Makefile is its usual caller.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"

	"jitsi-meet-azure/tools/local/workspace"
)

const usage = `usage: local [flags] COMMAND STACK [ARGUMENTS FOR PULUMI]

commands
  up        deploy; the first time the image phase comes first, as on Azure
  gallery   the first of the two phases of a first up alone: the image gallery, and an image in it
  preview   show what up would change
  refresh   read the local cloud into the state
  destroy   delete everything (-unprotect: also what the environment protects)
  outputs   print the stack's outputs as JSON
  export    write the state to the file named next, as pulumi stack export prints it
  pulumi    run any pulumi command on the stack, for example: local pulumi dev stack --show-urns
  cloud     look into the local cloud or disturb it, for example: local cloud dev instances
  env       print the variables that make a plain pulumi use the workspace, for eval
  reset     forget the stack and its local cloud without asking anybody

flags
`

func main() {
	// A request to terminate is passed on to pulumi. An interrupt from the terminal reaches pulumi by itself, which knows
	// how to stop (and stops at once at a second one); here it only must not end the wait for pulumi.
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	signal.Notify(make(chan os.Signal, 1), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	var exit *exec.ExitError
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
	case errors.As(err, &exit) && exit.ExitCode() > 0:
		os.Exit(exit.ExitCode()) // Pulumi already said what went wrong.
	default:
		fmt.Fprintln(os.Stderr, "local:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("local", flag.ContinueOnError)
	flags.SetOutput(stderr)
	var options workspace.Options
	flags.StringVar(&options.Root, "root", ".", "the repository")
	flags.StringVar(&options.Local, "local", "", "the folder of all stacks (default: .local in the repository)")
	flags.StringVar(&options.Config, "config", "", "the stack's configuration (default: Pulumi.STACK.yaml in the repository)")
	pulumi := flags.String("pulumi", "", "the pulumi command (default: .bin/pulumi in the repository)")
	unprotect := flags.Bool("unprotect", false, "destroy: delete protected resources too")
	flags.Usage = func() {
		fmt.Fprint(stderr, usage)
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() < 2 {
		flags.Usage()
		return errors.New("name a command and a stack")
	}
	options.Stack = flags.Arg(1)
	space, err := workspace.New(options)
	if err != nil {
		return err
	}
	if *pulumi == "" {
		*pulumi = filepath.Join(space.Root(), ".bin", "pulumi")
	}
	e := &engine{Workspace: space, pulumi: *pulumi, unprotect: *unprotect, stdout: stdout, stderr: stderr}
	return e.serve(ctx, flags.Arg(0), flags.Args()[2:])
}

// serve runs a command where it makes sense, alone where it changes the stack, and gives advice where it fails.
func (e *engine) serve(ctx context.Context, command string, args []string) error {
	if command != "reset" { // What is left of an environment can be forgotten after its file is gone.
		if err := e.Configured(); err != nil {
			return err
		}
	}
	if slices.Contains([]string{"up", "gallery", "destroy", "refresh"}, command) {
		unlock, err := e.Lock()
		if err != nil {
			return err
		}
		defer func() { _ = unlock() }() // The end of the process unlocks too.
	}
	err := e.dispatch(ctx, command, args)
	var exit *exec.ExitError
	if errors.As(err, &exit) && command != "cloud" {
		e.tell("if an earlier run was killed or .local is damaged, start over: make reset STACK=%[1]s && make up STACK=%[1]s",
			e.Stack())
	}
	return err
}

func (e *engine) dispatch(ctx context.Context, command string, args []string) error {
	commands := map[string]func(context.Context, []string) error{
		"up": e.up, "preview": e.preview, "destroy": e.destroy, "export": e.export, "pulumi": e.any,
		"gallery": func(ctx context.Context, _ []string) error {
			_, err := e.gallery(ctx)
			return err
		},
		"refresh": func(ctx context.Context, args []string) error {
			return e.on(ctx, "refresh", append([]string{"--yes"}, args...)...)
		},
		"outputs": func(ctx context.Context, args []string) error {
			return e.on(ctx, "stack", append([]string{"output", "--json"}, args...)...)
		},
		"cloud": func(ctx context.Context, args []string) error {
			return e.command(ctx, e.bin("localcloud"), args...).Run()
		},
		"env":   func(ctx context.Context, _ []string) error { return e.printEnvironment(ctx) },
		"reset": func(context.Context, []string) error { return os.RemoveAll(e.Dir()) },
	}
	if commands[command] == nil {
		return fmt.Errorf("unknown command %q: see local -h", command)
	}
	return commands[command](ctx, args)
}

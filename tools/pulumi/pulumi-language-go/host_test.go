package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
)

func TestParseOptions(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		raw  map[string]any
		want options
		err  string
	}{
		"none":           {raw: nil, want: options{}},
		"binary":         {raw: map[string]any{"binary": "./bin/x"}, want: options{Binary: "./bin/x"}},
		"build target":   {raw: map[string]any{"buildTarget": "bin/x"}, want: options{BuildTarget: "bin/x"}},
		"unknown option": {raw: map[string]any{"other": 1.0}, want: options{}},
		"both":           {raw: map[string]any{"binary": "a", "buildTarget": "b"}, err: "exclude each other"},
		"binary is a number": {
			raw: map[string]any{"binary": 3.0},
			err: "runtime option binary must be a string, not float64",
		},
		"all problems at once": {
			raw: map[string]any{"binary": true, "buildTarget": nil},
			err: "runtime option buildTarget must be a string, not <nil>",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw, err := structpb.NewStruct(test.raw)
			if err != nil {
				t.Fatal(err)
			}
			got, err := parseOptions(raw)
			if !matches(err, test.err) {
				t.Fatalf("error = %v, want one with %q", err, test.err)
			}
			if got != test.want {
				t.Errorf("options = %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestParseOptionsWithoutStruct(t *testing.T) {
	t.Parallel()
	if got, err := parseOptions(nil); err != nil || got != (options{}) {
		t.Errorf("parseOptions(nil) = %+v, %v", got, err)
	}
}

func TestProgramEnv(t *testing.T) {
	t.Parallel()
	got, err := programEnv("127.0.0.1:1", &pulumirpc.RunRequest{
		Organization:     "organization",
		Project:          "meet",
		Stack:            "dev",
		Config:           map[string]string{"meet:b": `{"x":1}`, "meet:a": "1"},
		ConfigSecretKeys: []string{"meet:b"},
		DryRun:           true,
		Parallel:         16,
		MonitorAddress:   "127.0.0.1:2",
		Info:             &pulumirpc.ProgramInfo{RootDirectory: "/project"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"PULUMI_ORGANIZATION=organization",
		"PULUMI_PROJECT=meet",
		"PULUMI_STACK=dev",
		"PULUMI_ROOT_DIRECTORY=/project",
		`PULUMI_CONFIG={"meet:a":"1","meet:b":"{\"x\":1}"}`,
		`PULUMI_CONFIG_SECRET_KEYS=["meet:b"]`,
		"PULUMI_DRY_RUN=true",
		"PULUMI_PARALLEL=16",
		"PULUMI_MONITOR=127.0.0.1:2",
		"PULUMI_ENGINE=127.0.0.1:1",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("environment:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// The SDK in the program treats a missing configuration as an empty one only when it is valid JSON.
func TestProgramEnvWithoutConfig(t *testing.T) {
	t.Parallel()
	env, err := programEnv("e", &pulumirpc.RunRequest{})
	if err != nil {
		t.Fatal(err)
	}
	joined := "\n" + strings.Join(env, "\n") + "\n"
	for _, want := range []string{"\nPULUMI_CONFIG={}\n", "\nPULUMI_CONFIG_SECRET_KEYS=[]\n", "\nPULUMI_DRY_RUN=false\n"} {
		if !strings.Contains(joined, want) {
			t.Errorf("environment lacks %q:%s", want, joined)
		}
	}
}

func TestEngineAddress(t *testing.T) {
	t.Parallel()
	if got, err := engineAddress([]string{"-tracing=x", "127.0.0.1:9"}); err != nil || got != "127.0.0.1:9" {
		t.Errorf("engineAddress = %q, %v", got, err)
	}
	for _, args := range [][]string{nil, {""}} {
		if _, err := engineAddress(args); err == nil {
			t.Errorf("engineAddress(%q) accepts a missing address", args)
		}
	}
}

func TestParseDependencies(t *testing.T) {
	t.Parallel()
	goMod := []byte(`{"Require":[{"Path":"a","Version":"v1.0.0"},{"Path":"b","Version":"v2.0.0","Indirect":true}]}`)
	for transitive, want := range map[bool]int{false: 1, true: 2} {
		got, err := parseDependencies(goMod, transitive)
		if err != nil || len(got.GetDependencies()) != want {
			t.Errorf("parseDependencies(transitive=%t) = %v, %v; want %d modules", transitive, got, err, want)
		}
	}
	if _, err := parseDependencies([]byte("{"), false); err == nil {
		t.Error("parseDependencies accepts half a document")
	}
}

// TestRun drives the whole Run method with a shell as the prebuilt program.
func TestRun(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		script string
		err    string
		bail   bool
	}{
		"success":                         {script: "exit 0"},
		"runs in the program's directory": {script: "test -e shell"},
		"sees its stack":                  {script: `test "$PULUMI_STACK" = dev && test "$PULUMI_ENGINE" = engine:1`},
		"failure":                         {script: "exit 7", err: "exited with non-zero exit code: 7"},
		"failure already reported":        {script: "exit 32", bail: true},
		"killed":                          {script: "kill -9 $$", err: "ended by a signal: killed"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := newHost(t.Context(), "engine:1").Run(t.Context(), shellRequest(t, t.TempDir(), test.script))
			if err != nil {
				t.Fatal(err)
			}
			if got.GetBail() != test.bail {
				t.Errorf("bail = %t, want %t", got.GetBail(), test.bail)
			}
			if (test.err == "") != (got.GetError() == "") || !strings.Contains(got.GetError(), test.err) {
				t.Errorf("error = %q, want %q", got.GetError(), test.err)
			}
		})
	}
}

func TestRunReportsWhatIsWrong(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		options map[string]any
		want    string
	}{
		"missing binary": {options: map[string]any{"binary": "./missing"}, want: "build it first"},
		"directory":      {options: map[string]any{"binary": "."}, want: "build it first"},
		"bad options":    {options: map[string]any{"binary": "a", "buildTarget": "b"}, want: "exclude each other"},
		"does not build": {options: map[string]any{"buildTarget": "./out"}, want: "unable to build the program"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := newHost(t.Context(), "e").Run(t.Context(), runRequest(t, t.TempDir(), test.options))
			if err != nil || !strings.Contains(got.GetError(), test.want) {
				t.Errorf("Run = %v, %v; want an error with %q", got, err, test.want)
			}
		})
	}
}

// A cancelled host ends its program instead of waiting for it. The program tells that it runs by opening a pipe.
func TestCancelEndsTheProgram(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pipe := filepath.Join(dir, "started")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	host := newHost(t.Context(), "e")
	go func() {
		if reader, err := os.Open(pipe); err == nil { // Blocks until the program opens the other end.
			_ = reader.Close()
		}
		_, _ = host.Cancel(context.Background(), &emptypb.Empty{})
	}()
	got, err := host.Run(t.Context(), shellRequest(t, dir, "exec 3>started; exec sleep 60"))
	if err != nil || got.GetError() == "" {
		t.Errorf("Run after Cancel = %v, %v; want an error for the engine to show", got, err)
	}
}

// TestBuild covers both ways in which the host compiles: into a place that stays and into one that does not.
func TestBuild(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string]options{"build target": {BuildTarget: "./bin/program"}, "temporary": {}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			writeFile(t, filepath.Join(dir, "go.mod"), "module program\n\ngo 1.26\n")
			writeFile(t, filepath.Join(dir, "main.go"), "package main\n\nfunc main() {}\n")
			program, cleanUp, err := prepare(t.Context(), dir, opts)
			if err != nil {
				t.Fatal(err)
			}
			if got := execute(t.Context(), program, dir, os.Environ(), nil); got.GetError() != "" {
				t.Errorf("the built program fails: %s", got.GetError())
			}
			cleanUp()
			_, err = os.Stat(program)
			if stays := err == nil; stays != (opts.BuildTarget != "") {
				t.Errorf("after the run the program exists: %t", stays)
			}
		})
	}
}

func runRequest(t *testing.T, dir string, raw map[string]any) *pulumirpc.RunRequest {
	t.Helper()
	options, err := structpb.NewStruct(raw)
	if err != nil {
		t.Fatal(err)
	}
	return &pulumirpc.RunRequest{
		Stack: "dev",
		Info:  &pulumirpc.ProgramInfo{RootDirectory: dir, ProgramDirectory: dir, EntryPoint: ".", Options: options},
	}
}

// shellRequest asks for a script. The program is a link to the shell: running a file just written can fail with "text
// file busy" while other tests start processes.
func shellRequest(t *testing.T, dir, script string) *pulumirpc.RunRequest {
	t.Helper()
	if err := os.Symlink("/bin/sh", filepath.Join(dir, "shell")); err != nil {
		t.Fatal(err)
	}
	request := runRequest(t, dir, map[string]any{"binary": "./shell"})
	request.Args = []string{"-c", script}
	return request
}

func writeFile(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func matches(err error, part string) bool {
	if part == "" || err == nil {
		return part == "" && err == nil
	}
	return strings.Contains(err.Error(), part)
}

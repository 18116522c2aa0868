package main

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/types/known/structpb"
)

// options are the `runtime.options` of Pulumi.yaml that the host understands. Neither set means: build into a
// temporary directory on every run.
type options struct {
	// Binary is a program built beforehand; relative paths count from the program directory, a bare name is also
	// looked up on the PATH.
	Binary string
	// BuildTarget is where `go build` puts the program before it is run, relative to the program directory.
	BuildTarget string
}

// parseOptions reads the options. Unknown keys are left alone: Pulumi's own host does the same, and one Pulumi.yaml
// serves both.
func parseOptions(raw *structpb.Struct) (options, error) {
	values := raw.AsMap()
	binary, binaryErr := stringOption(values, "binary")
	target, targetErr := stringOption(values, "buildTarget")
	if err := errors.Join(binaryErr, targetErr); err != nil {
		return options{}, err
	}
	if binary != "" && target != "" {
		return options{}, errors.New("runtime options binary and buildTarget exclude each other: give one of them")
	}
	return options{Binary: binary, BuildTarget: target}, nil
}

func stringOption(values map[string]any, key string) (string, error) {
	value, found := values[key]
	if !found {
		return "", nil
	}
	text, ok := value.(string)
	if !ok {
		return "", fmt.Errorf("runtime option %s must be a string, not %T", key, value)
	}
	return text, nil
}

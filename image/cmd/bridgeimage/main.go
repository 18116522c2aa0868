// Command bridgeimage answers the questions of scripts/image.sh:
//
//	bridgeimage variables dev          the template's variables for an environment, as JSON
//	bridgeimage next dev  <list.json   the version to publish now
//	bridgeimage prune dev <list.json   the versions that may be deleted, one a line
//
// The list is what `az sig image-version list --output json` prints. It runs in the repository's root, where the stack files
// are.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"jitsi-meet-azure/image"
)

// retention is what stays in a gallery: a fortnight of nights is a way back that nobody has to hurry for.
var retention = image.Retention{Keep: 14, Age: 7 * 24 * time.Hour}

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout, time.Now()); err != nil {
		fmt.Fprintln(os.Stderr, "bridgeimage:", err)
		os.Exit(1)
	}
}

func run(args []string, in io.Reader, out io.Writer, now time.Time) error {
	if len(args) != 2 {
		return errors.New("usage: bridgeimage variables|next|prune STACK")
	}
	command, stack := args[0], args[1]
	file, err := fs.ReadFile(os.DirFS("."), "Pulumi."+stack+".yaml")
	if err != nil {
		return fmt.Errorf("there is no environment %s here: %w", stack, err)
	}
	variables, baseline, err := image.Load(stack, file)
	if err != nil {
		return err
	}
	switch command {
	case "variables":
		encoder := json.NewEncoder(out)
		encoder.SetIndent("", "  ")
		return encoder.Encode(variables)
	case "next", "prune":
		return answer(command, baseline, in, out, now)
	}
	return fmt.Errorf("%q is none of variables, next and prune", command)
}

func answer(command string, baseline image.Version, in io.Reader, out io.Writer, now time.Time) error {
	list, err := io.ReadAll(in)
	if err != nil {
		return fmt.Errorf("reading the list of image versions: %w", err)
	}
	published, err := image.ParsePublished(list)
	if err != nil {
		return err
	}
	versions := make([]image.Version, 1)
	if command == "next" {
		versions[0], err = image.Next(baseline, published, now)
	} else {
		versions, err = image.Prune(baseline, published, retention, now)
	}
	if err != nil {
		return err
	}
	for _, version := range versions {
		fmt.Fprintln(out, version)
	}
	return nil
}

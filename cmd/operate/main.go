// Command operate makes something from the outputs of an environment, which it reads on its standard input:
//
//	make -s outputs STACK=dev | .bin/operate targets
//	pulumi stack output --json | operate inventory
//
// It needs nothing else: no account, no cluster. Outputs that do not follow the schema are refused, with everything that is wrong.
// docs/outputs.md describes what it writes.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"jitsi-meet-azure/outputs"
	"jitsi-meet-azure/outputs/inventory"
	"jitsi-meet-azure/outputs/targets"
)

const usage = `operate COMMAND, with the outputs of an environment (make outputs, pulumi stack output --json) on the standard input

  targets    print a list for Prometheus' file-based service discovery
  inventory  print an inventory for Ansible
  check      print nothing; fail unless the outputs are what the schema says
  schema     print the JSON schema of the outputs; read nothing
`

// largest is how much is read, in bytes: a thousand times what an environment says.
const largest = 16 << 20

var errUsage = errors.New("name one command")

func main() {
	err := run(os.Args[1:], os.Stdin, os.Stdout)
	switch {
	case err == nil:
	case errors.Is(err, errUsage):
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	default:
		fmt.Fprintln(os.Stderr, "operate:", err)
		os.Exit(1)
	}
}

func run(arguments []string, in io.Reader, out io.Writer) error {
	if len(arguments) != 1 {
		return errUsage
	}
	if arguments[0] == "schema" {
		return write(out, outputs.Schema())
	}
	makes, known := map[string]func(outputs.Outputs) ([]byte, error){
		"targets":   func(of outputs.Outputs) ([]byte, error) { return targets.JSON(targets.Of(of)) },
		"inventory": func(of outputs.Outputs) ([]byte, error) { return inventory.JSON(inventory.Of(of)) },
		"check":     func(outputs.Outputs) ([]byte, error) { return nil, nil },
	}[arguments[0]]
	if !known {
		return errUsage
	}
	document, err := io.ReadAll(io.LimitReader(in, largest+1))
	if err != nil {
		return fmt.Errorf("reading the outputs: %w", err)
	}
	if len(document) > largest {
		return fmt.Errorf("the outputs are larger than %d bytes", largest)
	}
	read, err := outputs.Parse(document)
	if err != nil {
		return err
	}
	made, err := makes(read)
	if err != nil {
		return err
	}
	return write(out, made)
}

func write(out io.Writer, text []byte) error {
	if _, err := out.Write(text); err != nil {
		return fmt.Errorf("writing: %w", err)
	}
	return nil
}

package outputs

import (
	"bytes"
	_ "embed" // the schema
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	strictjson "sigs.k8s.io/json"
)

// schema is the published form of [Outputs], made from it by this package's tests.
//
//go:embed schema.json
var schema []byte

// Schema is the JSON schema (draft 2020-12) of what `make outputs` and `pulumi stack output --json` print. Every description
// is the comment of the field, with its unit. It only ever grows.
func Schema() []byte { return bytes.Clone(schema) }

// SchemaID is the schema's name.
const SchemaID = "urn:jitsi-meet-azure:outputs"

// Compile reads a JSON schema (draft 2020-12) that refers to no other document. Formats count.
func Compile(document []byte) (*jsonschema.Schema, error) {
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		return nil, fmt.Errorf("reading a schema: %w", err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource(SchemaID, parsed); err != nil {
		return nil, fmt.Errorf("reading a schema: %w", err)
	}
	compiled, err := compiler.Compile(SchemaID)
	if err != nil {
		return nil, fmt.Errorf("compiling a schema: %w", err)
	}
	return compiled, nil
}

// own is the compiled schema of this package.
var own = sync.OnceValues(func() (*jsonschema.Schema, error) { return Compile(schema) })

// Parse reads what `make outputs` prints, as [Decode] does, but holds it against the schema first: the error names everything
// that is wrong, one problem a line, with its place.
func Parse(document []byte) (Outputs, error) {
	compiled, err := own()
	if err != nil {
		return Outputs{}, err
	}
	if err := Check(compiled, document); err != nil {
		return Outputs{}, fmt.Errorf("these are not the outputs of an environment: %w", err)
	}
	return Decode(document)
}

// Check holds a document against a schema. The error names everything that is wrong. A document with the same key twice in one
// object is refused as well: readers differ in which one they take.
func Check(compiled *jsonschema.Schema, document []byte) error {
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		return fmt.Errorf("not JSON: %w", err)
	}
	var problems []string
	var untyped any
	strict, err := strictjson.UnmarshalStrict(document, &untyped)
	if err != nil {
		return fmt.Errorf("not JSON: %w", err)
	}
	for _, problem := range strict {
		problems = append(problems, problem.Error())
	}
	if err := compiled.Validate(parsed); err != nil {
		var invalid *jsonschema.ValidationError
		if !errors.As(err, &invalid) {
			return fmt.Errorf("holding a document against its schema: %w", err)
		}
		problems = append(problems, leaves(invalid)...)
	}
	if len(problems) == 0 {
		return nil
	}
	slices.Sort(problems)
	return errors.New(strings.Join(slices.Compact(problems), "\n"))
}

// leaves are the problems at the ends of the validator's tree: the rest says only that something below is wrong.
func leaves(invalid *jsonschema.ValidationError) []string {
	if len(invalid.Causes) == 0 {
		printer := message.NewPrinter(language.English)
		return []string{"/" + strings.Join(invalid.InstanceLocation, "/") + ": " + invalid.ErrorKind.LocalizedString(printer)}
	}
	var all []string
	for _, cause := range invalid.Causes {
		all = append(all, leaves(cause)...)
	}
	return all
}

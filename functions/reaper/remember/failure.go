package remember

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/data/aztables"
)

// errGone says that there is no row to change.
var errGone = errors.New("there is no such row")

// harmless is what of an answer's header may go into an error.
var harmless = regexp.MustCompile(`^[0-9A-Za-z-]{1,64}$`)

// failure is an answer of storage that is an error. The SDK's own text for it is a page; a log wants a line.
type failure struct {
	kind   error // ErrConflict, errGone or nil
	answer *azcore.ResponseError
}

func (f *failure) Error() string {
	text := fmt.Sprintf("storage answered %d", f.answer.StatusCode)
	if harmless.MatchString(f.answer.ErrorCode) {
		text += " " + f.answer.ErrorCode
	}
	if raw := f.answer.RawResponse; raw != nil && harmless.MatchString(raw.Header.Get("X-Ms-Request-Id")) {
		text += ", request " + raw.Header.Get("X-Ms-Request-Id")
	}
	switch {
	case f.kind != nil:
		return f.kind.Error() + ": " + text
	case f.answer.StatusCode == http.StatusForbidden:
		return text + " (the identity needs the role Storage Table Data Contributor and an address that the account lets in)"
	case f.code(aztables.TableNotFound):
		return text + " (the deployment makes the tables; is this the right account?)"
	default:
		return text
	}
}

func (f *failure) Unwrap() []error {
	if f.kind == nil {
		return []error{f.answer}
	}
	return []error{f.kind, f.answer}
}

func (f *failure) code(code aztables.TableErrorCode) bool { return f.answer.ErrorCode == string(code) }

// explain says what an error of the SDK means here.
func explain(err error) error {
	var answer *azcore.ResponseError
	if !errors.As(err, &answer) {
		return err
	}
	f := &failure{answer: answer}
	switch {
	case answer.StatusCode == http.StatusPreconditionFailed, f.code(aztables.EntityAlreadyExists):
		f.kind = ErrConflict
	case answer.StatusCode == http.StatusNotFound && (f.code(aztables.ResourceNotFound) || f.code(aztables.EntityNotFound)):
		f.kind = errGone
	}
	return f
}

// version is what storage calls a version of a row.
func version(tag azcore.ETag) (string, error) {
	if strings.TrimSpace(string(tag)) == "" {
		return "", errors.New("storage did not say which version it has written")
	}
	return string(tag), nil
}

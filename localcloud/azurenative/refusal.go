package azurenative

import (
	"fmt"
	"net/http"
)

// Refusal is an error as Azure Resource Manager answers it and as the real provider prints it.
type Refusal struct {
	// Status is the HTTP status.
	Status int
	// Code is Azure's error code, for example "ResourceNotFound".
	Code string
	// Message says what is wrong.
	Message string
}

func (r *Refusal) Error() string {
	return fmt.Sprintf(`Status=%d Code=%q Message=%q`, r.Status, r.Code, r.Message)
}

func invalid(code, format string, args ...any) error {
	return &Refusal{Status: http.StatusBadRequest, Code: code, Message: fmt.Sprintf(format, args...)}
}

func conflict(code, format string, args ...any) error {
	return &Refusal{Status: http.StatusConflict, Code: code, Message: fmt.Sprintf(format, args...)}
}

func notFound(code, format string, args ...any) error {
	return &Refusal{Status: http.StatusNotFound, Code: code, Message: fmt.Sprintf(format, args...)}
}

// unchangeable is Azure's answer to an update of what is fixed at creation.
func unchangeable(property string) error {
	return conflict("PropertyChangeNotAllowed", "Changing property '%s' is not allowed.", property)
}

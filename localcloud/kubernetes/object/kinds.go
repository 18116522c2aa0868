// Package object knows the Kubernetes types that the local cloud serves: how the Pulumi program calls them, and how to
// decode one as strictly as an API server that is asked for strict field validation.
package object

import (
	"fmt"
	"sort"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// TokenPrefix starts the Pulumi type token of every Kubernetes resource.
const TokenPrefix = "kubernetes:"

// Object is a typed Kubernetes object, for example *appsv1.StatefulSet.
type Object interface {
	runtime.Object
	metav1.Object
}

// Kind is one type that the local cloud serves.
type Kind struct {
	schema.GroupVersionKind
	// Resource is the plural in URLs and messages, for example "statefulsets".
	Resource string
	// Namespaced is false for objects of the whole cluster.
	Namespaced bool

	empty func() Object
}

// New returns an empty object of the kind.
func (k Kind) New() Object { return k.empty() }

// APIVersion is the object's apiVersion field, for example "apps/v1".
func (k Kind) APIVersion() string { return k.GroupVersion().String() }

// Token is the Pulumi type token, for example "kubernetes:apps/v1:StatefulSet".
func (k Kind) Token() string {
	group := k.Group
	if group == "" {
		group = "core"
	}
	return TokenPrefix + group + "/" + k.Version + ":" + k.Kind
}

// GroupResource names the resource as the API server's messages do, for example "statefulsets.apps".
func (k Kind) GroupResource() schema.GroupResource {
	return schema.GroupResource{Group: k.Group, Resource: k.Resource}
}

// ByToken finds the kind of a Pulumi type token.
func ByToken(token string) (Kind, error) {
	for _, k := range kinds() {
		if k.Token() == token {
			return k, nil
		}
	}
	return Kind{}, fmt.Errorf("the local cloud serves no Kubernetes type %q; it serves %s",
		token, strings.Join(Tokens(), ", "))
}

// ByGroupKind finds the kind that has the given group and kind.
func ByGroupKind(group, kind string) (Kind, bool) {
	for _, k := range kinds() {
		if k.Group == group && k.Kind == kind {
			return k, true
		}
	}
	return Kind{}, false
}

// Tokens lists the tokens of all kinds, sorted.
func Tokens() []string {
	all := kinds()
	tokens := make([]string, len(all))
	for i, k := range all {
		tokens[i] = k.Token()
	}
	sort.Strings(tokens)
	return tokens
}

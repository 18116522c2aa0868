package object

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// ProviderClassGroup is the API group of [SecretProviderClass]. A cluster serves it only while its Key Vault add-on is on.
const ProviderClassGroup = "secrets-store.csi.x-k8s.io"

// SecretProviderClass says what a volume of the Secrets Store CSI driver holds.
// Source: kubernetes-sigs/secrets-store-csi-driver, apis/v1; without what copies the files into Secrets, and the status.
type SecretProviderClass struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`

	Spec SecretProviderClassSpec `json:"spec"`
}

// SecretProviderClassSpec is what the provider is asked for.
type SecretProviderClassSpec struct {
	// Provider is "azure" for a Key Vault.
	Provider string `json:"provider,omitempty"`
	// Parameters are the provider's own.
	Parameters map[string]string `json:"parameters,omitempty"`
}

// DeepCopyObject makes it a [runtime.Object].
func (s *SecretProviderClass) DeepCopyObject() runtime.Object {
	copied := &SecretProviderClass{TypeMeta: s.TypeMeta, Spec: SecretProviderClassSpec{Provider: s.Spec.Provider}}
	s.DeepCopyInto(&copied.ObjectMeta)
	if s.Spec.Parameters != nil {
		copied.Spec.Parameters = make(map[string]string, len(s.Spec.Parameters))
		for name, value := range s.Spec.Parameters {
			copied.Spec.Parameters[name] = value
		}
	}
	return copied
}

func providerClasses() Kind {
	return namespaced(schema.GroupVersion{Group: ProviderClassGroup, Version: "v1"}, "SecretProviderClass",
		"secretproviderclasses", func() Object { return &SecretProviderClass{} })
}

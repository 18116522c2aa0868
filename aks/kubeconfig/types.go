package kubeconfig

// config is a kubeconfig as far as AKS writes one. A field that is not here, insecure-skip-tls-verify above all, is an
// error.
// Source: Kubernetes docs, config-api/kubeconfig.v1.
type config struct {
	APIVersion     string          `json:"apiVersion"`
	Kind           string          `json:"kind"`
	Preferences    map[string]bool `json:"preferences,omitempty"`
	Clusters       []namedCluster  `json:"clusters"`
	Contexts       []namedContext  `json:"contexts"`
	CurrentContext string          `json:"current-context"`
	Users          []namedUser     `json:"users"`
}

type namedCluster struct {
	Name    string  `json:"name"`
	Cluster cluster `json:"cluster"`
}

type cluster struct {
	CA     string `json:"certificate-authority-data"`
	Server string `json:"server"`
}

type namedContext struct {
	Name    string  `json:"name"`
	Context context `json:"context"`
}

type context struct {
	Cluster   string `json:"cluster"`
	User      string `json:"user"`
	Namespace string `json:"namespace,omitempty"`
}

type namedUser struct {
	Name string `json:"name"`
	User user   `json:"user"`
}

type user struct {
	Certificate string `json:"client-certificate-data,omitempty"`
	Key         string `json:"client-key-data,omitempty"`
	Token       string `json:"token,omitempty"`
	Exec        *exec  `json:"exec,omitempty"`
	// AuthProvider is the login that Kubernetes gave up in 1.26; AKS still writes it where the exec form was not asked for.
	AuthProvider *authProvider `json:"auth-provider,omitempty"`
}

type exec struct {
	APIVersion         string              `json:"apiVersion"`
	Command            string              `json:"command"`
	Args               []string            `json:"args"`
	Env                []map[string]string `json:"env,omitempty"`
	InstallHint        string              `json:"installHint,omitempty"`
	InteractiveMode    string              `json:"interactiveMode,omitempty"`
	ProvideClusterInfo bool                `json:"provideClusterInfo"`
}

type authProvider struct {
	Name   string            `json:"name"`
	Config map[string]string `json:"config,omitempty"`
}

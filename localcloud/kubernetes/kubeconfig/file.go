package kubeconfig

// file is a kubeconfig as it is written. Fields that nothing here reads are listed so that strict parsing knows them.
type file struct {
	APIVersion     string         `json:"apiVersion"`
	Kind           string         `json:"kind"`
	Preferences    map[string]any `json:"preferences"`
	Clusters       []namedCluster `json:"clusters"`
	Users          []namedUser    `json:"users"`
	Contexts       []namedContext `json:"contexts"`
	CurrentContext string         `json:"current-context"`
	Extensions     []any          `json:"extensions"`
}

type namedCluster struct {
	Name    string       `json:"name"`
	Cluster clusterEntry `json:"cluster"`
}

type clusterEntry struct {
	clusterInfo
	Extensions []any `json:"extensions"`
}

// clusterInfo is comparable: two of them are equal when they lead to the same server in the same way.
type clusterInfo struct {
	Server             string `json:"server"`
	ServerName         string `json:"tls-server-name"`
	Insecure           bool   `json:"insecure-skip-tls-verify"`
	Authority          string `json:"certificate-authority"`
	AuthorityData      string `json:"certificate-authority-data"`
	ProxyURL           string `json:"proxy-url"`
	DisableCompression bool   `json:"disable-compression"`
}

type namedUser struct {
	Name string `json:"name"`
	User user   `json:"user"`
}

type user struct {
	Certificate string     `json:"client-certificate-data"`
	Key         string     `json:"client-key-data"`
	Token       string     `json:"token"`
	Exec        *execEntry `json:"exec"`
	Extensions  []any      `json:"extensions"`
}

type execEntry struct {
	APIVersion         string     `json:"apiVersion"`
	Command            string     `json:"command"`
	Args               []string   `json:"args"`
	Env                []variable `json:"env"`
	InstallHint        string     `json:"installHint"`
	ProvideClusterInfo bool       `json:"provideClusterInfo"`
	InteractiveMode    string     `json:"interactiveMode"`
}

type variable struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type namedContext struct {
	Name    string       `json:"name"`
	Context contextEntry `json:"context"`
}

type contextEntry struct {
	Cluster    string `json:"cluster"`
	User       string `json:"user"`
	Namespace  string `json:"namespace"`
	Extensions []any  `json:"extensions"`
}

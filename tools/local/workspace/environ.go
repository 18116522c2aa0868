package workspace

import "strings"

// Environ returns the environment for pulumi: base without anything that could reach a real cloud or another backend,
// plus the settings of the workspace. It keeps PULUMI_DEBUG_* for whoever looks into the engine, and LOCALCLOUD_KUBECONFIG,
// which mirrors the local cloud's Kubernetes objects to an API server on this machine.
func (w Workspace) Environ(base []string) []string {
	kept := make([]string, 0, len(base)+len(w.Settings()))
	for _, variable := range base {
		if !foreign(variable) {
			kept = append(kept, variable)
		}
	}
	return append(kept, w.Settings()...)
}

// Settings are the workspace's own variables in the form NAME=VALUE.
func (w Workspace) Settings() []string {
	return []string{
		"PULUMI_HOME=" + w.Home(),
		"PULUMI_BACKEND_URL=file://" + w.State(),
		"PULUMI_CONFIG_PASSPHRASE=" + Passphrase,
		"PULUMI_SKIP_UPDATE_CHECK=true",
		// Only the local cloud's providers may run: never a download, never one that lies on the PATH.
		"PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true",
		"PULUMI_IGNORE_AMBIENT_PLUGINS=true",
		"LOCALCLOUD_DIR=" + w.Cloud(),
	}
}

func foreign(variable string) bool {
	if strings.HasPrefix(variable, "PULUMI_DEBUG_") {
		return false
	}
	for _, prefix := range []string{"PULUMI_", "ARM_", "AZURE_", "KUBECONFIG=", "LOCALCLOUD_DIR="} {
		if strings.HasPrefix(variable, prefix) {
			return true
		}
	}
	return false
}

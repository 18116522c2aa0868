# What `packer init` fetches from the plugin's releases on GitHub. In a file of its own because the tests validate the
# template offline, with the newest version of the plugin that is a Go module (tools/packer); see docs/decisions/0015.
packer {
  required_version = ">= 1.11.0"
  required_plugins {
    azure = {
      source = "github.com/hashicorp/azure"
      # The first versions give the build machine a public address of a kind that Azure no longer makes.
      # Source: hashicorp/packer-plugin-azure, pull requests 416 and 450.
      version = "= 2.3.3"
    }
  }
}

# The image that bridges boot from: Ubuntu with one pinned version of the videobridge, and nothing that is particular to an
# environment or a machine. scripts/image.sh gives the variables; none of them is typed by hand.

variable "subscription_id" {
  type        = string
  description = "The Azure subscription of the build machine and of the gallery."
}

variable "location" {
  type        = string
  description = "The Azure region of the gallery: the image is built where it is used."
}

variable "resource_group" {
  type        = string
  description = "The resource group of the gallery."
}

variable "gallery" {
  type        = string
  description = "The name of the compute gallery."
}

variable "definition" {
  type        = string
  description = "The name of the image definition in the gallery."
}

variable "image_version" {
  type        = string
  description = "The version to publish, such as 1.20261124.2213."
  validation {
    condition     = can(regex("^(0|[1-9][0-9]{0,9})\\.(0|[1-9][0-9]{0,9})\\.(0|[1-9][0-9]{0,9})$", var.image_version))
    error_message = "The image version must be three numbers, such as 1.20261124.2213."
  }
}

variable "package_version" {
  type        = string
  description = "The version of the Debian package jitsi-videobridge2, such as 2.3-307-g4bb0aead1-1."
  validation {
    # It becomes part of a command.
    condition     = can(regex("^[0-9]+\\.[0-9]+-[0-9]+-g[0-9a-f]{7,40}-[0-9]+$", var.package_version))
    error_message = "The package version must be such as 2.3-307-g4bb0aead1-1."
  }
}

variable "tags" {
  type        = map(string)
  description = "The environment's tags, for the build machine and the image version."
}

variable "build_resource_group" {
  type        = string
  description = "An existing group for the build machine. Without one, the build makes a group and deletes it."
  default     = ""
}

variable "allowed_inbound" {
  type        = list(string)
  description = "The addresses that may reach the build machine by SSH."
  default     = ["0.0.0.0/0"]
}

variable "vm_size" {
  type        = string
  description = "The size of the build machine: any that has trusted launch."
  default     = "Standard_D2s_v5"
}

locals {
  workshop = "/tmp/bridge-image"
}

source "azure-arm" "bridge" {
  # As whoever logged in with az: an operator, or the workflow with GitHub's proof of identity. No secret is involved.
  use_azure_cli_auth = true
  subscription_id    = var.subscription_id

  os_type         = "Linux"
  image_publisher = "Canonical"
  image_offer     = "ubuntu-24_04-lts"
  image_sku       = "server" # generation 2

  vm_size                   = var.vm_size
  location                  = var.build_resource_group == "" ? var.location : null
  build_resource_group_name = var.build_resource_group == "" ? null : var.build_resource_group

  # The bridges run with trusted launch; so does the machine whose disk becomes theirs.
  security_type       = "TrustedLaunch" # newer than plugin 1.4.5
  secure_boot_enabled = true
  vtpm_enabled        = true

  # GitHub's runners have no fixed addresses and no way into a private network, so the build machine has a public address
  # for its ten minutes. It takes no passwords, its only key is made for this run, and it holds nothing secret.
  communicator                 = "ssh"
  ssh_username                 = "packer"
  ssh_clear_authorized_keys    = true
  allowed_inbound_ip_addresses = var.allowed_inbound

  # Publishing straight into the gallery: a managed image in between could not have trusted launch.
  shared_image_gallery_destination {
    subscription         = var.subscription_id
    resource_group       = var.resource_group
    gallery_name         = var.gallery
    image_name           = var.definition
    image_version        = var.image_version
    replication_regions  = [var.location]
    storage_account_type = "Standard_ZRS" # the loss of a zone must not keep the others from starting machines
  }
  shared_image_gallery_timeout = "45m"

  azure_tags = merge(var.tags, {
    "managed-by"      = "packer"
    "package-version" = var.package_version
  })
}

build {
  sources = ["source.azure-arm.bridge"]

  provisioner "shell" {
    inline = ["mkdir -p ${local.workshop}"]
  }

  provisioner "file" {
    sources     = ["${path.root}/scripts", "${path.root}/files"]
    destination = "${local.workshop}/"
  }

  provisioner "shell" {
    inline  = ["sudo env PACKAGE_VERSION=${var.package_version} bash ${local.workshop}/scripts/build.sh"]
    timeout = "30m"
  }

  # Last, and in one piece: afterwards nobody can log in any more. There is nothing left to clean up either.
  provisioner "shell" {
    inline     = ["sudo env PACKAGE_VERSION=${var.package_version} bash ${local.workshop}/scripts/finish.sh"]
    timeout    = "10m"
    skip_clean = true
  }
}

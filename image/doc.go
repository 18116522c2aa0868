// Package image knows what the bridge image's build has to know about an environment and about the versions that are
// published already: where an image goes, which version comes next, and which old versions may be deleted.
//
// The template (bridge.pkr.hcl) and the scripts that run on the build machine (scripts) are beside it; docs/image.md is the
// operators' page. The package is pure: it asks nobody, and never imports Pulumi.
package image

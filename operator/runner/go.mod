module assay.dev/runner

go 1.26.8

require (
	github.com/bluekeyes/go-gitdiff v0.9.0
	golang.org/x/sys v0.50.0
)

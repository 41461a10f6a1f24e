module glaslos

go 1.26

require github.com/glaslos/tlsh v0.3.0

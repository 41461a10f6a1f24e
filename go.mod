module clew

go 1.26.8

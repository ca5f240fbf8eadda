error "no test by its name"

error "never found"

print "nothing to be found"

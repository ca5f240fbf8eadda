-- A file that is a test by itself.
print "second"

-- Packages, on a host without apt.
-- status: 3
-- environment: PATH=@
-- stderr: guest-no-apt.lua:5: packages for a guest are taken with apt-get, which is not on this host
guest { packages = { "hello" } }

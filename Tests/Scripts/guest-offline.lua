-- Packages, without a network: nothing of it is kept.
-- status: 3
-- environment: http_proxy=http://127.0.0.1:9
-- environment: https_proxy=http://127.0.0.1:9
-- stderr: guest-offline.lua:7: the package
-- stderr: could not be downloaded
guest { packages = { "hello" } }

-- A C module of the distribution's (lua-cjson) loads and runs.
-- stdout: [1,2,{"a":true}]
print(require("cjson").encode { 1, 2, { a = true } })

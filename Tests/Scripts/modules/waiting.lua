-- A module whose body waits.
wait(0.01)
return { name = ..., at = now() }

-- Requires what requires it, a moment later.
wait(0.02)
return require "modules.right"

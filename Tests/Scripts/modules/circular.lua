return require "modules.circular"

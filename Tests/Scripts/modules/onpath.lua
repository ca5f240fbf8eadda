return "from the path"

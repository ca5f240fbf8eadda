return "from a rock"

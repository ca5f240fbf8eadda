wait(0.01)
return {}

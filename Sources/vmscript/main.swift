print("vmscript")

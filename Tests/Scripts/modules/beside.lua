-- A module that other scripts here require; by itself it does nothing.
return { answer = 42 }

VMScript.main()

build:
	swift build -c release --static-swift-stdlib
.PHONY: build

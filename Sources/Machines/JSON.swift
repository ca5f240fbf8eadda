import Notation

/// What QMP speaks: part of this room's own surface.
public typealias JSON = Notation.JSON
public typealias JSONError = Notation.JSONError

import RemoteCalls
import Scripting

extension CallHelper: ScriptSource {}

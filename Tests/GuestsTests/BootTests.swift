import Events
import Glibc
import Guests
import Processes
import Testing

@Suite(.serialized) struct BootTests {
  @Test(arguments: TestGuest.Machine.allCases) func boots(_ machine: TestGuest.Machine) throws {
    let guest = try TestGuest(machine)
    let ready = try guest.ready()
    print(
      "\(machine): agent ready after \(ready.at.seconds(since: guest.started)) s,",
      "\(ready.uptime) s of them the guest's")
    #expect(ready.isInit)
    #expect(ready.hasTimer)
    #expect(ready.bootID.count == 36)
    #expect(try guest.text("uname -r") == ready.kernelRelease + "\n")
    #expect(try guest.text("hostname; echo $HOME; pwd; id -u") == "tester\n/root\n/\n0\n")
    #expect(try guest.text("ip -o addr show lo | head -1").contains("127.0.0.1/8"))
    #expect(try guest.text("ping -c 1 localhost | grep -c 'bytes from'") == "1\n")
    #expect(try guest.text("cat /proc/1/comm /proc/self/oom_score_adj").hasSuffix("\n0\n"))
    // The shell on the console has its terminal: job control, and no complaint about it.
    #expect(
      try guest.text(
        "until ps -o comm,tty | grep -v '?' | grep sh; do sleep 0.05; done"
      ).contains("sh"))
    #expect(try TestGuest.readText(guest.console).contains("job control") == false)
  }

  /// Linux without the local APIC's timer, which is all that a microvm has.
  @Test func anAgentWithoutATimerSaysSo() throws {
    let guest = try TestGuest(words: "noapictimer")
    let ready = try guest.ready()
    print("its hello came \(ready.uptime) s after the kernel's start")
    #expect(!ready.hasTimer)
    #expect(try guest.text("echo it runs") == "it runs\n")
  }

  @Test func networkOfTheCommandLine() throws {
    let guest = try TestGuest(
      words: "vmscript.usernet=52:54:00:00:00:01 vmscript.net=52:54:00:00:00:02,10.0.1.1/24,ab"
        + " vmscript.net=52:54:00:00:00:03,fd00::1/64,cd",
      arguments: [
        "-netdev", "user,id=u,net=10.42.0.0/24,restrict=on",
        "-device", "virtio-net-device,netdev=u,mac=52:54:00:00:00:01",
        "-netdev", "hubport,id=h,hubid=0",
        "-device", "virtio-net-device,netdev=h,mac=52:54:00:00:00:02",
        "-netdev", "hubport,id=i,hubid=1",
        "-device", "virtio-net-device,netdev=i,mac=52:54:00:00:00:03",
      ])
    let addresses = try guest.text("ip -o addr")
    #expect(addresses.contains("ab    inet 10.0.1.1/24"))
    #expect(addresses.contains("cd    inet6 fd00::1/64"))
    #expect(addresses.contains("inet 10.42.0.10/24"))
    #expect(try guest.text("ip route").contains("default via 10.42.0.2"))
    #expect(try guest.text("ping -c 1 -W 5 10.42.0.2 | grep -c 'bytes from'") == "1\n")
    // busybox has what the demo serves with.
    #expect(
      try guest.text("mkdir /w; echo hello >/w/index.html; httpd -p 80 -h /w; wget -qO- localhost")
        == "hello\n")
  }

  @Test func poweroffReportsItsCommandFirst() throws {
    let guest = try TestGuest()
    _ = try guest.ready()
    let long = guest.start(ExecRequest(["sleep", "1000"]))
    let began = Instant.now
    #expect(try guest.sh("echo bye; poweroff").standardOutput == Array("bye\n".utf8))
    // What still ran was ended with the rest, and said so before the guest was gone.
    #expect(try guest.result(long).status == .signalled(number: SIGTERM))
    #expect(guest.client.leaving.block(until: .after(10)) == .poweroff)
    #expect(guest.qemu.exited.block(until: .after(10)) == .exited(code: 0))
    print("poweroff: \(Instant.now.seconds(since: began)) s")
    #expect(guest.client.ended.block(until: .after(5))?.kind == .ended)
    #expect(guest.client.ready.value == nil)
    #expect(throws: AgentError.self) { try guest.sh("true") }
  }

  @Test func rebootBeginsAnotherSession() throws {
    let guest = try TestGuest(reboots: true)
    let first = try guest.ready()
    try guest.answer { $0.power(.reboot) }
    #expect(guest.client.leaving.block(until: .after(10)) == .reboot)
    #expect(guest.client.ready.value == nil)
    // Asked of nobody yet: the next boot answers.
    #expect(try guest.text("echo again") == "again\n")
    let second = try guest.ready()
    #expect(second.session != first.session && second.bootID != first.bootID)
  }

  /// As with a power cut: nothing is said before, and a frame may be half sent.
  @Test func resetInTheMiddleOfAFrame() throws {
    let guest = try TestGuest(reboots: true)
    let first = try guest.ready()
    let stream = guest.start(ExecRequest(["cat", "/dev/zero"]))
    let waiting = guest.start(ExecRequest(["sleep", "1000"]))
    usleep(300_000)
    _ = guest.start(.shell("echo b >/proc/sysrq-trigger"))
    guard case .failure(let error) = waiting.exited.block(until: .after(30)) else {
      Issue.record("a program of an earlier boot ended well")
      return
    }
    #expect(error.kind == .restarted)
    guard case .failure = stream.exited.block(until: .after(5)) else {
      Issue.record("a program of an earlier boot ended well")
      return
    }
    #expect(try guest.ready().session != first.session)
    #expect(try guest.text("echo again") == "again\n")
  }

  @Test func endOfQEMUFailsWhatIsUnderWay() throws {
    let guest = try TestGuest()
    _ = try guest.ready()
    let waiting = guest.start(ExecRequest(["sleep", "1000"]))
    Supervisor.sync { guest.qemu.signal(SIGKILL) }
    let result = waiting.exited.block(until: .after(10))
    guard case .failure(let error) = result else {
      Issue.record("ended: \(String(describing: result))")
      return
    }
    #expect(error.kind == .ended)
  }
}

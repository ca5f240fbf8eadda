---@meta
-- Types of what vmscript puts beside print, for the Lua language server. docs/manual.md says more.
-- luacheck: ignore 211 212 241

--- Seconds.
---@alias Seconds number

--- Something that `wait` takes: an event, a task, a stream, or seconds.
---@alias Waitable Event|Task|Stream|Seconds

---@class Timeout
---@field timeout? Seconds default 60, without KVM 300, times --timeout-scale; math.huge for none

--- What a machine or task does, to wait for.
---@class Event

--- A Lua pattern for `output` and `expect`.
---@class Pattern

--- Text that matches itself, or `pattern "…"`.
---@alias ConsoleText string|Pattern

--- One text, or several: the results begin with the key of the one that came then.
---@alias ConsoleTexts ConsoleText|table<integer|string, ConsoleText>

---@class OutputOptions
---@field where? boolean one table in place of the results; default false

---@class ExpectOptions: Timeout, OutputOptions
---@field before? boolean as `where`, with the text since the last match; default false

---@class ConsoleMatch
---@field text string
---@field captures (string|integer)[]
---@field key? integer|string of several texts
---@field line string the whole line, as far as it has come
---@field finished boolean whether it has ended
---@field number integer of the line in this boot, from 1
---@field column integer of the match, from 1
---@field time? Seconds when the line came, as by now()
---@field before? string

---@alias ErrorKind
---| "usage" # the script asked for what cannot be
---| "missing" # the host lacks a program, a file, KVM; exit status 3
---| "launch" # QEMU or a helper could not be started, or refused its arguments
---| "exited" # a machine or process ended, or stopped working, unasked; or is not running
---| "guest_panic" # a guest's kernel panicked, or its console showed a forbidden text
---| "timeout" # a wait ran out of time
---| "command" # a command or file in the guest failed
---| "agent" # the guest's agent is not there or went away
---| "qmp" # QEMU refused a QMP command
---| "connection" # a port or connection could not be had, or was closed; a gRPC status that is not OK
---| "assertion" # something the script claims is not so
---| "cancelled" # a task was cancelled, or the run is ending
---| "memory" # the host has too little memory for a machine

--- What vmscript raises; `tostring` gives "file:line: message".
---@class Error
---@field kind ErrorKind
---@field message string what, where, what to do, in one line
---@field where? string "file:line" in the script
---@field machine? string
---@field process? string
---@field code? integer exit status of the process concerned; gRPC's status code
---@field signal? integer the signal that ended it
---@field stdout? string
---@field stderr? string
---@field errno? integer of a file or program in the guest
---@field class? string QMP's class of error
---@field status? string the name of gRPC's status code, "NOT_FOUND"
---@field detail? string what a gRPC server said of it
---@field trailers? table<string, string> a gRPC server's trailing metadata
---@field notes string[] further lines of the report

-- Ports -------------------------------------------------------------------------------------------

---@class PortRequest
---@field guest integer
---@field host? integer default: a free one
---@field protocol? "tcp"|"udp" default "tcp"
---@field bind? string IPv4 address of the host, default "127.0.0.1"

--- Guest ports and the host ports that lead to them.
---@class PortMap
---@field [integer] integer the host's port for a guest's
local PortMap = {}

--- As QEMU takes them: "tcp:127.0.0.1:40123-:80".
---@return string[]
function PortMap:forwards() end

--- Connects to a guest's TCP port. That it connects says nothing of the guest: QEMU accepts for it.
---@param guest integer
---@param options? Timeout
---@return Connection
function PortMap:dial(guest, options) end

--- A client of a gRPC server on a guest's TCP port. Without a source of types the server's
--- reflection is asked.
---@param guest integer
---@param options? GRPCOptions
---@return GRPCClient
function PortMap:grpc(guest, options) end

---@class portmap
---@overload fun(ports: table<integer, integer|PortRequest>): PortMap
portmap = {}

--- Guest port = host port.
---@param ports table<integer, integer|PortRequest>
---@return PortMap
function portmap.identity(ports) end

-- Streams -----------------------------------------------------------------------------------------

--- As an event: something to read or the end; gives how many bytes (frames) there are, takes none.
---@class Stream
local Stream = {}

--- What there is, at most so many bytes (a frame of a network cable); a line; or all until the end.
--- Nil at the end.
---@param format? integer|"some"|"line"|"all"
---@param options? Timeout
---@return string?
function Stream:read(format, options) end

--- For a for loop; waits for each line.
---@param options? Timeout
---@return fun(): string?
function Stream:lines(options) end

--- Waits until all but 256 KiB of it were taken; a frame of a network cable goes at once.
---@param bytes string
---@param options? Timeout
function Stream:write(bytes, options) end

--- A connection from the host to a guest's port.
---@class Connection: Stream
local Connection = {}

--- The end for the other side, behind what was written; reading goes on.
---@param direction? "write"
function Connection:shutdown(direction) end

function Connection:close() end

--- One end of a cable: for a machine, or for the script when a machine has the other.
---@class CableEnd: Stream
local CableEnd = {}

--- Pulls the network cable: both machines lose carrier.
function CableEnd:unplug() end

function CableEnd:plug() end

--- A cable.
---@param options? { name?: string, carries?: "frames"|"bytes" }
---@return CableEnd left
---@return CableEnd right
function socketpair(options) end

-- Networks ----------------------------------------------------------------------------------------

---@alias Member Machine|NetworkPort who is on a network
---@alias Members Member|Member[]
---@alias Direction { from: Members, to: Members }

--- A port of a network, for a machine's `net`.
---@class NetworkPort
---@field name string
local NetworkPort = {}

--- Takes the carrier of its machine's interface.
function NetworkPort:unplug() end

function NetworkPort:plug() end

---@class LinkCounters frames
---@field passed integer
---@field cut integer dropped by partitions, cuts, and unplugged ends
---@field held integer
---@field overflowed integer the receiver's queue was full
---@field judged integer while the link had faults
---@field hits integer those that a fault did something to
---@field lost integer
---@field over_limit integer dropped in front of a rate
---@field refused integer openings of connections
---@field delayed integer
---@field duplicated integer
---@field corrupted integer
---@field reordered integer

--- The way between machines, a direction of it, or all of a machine's own frames.
---@class Link
local Link = {}

--- Replaces what befalls frames here; several are layers, met in order.
---@param ... Impairment
function Link:set(...) end

--- Ends all that was set.
function Link:reset() end

---@return LinkCounters
function Link:counters() end

--- Fails unless a fault, a cut or a hold did something to a frame here, and each layer set last did.
---@return integer frames
function Link:check() end

---@class PortCounters
---@field received integer frames from the machine
---@field received_bytes integer
---@field sent integer frames to it
---@field sent_bytes integer
---@field overflowed integer lost because it reads too slowly
---@field invalid integer no possible frames

---@class Frame
---@field bytes string
---@field from string name of the port
---@field to? string
---@field time Seconds of the run
---@field source string MAC address
---@field destination string MAC address
---@field type integer Ethernet's, of the outer tag if there is one

--- Frames as they come: for a for loop, and as an event.
---@class Frames: Event
---@field lost integer beyond 4 MiB that nobody read
---@overload fun(): Frame?
local Frames = {}

---@param options? Timeout
---@return Frame? # nil after close
function Frames:read(options) end

function Frames:close() end

---@class Capture
---@field path string
local Capture = {}

---@return integer blocks one for each frame and port it was for
function Capture:close() end

--- An Ethernet switch in the host.
---@class Network
---@field name string
local Network = {}

---@class VLANFields one of vlan and trunk
---@field vlan? integer frames without a tag
---@field trunk? integer[] frames with tags

---@class PortFields: VLANFields
---@field name? string default "port"
---@field mac? string of its machine's interface

---@param fields? PortFields
---@return NetworkPort
function Network:port(fields) end

---@class AttachFields: VLANFields
---@field name? string default: the cable end's

--- Plugs a cable in; its other end is for the script, a process or a machine.
---@param cable CableEnd
---@param fields? AttachFields
---@return NetworkPort
function Network:attach(cable, fields) end

---@return Member[]
function Network:members() end

--- Machines reach each other within a group alone; who is in none is alone.
---@param ... Members
function Network:partition(...) end

--- Two halves that both reach it.
---@param bridge Members
---@param members? Member[]
function Network:bridge(bridge, members) end

--- Each sees a majority of its own.
---@param members? Member[]
function Network:majorities_ring(members) end

---@param members? Member[]
---@return Member[] first
---@return Member[] second
function Network:random_halves(members) end

---@param members? Member[]
---@return Member alone
function Network:split_one(members) end

---@param ... Members
function Network:isolate(...) end

---@param a Members|Direction
---@param b? Members
function Network:cut(a, b) end

--- Keeps frames: of a way, a direction, a machine, or all.
---@param a? Members|Direction
---@param b? Members
function Network:hold(a, b) end

---@param a? Members|Direction
---@param b? Members
function Network:release(a, b) end

--- Ends partitions, isolations, cuts and holds; or isolation and cuts of a machine; or joins two again, but for
--- holds.
---@param a? Members
---@param b? Members
function Network:heal(a, b) end

--- Takes the carrier of their interfaces here.
---@param members Members
function Network:unplug(members) end

---@param members Members
function Network:plug(members) end

---@param a Members|{ from?: Members, to?: Members }
---@param b? Members
---@return Link
function Network:link(a, b) end

---@return table<string, PortCounters>
function Network:counters() end

--- Sends a frame as the script, or as if a machine had.
---@param frame string
---@param options? { from?: Member }
function Network:inject(frame, options) end

---@class FramesFields: Timeout
---@field from? Members
---@field to? Members
---@field match? FrameMatch|FrameMatch[]

--- The frames that come from now on.
---@param fields? FramesFields
---@return Frames
function Network:frames(fields) end

--- Writes all frames with their fates to a pcapng file.
---@param path string
---@return Capture
function Network:capture(path) end

--- Faults at random times.
---@param fields NemesisFields
---@return Nemesis
function Network:nemesis(fields) end

--- Isolates one after the other in random order, and lets them back.
---@param options? { machines?: Member[], pause?: Seconds, seed?: integer }
function Network:swizzle(options) end

---@class NetworkFields
---@field name? string default "network"
---@field ageing? Seconds default 300
---@field queue? string a size, default "1M"

---@param fields? NetworkFields
---@return Network
function network(fields) end

-- Faults of links ---------------------------------------------------------------------------------

---@class FrameMatch all that is given must fit
---@field protocol? "arp"|"ip"|"ip6"|"tcp"|"udp"|"icmp"|"icmp6"|"sctp"
---@field type? integer Ethernet's
---@field port? integer on either side
---@field source_port? integer
---@field destination_port? integer
---@field address? string an address or a range, on either side
---@field source_address? string
---@field destination_address? string
---@field mac? string on either side
---@field source? string a MAC address
---@field destination? string a MAC address
---@field vlan? integer 0: without a tag

---@class Impairment what a link does to frames; names of netem, probabilities from 0 to 1
---@field delay? Seconds
---@field jitter? Seconds
---@field delay_correlation? number
---@field distribution? "uniform"|"normal"|"pareto"|"paretonormal"
---@field loss? number
---@field loss_correlation? number
---@field gemodel? { p: number, r: number, bad?: number, good?: number }
---@field duplicate? number
---@field duplicate_correlation? number
---@field corrupt? number
---@field corrupt_correlation? number
---@field reorder? number
---@field reorder_correlation? number
---@field gap? integer
---@field rate? string bits for each second, such as "10mbit"
---@field burst? string a size, such as "16K"
---@field limit? string a size: what may wait for the rate
---@field refuse_openings? boolean
---@field match? FrameMatch|FrameMatch[]
---@field first? integer frames
---@field period? Seconds
---@field flap? { on: Seconds, off: Seconds }

---@alias NemesisFault
---| "random_halves" | "split_one" | "majorities_ring" | "bridge" | "isolate" | "cut" | "hold"
---| "unplug" | "swizzle" | Impairment
---| fun(lan: Network, random: fun(n?: integer): number): (end: function?, name: string?)

---@class NemesisFields
---@field every Seconds|{ [1]: Seconds, [2]: Seconds } from one fault's beginning to the next
---@field lasts? Seconds|{ [1]: Seconds, [2]: Seconds } default: half of it
---@field faults NemesisFault[]
---@field machines? (Machine|NetworkPort)[] default: all members
---@field seed? integer default: follows from the run's

---@class NemesisEntry
---@field at Seconds of the run
---@field ended Seconds?
---@field name string
---@field hits integer? frames that it did something to

---@class Nemesis
---@field history NemesisEntry[]
local Nemesis = {}

--- Ends the fault that is on, and all later ones.
---@return NemesisEntry[]
function Nemesis:stop() end

--- Stops it, and fails if there was no fault or one never hit a frame.
---@return NemesisEntry[]
function Nemesis:check() end

-- gRPC and Protocol Buffers ------------------------------------------------------------------------

---@alias Metadata table<string, string|string[]>

---@class CallOptions: Timeout
---@field metadata? Metadata names that end in -bin take any bytes

---@class SchemaSource one of proto and descriptors
---@field proto? string|string[] .proto files, compiled by the host's protoc
---@field import? string|string[] folders; default: those of the files
---@field descriptors? string|string[] files of protoc --include_imports --descriptor_set_out

---@class GRPCOptions: SchemaSource, CallOptions
---@field schema? Schema
---@field max_message? string default "4M"

---@class CallInfo
---@field metadata Metadata
---@field trailers Metadata

---@class GRPCClient
local GRPCClient = {}

--- One message each way.
---@param method string "package.Service/Method"
---@param message? table
---@param options? CallOptions
---@return table reply
---@return CallInfo info
function GRPCClient:call(method, message, options) end

--- A call of any kind.
---@param method string "package.Service/Method"
---@param message? table sent at once; needed if the method takes a single one
---@param options? CallOptions its timeout is that of the whole stream; default none
---@return GRPCStream
function GRPCClient:stream(method, message, options) end

---@return string[] names
function GRPCClient:services() end

--- Messages both ways; as an event its next message, nil at the end.
---@class GRPCStream: Event
---@field metadata? Metadata
---@field trailers? Metadata
local GRPCStream = {}

--- Waits while the server has not taken what was sent before.
---@param message table
---@param options? Timeout
function GRPCStream:send(message, options) end

--- Nothing more is sent.
function GRPCStream:finish() end

--- Nil at the end.
---@param options? Timeout
---@return table? message
function GRPCStream:read(options) end

--- For a for loop; waits for each message.
---@param options? Timeout for each
---@return fun(): table?
function GRPCStream:messages(options) end

--- Cancels the call.
function GRPCStream:close() end

---@class Schema
local Schema = {}

---@param type string
---@param message any a table of fields
---@return string bytes
function Schema:encode(type, message) end

---@param type string
---@param bytes string
---@return any message
function Schema:decode(type, bytes) end

---@class proto
proto = {}

--- Loads message types, for proto.encode and proto.decode too.
---@param source SchemaSource
---@return Schema
function proto.load(source) end

---@param type string of what was loaded, the newest first
---@param message any a table of fields
---@return string bytes
function proto.encode(type, message) end

---@param type string
---@param bytes string
---@return any message
function proto.decode(type, bytes) end

-- TPM ---------------------------------------------------------------------------------------------

--- A TPM 2.0 that lasts as long as the script and outlives machines.
---@class TPM
local TPM = {}

--- Copies its state to a directory, when no machine has it.
---@param directory string
function TPM:save(directory) end

--- A fresh one, or one from a copy of a directory.
---@param options? { state?: string }
---@return TPM
function tpm(options) end

-- Disks and firmware ------------------------------------------------------------------------------

--- A disk that lasts as long as the script and outlives machines.
---@class Disk
local Disk = {}

---@class SaveOptions: Timeout
---@field format? "raw"|"qcow2" default: qcow2 if the path ends so, else raw

--- Writes what is on it to an image, when no machine has it.
---@param path string
---@param options? SaveOptions
function Disk:save(path, options) end

---@class DiskFields
---@field size? string such as "10G": of a blank disk, or to make the copy of an image larger
---@field from? string an image that it is a private copy of; never changed
---@field format? "raw"|"qcow2" default: by the image's magic
---@field read_only? boolean default false
---@field cdrom? boolean default false
---@field boot? boolean whether there may be something to boot from; default true, blank ones false
---@field serial? string up to 20 characters

---@param fields DiskFields
---@return Disk
function disk(fields) end

--- UEFI with variables that last as long as the script and outlive machines.
---@class UEFI
local UEFI = {}

--- Copies the variables to a file, when no machine has them.
---@param path string
function UEFI:save(path) end

---@class UEFIFiles
---@field code? string default: the host's OVMF; goes with vars
---@field vars? string what the variables are copied from

---@param files? UEFIFiles
---@return UEFI
function uefi(files) end

-- Guests ------------------------------------------------------------------------------------------

--- The default guest with more in it, for the field `guest` of machines.
---@class Guest
---@field kernel string its kernel's path
---@field initramfs string its initramfs's path
local Guest = {}

---@class GuestFile
---@field text? string
---@field from? string a path on the host
---@field mode? string such as "755"; default "644", or as on the host

---@class GuestFields
---@field packages? string[] of Debian, from the host's apt sources; unpacked with what they depend on, not installed
---@field modules? string[] of its kernel, loaded at each boot with what they depend on
---@field files? table<string, string|GuestFile> by their path in the guest
---@field users? string[] for services, each with a group of the same name

--- Makes it, or finds it in the cache.
---@param fields GuestFields
---@return Guest
function guest(fields) end

-- Machines ----------------------------------------------------------------------------------------

---@class Topology
---@field sockets? integer default 1
---@field cores? integer default 1
---@field threads? integer default 1

---@class Interface
---@field [1] CableEnd|Network|NetworkPort
---@field name? string up to 15 characters; default guest only
---@field address? string such as "10.0.1.1/24"; default guest only
---@field mac? string default: from the seed, the machine's name and the position

--- A QEMU option: positions, then keys sorted; or pairs, which keep their order.
---@alias QEMUOption table

---@class UserNet
---@field internet? boolean default false
---@field mac? string

---@class SerialFile
---@field file string

---@class SerialTerminal
---@field terminal true
---@field interactive? boolean the terminal's keys go to the guest; default false

---@class SharedDirectory
---@field path string
---@field tag? string in a list; default: the path's last part
---@field mount? string where the default guest mounts it; default "/mnt/TAG"
---@field read_only? boolean default false
---@field driver? "auto"|"virtiofs"|"9p" default "auto": virtiofs where it works

---@class MachineFields
---@field name? string default "qemu" or "microvm"
---@field memory? string default "2G", microvm "256M"
---@field cpus? integer|Topology default: 1 processor online
---@field kernel? string
---@field initramfs? string
---@field guest? Guest in the place of kernel and initramfs
---@field cmdline? string added to the kernel's command line
---@field firmware? "bios"|"uefi"|UEFI|UEFIFiles default "bios"; others with qemu {} only
---@field disks? (string|Disk)[] a path is an image whose changes are thrown away
---@field fw_cfg? table<string, string|{ file: string }> what the guest finds under a name
---@field ports? PortMap
---@field net? (CableEnd|Network|NetworkPort|Interface)[]
---@field user_net? boolean|UserNet default: there if there are ports or no net
---@field tpm? TPM qemu {} only
---@field serial? CableEnd|SerialFile|SerialTerminal where the serial port goes, besides the log
---@field forbid? ConsoleText|ConsoleText[]|false what fails the machine when its console shows it
---@field shares? table<integer|string, string|SharedDirectory> directories of the host, by their tags
---@field channels? table<integer|string, CableEnd> more virtio serial ports
---@field agent? "auto"|"vmscript"|"qga"|false who answers in the guest; default "auto"
---@field reboot? boolean whether a reboot starts the guest again; default false
---@field may_exit? boolean its end does not fail the script; default false
---@field start? boolean default true
---@field accel? "auto"|"kvm"|"tcg" default "auto"
---@field qemu? string the binary; its name tells the architecture
---@field env? table<string, string|false> added to QEMU's environment
---@field tags? string[]
---@field [integer] string|number|QEMUOption raw arguments

---@class Exit
---@field code? integer QEMU's exit status
---@field signal? integer
---@field reason "poweroff"|"reboot"|"panic"|"killed"|"crashed"

---@class CommandOptions: Timeout
---@field env? table<string, string|false>
---@field cwd? string
---@field user? string|integer of the guest's /etc/passwd, or a number; default root

---@class ExecFields: CommandOptions
---@field [integer] string|number program and arguments
---@field stdin? string
---@field check? boolean raise if it fails; default false

---@class ExecResult
---@field code? integer
---@field signal? integer
---@field stdout string
---@field stderr string
---@field seconds Seconds

---@class SpawnFields: CommandOptions
---@field [integer] string|number program and arguments
---@field stdin? true|string true: p:write; default none
---@field stdout? boolean false: thrown away
---@field stderr? boolean|"stdout" false: thrown away; or into standard output
---@field check? boolean waiting for its end raises if it fails; default false
---@field name? string for messages; default the command

---@class ProgramExit
---@field code? integer
---@field signal? integer
---@field seconds Seconds

--- A program that runs in the guest; as an event its end, which gives a ProgramExit.
---@class GuestProcess: Event
---@field pid integer
---@field stdout? Stream
---@field stderr? Stream
local GuestProcess = {}

--- Of its standard output, as Stream:read.
---@param format? integer|"line"|"all"
---@param options? Timeout
---@return string?
function GuestProcess:read(format, options) end

--- Lines of its standard output, for a for loop.
---@param options? Timeout
---@return fun(): string?
function GuestProcess:lines(options) end

--- To its standard input, if it was spawned with stdin = true.
---@param bytes string
---@param options? Timeout
function GuestProcess:write(bytes, options) end

--- The end of its standard input.
function GuestProcess:finish() end

--- It has ended; gives a ProgramExit.
---@return Event
function GuestProcess:exited() end

---@param options? Timeout
---@return ProgramExit
function GuestProcess:wait(options) end

--- To its process group; KILL to its session. Returns at once.
---@param signal? string|integer default "KILL"
function GuestProcess:kill(signal) end

--- When a boot came to its phases, in seconds of now(); nil for what was not seen.
---@class Boot
---@field boot? integer
---@field launched? number QEMU runs, or the guest was reset
---@field first_byte? number on the console
---@field kernel? number
---@field init? number
---@field ready? number the agent answers
---@field exited? number
---@field reason? "poweroff"|"reboot"|"panic"|"killed"|"crashed"

---@class Timing: Boot the present boot, or the last
---@field boots Boot[]

---@class Machine
---@field name string
---@field boots integer
---@field timing Timing
---@field tags string[]
local Machine = {}

--- The agent answers in this boot; gives the guest's uptime.
---@return Event
function Machine:ready() end

--- QEMU is gone; gives an Exit.
---@return Event
function Machine:exited() end

--- The console has shown it in this boot; gives the match and its captures.
---@param text ConsoleTexts
---@param options? OutputOptions
---@return Event
function Machine:output(text, options) end

--- The next QMP event of that name since this call; gives its data. A filter is what the data must
--- have, or a function of the data that returns something true.
---@param name string
---@param filter? table|fun(data: table): any
---@return Event
function Machine:event(name, filter) end

--- Something listens on the port in the guest, now; gives the port.
---@param port integer
---@param options? { protocol?: "tcp"|"udp", unit?: string } a unit whose failure ends the wait
---@return Event
function Machine:port(port, options) end

--- The unit is active in the guest's systemd; gives its sub-state, raises when it has failed.
---@param name string such as "ssh.service"
---@return Event
function Machine:unit(name) end

--- Waits for console text after the last match.
---@param text ConsoleTexts
---@param options? ExpectOptions
---@return string|integer|ConsoleMatch match after the key, if there are several texts
---@return string|integer ... captures
function Machine:expect(text, options) end

--- The console in this terminal: returns when Ctrl-] leaves it, or the machine has powered off. Without a
--- terminal an error of kind usage.
function Machine:attach() end

--- Types on the console: strings are text, tables name keys, such as { "ctrl-c" }.
---@param ... string|string[]
function Machine:send(...) end

--- Presses keys of the machine's keyboard, one after the other: "ctrl-alt-delete".
---@param ... string
function Machine:press(...) end

---@class LoginFields: Timeout
---@field user? string default "root"
---@field password? string
---@field prompt? ConsoleText default pattern "[#$%%>] *$"

--- Logs in on the console, for guests without an agent.
---@param fields? LoginFields
---@return Shell
function Machine:login(fields) end

--- Runs `sh -c` as root; raises if it fails.
---@param command string
---@param options? CommandOptions
---@return string output without trailing newlines
function Machine:sh(command, options) end

--- Raises if the command succeeds, or could not be run.
---@param command string
---@param options? CommandOptions
---@return integer code
---@return string output
function Machine:fails(command, options) end

---@param command ExecFields
---@return ExecResult
function Machine:exec(command) end

--- Runs a program in the guest beside the script; returns when it has started.
---@param command SpawnFields
---@return GuestProcess
function Machine:spawn(command) end

---@param path string in the guest
---@param options? Timeout
---@return string bytes
function Machine:read(path, options) end

---@param path string in the guest
---@param text string
---@param options? Timeout
function Machine:write(path, text, options) end

--- A host's file or folder into the guest: into the folder `to` if it is there, else as `to`.
---@param from string
---@param to string
---@param options? Timeout
function Machine:put(from, to, options) end

--- A guest's file or folder onto the host: into the folder `to` if it is there, else as `to`.
---@param from string
---@param to string
---@param options? Timeout
function Machine:get(from, to, options) end

--- Starts it, or boots an ended one again.
---@param changes? { kernel?: string, initramfs?: string, cmdline?: string }
function Machine:start(changes) end

--- Through the agent, or the power button.
---@param options? Timeout
---@return Exit
function Machine:shutdown(options) end

--- Through the agent; returns when the new boot's agent answers.
---@param options? Timeout
function Machine:reboot(options) end

--- The reset button; returns when the next boot begins.
function Machine:reset() end

--- Ends QEMU at once. Not a power cut for the disk.
function Machine:kill() end

--- The machine and its clocks stop.
function Machine:pause() end

function Machine:resume() end

--- The machine stops while time goes on.
function Machine:freeze() end

function Machine:thaw() end

---@param command string
---@param arguments? table
---@param options? Timeout
---@return any result
function Machine:qmp(command, arguments, options) end

--- What its display shows, as a PNG file.
---@param file string
---@param options? Timeout
function Machine:screenshot(file, options) end

--- QEMU's arguments, descriptors shown as "fd=<net0>".
---@return string[]
function Machine:args() end

--- A line to paste into a shell.
---@return string
function Machine:command() end

--- A shell on a machine's console; one command at a time.
---@class Shell
local Shell = {}

--- Raises if the command fails.
---@param command string
---@param options? Timeout
---@return string output both outputs, without trailing newlines
function Shell:sh(command, options) end

--- Raises if the command succeeds, or could not be run.
---@param command string
---@param options? Timeout
---@return integer code
---@return string output
function Shell:fails(command, options) end

--- Ends it; the console asks for a login again.
function Shell:logout() end

---@class qemu
---@overload fun(fields: MachineFields): Machine
qemu = {}

--- The option as QEMU gets it.
---@param option QEMUOption
---@return string
function qemu.option(option) end

--- QEMU's microvm: direct kernel boot, virtio only.
---@param fields MachineFields
---@return Machine
function microvm(fields) end

-- Processes ---------------------------------------------------------------------------------------

---@class ProcessExit
---@field code? integer
---@field signal? integer
---@field reason "exited"|"killed"|"crashed"

---@class ProcessFields
---@field [integer] string|number|QEMUOption|CableEnd the program and its arguments
---@field name? string default: the program's
---@field env? table<string, string|false> added to vmscript's environment
---@field cwd? string
---@field stdin? string|false its standard input; default: what write sends
---@field may_exit? boolean its end does not fail the script; default false
---@field start? boolean default true

--- A program of the host that ends with the script.
---@class Process
---@field name string
---@field pid? integer
local Process = {}

--- It is gone; gives a ProcessExit.
---@return Event
function Process:exited() end

--- It has written that since its start, to standard output or error; gives the match and its captures.
---@param text ConsoleTexts
---@param options? OutputOptions
---@return Event
function Process:output(text, options) end

--- Waits for text after the last match.
---@param text ConsoleTexts
---@param options? ExpectOptions
---@return string|integer|ConsoleMatch match after the key, if there are several texts
---@return string|integer ... captures
function Process:expect(text, options) end

--- Of its standard output: what there is, at most so many bytes; a line; or all until the end. Nil at
--- the end.
---@param format? integer|"some"|"line"|"all"
---@param options? Timeout
---@return string?
function Process:read(format, options) end

--- For a for loop; waits for each line of standard output.
---@param options? Timeout
---@return fun(): string?
function Process:lines(options) end

--- Waits until all but 256 KiB of it were taken.
---@param bytes string
---@param options? Timeout
function Process:write(bytes, options) end

--- Ends its standard input, behind what was written.
function Process:finish() end

--- To the process itself.
---@param signal string|integer "TERM", 15
function Process:signal(signal) end

--- SIGTERM to its group, SIGKILL when the time-out has passed.
---@param options? { timeout?: Seconds } default 5
---@return ProcessExit?
function Process:stop(options) end

--- SIGKILL to its group.
---@return ProcessExit?
function Process:kill() end

--- Starts it, or an ended one again.
function Process:start() end

--- Its arguments, descriptors shown as "<cable.left>".
---@return string[]
function Process:args() end

--- A line to paste into a shell.
---@return string
function Process:command() end

--- Starts a program of the host.
---@param fields ProcessFields
---@return Process
function process(fields) end

-- Waits and tasks ---------------------------------------------------------------------------------

---@class wait
---@overload fun(event: Waitable, options?: Timeout): any ...
wait = {}

--- The key of the first, then what it gives.
---@param events table<integer|string, Waitable>
---@param options? Timeout
---@return integer|string key
---@return any ...
function wait.any(events, options) end

--- The first value of each, under the same keys.
---@param events table<integer|string, Waitable>
---@param options? Timeout
---@return table<integer|string, any>
function wait.all(events, options) end

---@class EventuallyOptions: Timeout
---@field interval? Seconds default: 0.02, growing to 0.5

--- Waits so long; raises an error of kind assertion if one of them comes.
---@param events Waitable|table<integer|string, Waitable>
---@param seconds Seconds
function wait.never(events, seconds) end

--- Calls f until it returns something true; false, nil and errors of kinds command, connection and
--- assertion are tried again. When the time is over it raises what the last try said, of kind timeout.
---@generic T
---@param f fun(): T
---@param options? EventuallyOptions
---@return T
function wait.eventually(f, options) end

--- A function that runs beside the script; waiting for it gives what it returns.
---@class Task
local Task = {}

--- Ends it at its next wait, with its `<close>` handlers; returns at once.
function Task:cancel() end

---@param f function
---@param ... any its arguments
---@return Task
function spawn(f, ...) end

--- Runs all; the first failure ends the others.
---@param functions table<integer|string, function>
---@return table<integer|string, any> values the first of each
function parallel(functions) end

--- Runs all; the first that ends, well or not, ends the others.
---@param functions table<integer|string, function>
---@return integer|string key of the first
---@return any ... what it returned
function race(functions) end

--- Calls f; when the time is over it is ended at its wait, and an error of kind timeout is raised.
---@generic T
---@param seconds Seconds
---@param f fun(...): T
---@param ... any
---@return T
function within(seconds, f, ...) end

--- True from so many seconds after this call.
---@param seconds Seconds
---@return Event
function timer(seconds) end

--- The next such signal to vmscript since this call; gives its name.
---@param name "HUP"|"USR1"|"USR2"|"WINCH"
---@return Event
function signal(name) end

-- Helpers -----------------------------------------------------------------------------------------

---@param text string
---@return Pattern
function pattern(text) end

--- Seconds since the run began, monotonic.
---@return Seconds
function now() end

---@class json
---@field null any for encode and qmp
json = {}

--- An object though it be empty.
---@param members table<string, any>
---@return any
function json.object(members) end

---@param value any
---@return string
function json.encode(value) end

---@param text string
---@return any
function json.decode(text) end

--- The path beside the calling file.
---@param path string
---@return string
function here(path) end

--- Runs f as a step that a failure's report names.
---@generic T
---@param name string
---@param f fun(...): T
---@param ... any
---@return T
function step(name, f, ...) end

--- Several things that end together, the newest first: `local s <close> = scope()`.
---@class Scope
local Scope = {}

--- It ends with the scope: anything with `__close`, or a function, which gets the error if there is
--- one.
---@generic T
---@param value T
---@return T
function Scope:add(value) end

--- What is in the scope stays when it ends.
function Scope:release() end

---@return Scope
function scope() end

--- What a field must be, for `options`.
---@class OptionRule

---@class options
---@overload fun(given: table?, defaults: table<string, any>, what?: string): table
options = {}

--- A field that must be given.
---@param ... string types: Lua's, "integer", "seconds", "any", or an object's such as "machine"
---@return OptionRule
function options.required(...) end

--- A field without a default.
---@param ... string as for required
---@return OptionRule
function options.optional(...) end

--- One of these, the first unless given.
---@param ... string|number|boolean
---@return OptionRule
function options.one_of(...) end

--- Ends the script, or the test that it is in, as one that cannot run here, with status 0.
---@param reason string
function skip(reason) end

---@class TestOptions
---@field tags? string[] for `vmscript test --tags`
---@field timeout? Seconds for all of it; default: each wait has its own

--- A test of this file: runs now. If it fails the next ones run all the same, and the file fails at
--- its end. What is made in it ends with it.
---@param name string of which there is one in a file
---@param options TestOptions
---@param f fun()
---@overload fun(name: string, f: fun())
function test(name, options, f) end

"""Does what the documentation tells a reader to do: documentation.py WAYBILL FILE…, as root; or documentation.py --tables.

Each block of code of a Markdown file is run or read:

- Commands are run in order, in one folder for each file, by a shell. A command with `&`, and a service of waybill's without
  one, runs until the next heading. What only asks is asked again for ten seconds, as readers type more slowly.
- The output that is shown is the output. `…` is any text, `HOST` any word, and a time such as `2s` any time.
- `cat FILE` of a file that is not there makes it from what is shown: it is the reader's to write.
- Python is run, Swift is a program of Examples, units of systemd have command lines that `waybill config` takes, and YAML
  and JSON are read by their parsers.

Commands, options, make targets and links that the text names are there.

A block that fits none of that, and no row of documentation_tables.py, is a complaint. `--tables` complains of rows that fit
no block. Each run has networks, processes, mounts and a host's name of its own, so that ports and paths are as they are shown.
"""

import ctypes
import dataclasses
import fcntl
import json
import os
import pathlib
import re
import shlex
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

import yaml

import documentation_tables as tables

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
MARKDOWN = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md"))]
CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWPID, CLONE_NEWNET = 0x00020000, 0x04000000, 0x20000000, 0x40000000
MS_REC, MS_PRIVATE, MS_BIND = 0x4000, 0x40000, 0x1000
SIOCSIFADDR, SIOCSIFFLAGS = 0x8916, 0x8914
PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None, use_errno=True)

# What changes nothing, and may be asked too early.
ASKS = re.compile(r"(\S+=\S+ )*(waybill (images|status|nodes|locality)\b|curl\b|crictl\b|etcdctl get\b|diff\b)")
SERVICE = re.compile(r"(\S+=\S+ )*waybill (worker|broker|publish)\b")
INSTRUCTION = re.compile(r"ADD|ARG|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|FROM|HEALTHCHECK|LABEL|RUN|STOPSIGNAL|USER|VOLUME|WORKDIR")


@dataclasses.dataclass
class Block:
    line: int
    section: str
    language: str
    text: str


@dataclasses.dataclass
class Command:
    line: int
    text: str
    shown: list


def blocks_of(markdown):
    """The fenced and the indented blocks of code."""
    lines = markdown.split("\n")
    section, number = "", 0
    while number < len(lines):
        line = lines[number]
        fence = re.fullmatch(r"( *)```(\w*)", line)
        if fence:
            end = next(n for n in range(number + 1, len(lines)) if lines[n].strip() == "```")
            inside = [text.removeprefix(fence[1]) for text in lines[number + 1 : end]]
            yield Block(number + 2, section, fence[2], "\n".join(inside) + "\n")
            number = end
        elif line.startswith("#"):
            section = line.lstrip("# ")
        elif line.startswith("    ") and not lines[number - 1].strip():
            end = number
            while end < len(lines) and (lines[end].startswith("    ") or not lines[end].strip()):
                end += 1
            inside = lines[number:end]
            while not inside[-1].strip():
                inside.pop()
            depth = len(line) - len(line.lstrip())
            yield Block(number + 1, section, "", "\n".join(text[depth:] for text in inside) + "\n")
            number = end - 1
        number += 1


def commands_of(block):
    """The commands of a block, with what is shown of their output. A block without `$ ` has commands alone."""
    lines = block.text.rstrip("\n").split("\n")
    is_console = any(line.startswith("$ ") for line in lines)
    commands, number = [], 0
    while number < len(lines):
        start, line = number, lines[number]
        while line.endswith("\\") and number + 1 < len(lines):
            number += 1
            line = line[:-1] + lines[number].strip()
        number += 1
        if line.startswith("$ ") or not is_console:
            text = line.removeprefix("$ ").strip()
            if text and not text.startswith("#"):
                commands.append(Command(block.line + start, text, []))
        elif commands:
            commands[-1].shown.append(line)
        else:
            commands.append(Command(block.line + start, line, []))
    for command in commands:
        while command.shown and not command.shown[-1].strip():
            command.shown.pop()
    return commands


def is_commands(block):
    return block.language in ("", "sh", "console")


def matches(shown, output):
    """Whether an output is the one that is shown."""
    pattern = ""
    for line in shown:
        if line.strip() == "…":
            pattern += r"(?:.*\n)*"
            continue
        kinds = {"…": ".*", "HOST": r"\S+"}
        for number, word in enumerate(re.split(r"(…|\bHOST\b|\b\d+s\b *)", line.rstrip())):
            # A time of another length moves what comes after it.
            pattern += kinds.get(word, r"\d+s *") if number % 2 else re.escape(word)
        pattern += r" *\n"
    return re.fullmatch(pattern, output)


def anchors_of(markdown):
    """What links to the headings of a file end with."""
    headings = re.findall(r"^#+ (.*)", markdown, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


class Run:
    """One file's run: its folder, its services, and what is to complain of."""

    def __init__(self, program, markdown, scratch):
        self.name = str(markdown.relative_to(REPOSITORY))
        self.markdown = markdown
        self.text = markdown.read_text()
        self.blocks = list(blocks_of(self.text))
        self.scratch = scratch
        self.folder = scratch / "reader"
        self.state = scratch / "state"
        self.section = None
        self.services = []
        self.complaints = []
        self.counts = {"run": 0, "read": 0, "not run": 0}
        self.folder.mkdir()
        for name in ("Benchmarks", "Examples", "compose"):
            (self.folder / name).symlink_to(REPOSITORY / name)
        tools = scratch / "bin"
        tools.mkdir()
        (tools / "waybill").symlink_to(pathlib.Path(program).resolve())
        # Debian has no crictl: a script makes its calls.
        self.write(tools / "crictl", f'#!/bin/sh\nexec python3 {REPOSITORY}/Tests/IntegrationTests/Scripts/crictl.py "$@"\n')
        (tools / "crictl").chmod(0o755)
        self.environment = {name: text for name, text in os.environ.items() if not name.startswith(("WAYBILL", "ETCD"))}
        self.environment["PATH"] = f"{tools}:{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"
        self.environment |= {"HOME": str(scratch), "NO_COLOR": "1", "ETCDCTL_API": "3"}

    def write(self, path, text):
        path.write_text(text)
        return path

    def complain(self, line, what):
        self.complaints.append(f"{self.name}:{line}: {what}")

    # What stages are made of.

    def shell(self, text):
        """Runs a command that must succeed, and gives its output."""
        code, output, errors = self.try_shell(text)
        if code != 0:
            raise RuntimeError(f"{text}: exit code {code}: {errors or output}")
        return output

    def try_shell(self, text):
        """Runs a command in the reader's shell: its variables and its folder are those of the next one, too."""
        keep = f"code=$?\n{{ export -p; echo \"cd '$PWD'\"; }} > {self.state}\nexit $code"
        script = f"[ ! -e {self.state} ] || . {self.state}\n{text}\n{keep}"
        try:
            result = subprocess.run(
                ["bash", "-c", script], cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=30,
                stdin=subprocess.DEVNULL,
            )
        except subprocess.TimeoutExpired:
            return None, "", "it does not end within 30 seconds"
        return result.returncode, result.stdout, result.stderr

    def start(self, text, line=None):
        """Starts a command that runs until the section is over."""
        log = open(self.scratch / f"service-{len(os.listdir(self.scratch))}", "w+")
        script = f"[ ! -e {self.state} ] || . {self.state}\n{text}"
        process = subprocess.Popen(
            ["bash", "-c", script], cwd=self.folder, env=self.environment, stdout=log, stderr=log, start_new_session=True,
            stdin=subprocess.DEVNULL,
        )
        self.services.append((line, text, process, log))

    def wait_for(self, text, seconds=20):
        """Waits until a command succeeds."""
        end = time.monotonic() + seconds
        while (result := self.try_shell(text))[0] != 0:
            if time.monotonic() > end:
                raise RuntimeError(f"{text}: {result}: {self.logs()}")
            time.sleep(0.1)

    def logs(self):
        """What waybill's services have logged."""
        services = [(text, log) for _, text, _, log in self.services if SERVICE.match(text)]
        return "\n".join(f"-- {text}:\n{pathlib.Path(log.name).read_text()[-1500:]}" for text, log in services)

    def end_services(self):
        for _, text, process, log in self.services:
            # Until it says something, SIGTERM may still end it as any other program.
            end = time.monotonic() + 10
            while SERVICE.match(text) and process.poll() is None and not os.path.getsize(log.name) and time.monotonic() < end:
                time.sleep(0.02)
        running = [service for service in self.services if service[2].poll() is None]
        for _, _, process, _ in running:
            os.killpg(process.pid, signal.SIGTERM)
        for service in self.services:
            line, text, process, log = service
            try:
                process.wait(6)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            # What a stage started is not of the documentation.
            if line and service not in running:
                said = pathlib.Path(log.name).read_text()[-1500:]
                self.complain(line, f"`{text}` ended, with {process.returncode}: {said}")
            elif line and SERVICE.match(text) and process.returncode != 0:
                self.complain(line, f"`{text}` does not obey SIGTERM: {process.returncode}")
            log.close()
        self.services = []

    # The prose: what it names is there.

    def prose(self):
        """Looks for the commands, the options, the make targets and the places that the text names."""
        lines = self.text.split("\n")
        for block in self.blocks:
            for number in range(block.line - 1, block.line - 1 + block.text.count("\n")):
                lines[number] = ""
        text = "\n".join(lines)
        targets = re.findall(r"^([\w-]+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE)
        options = {
            command["commandName"]: {f"--{name['name']}" for one in command["arguments"] for name in one.get("names", ())}
            for command in json.loads(self.shell("waybill --experimental-dump-help"))["command"]["subcommands"]
        }
        known = set().union(tables.OPTIONS, *options.values())
        for match in re.finditer(r"`([^`]+)`", text):
            line, words = text.count("\n", 0, match.start()) + 1, match[1].split()
            program, name = (words + ["", ""])[:2]
            if program == "make" and name and name not in targets:
                self.complain(line, f"the Makefile has no target {name}")
            if program == "waybill" and re.fullmatch(r"[a-z]+", name) and name not in options:
                self.complain(line, f"there is no command waybill {name}")
            taken = options.get(name, known) if program == "waybill" and name != "config" else known
            for option in re.findall(r"(?<!\S)--[a-z][\w-]*", match[1]):
                if option not in taken:
                    self.complain(line, f"nothing has the option {option}, in `{match[1]}`")
        for match in re.finditer(r"\]\(([^)\s]+)\)", text):
            line, (path, _, anchor) = text.count("\n", 0, match.start()) + 1, match[1].partition("#")
            if ":" in path:
                continue
            place = self.markdown if not path else self.markdown.parent / path
            if not place.exists():
                self.complain(line, f"there is no {path}")
            elif anchor and anchor not in anchors_of(place.read_text()):
                self.complain(line, f"{place.name} has no heading for #{anchor}")

    # The file, block by block.

    def file(self):
        self.prose()
        for block in self.blocks:
            if block.section != self.section:
                place = (self.name, block.section)
                if place not in tables.CONTINUES:
                    self.end_section()
                self.section = block.section
                if place in tables.STAGES:
                    tables.STAGES[place](self)
            try:
                self.block(block)
            except Exception as error:
                self.complain(block.line, f"{type(error).__name__}: {error}")
        self.end_section()

    def end_section(self):
        """Sees that what was started serves, and ends it."""
        for name, section, command, words in tables.AFTERWARDS:
            if (name, section) == (self.name, self.section):
                self.command(Command(f"{section}, afterwards", command, []), words)
        self.end_services()

    def block(self, block):
        if is_commands(block):
            for command in commands_of(block):
                self.command(command)
        elif block.language == "python":
            self.python(block)
        else:
            self.read(block)
            self.counts["read"] += 1

    def command(self, command, words=""):
        for pattern, _ in tables.NOT_RUN:
            if re.match(pattern, command.text):
                self.counts["not run"] += 1
                return
        self.counts["run"] += 1
        for pattern, stand_in in tables.INSTEAD:
            if re.match(pattern, command.text):
                return stand_in(self)
        if shows := re.fullmatch(r"cat (\S+)", command.text):
            path = self.folder / shows[1]
            if not path.exists():
                self.write(path, "\n".join(command.shown) + "\n")
                self.read(Block(command.line, "", path.suffix[1:], path.read_text()))
        if SERVICE.match(command.text) or re.search(r"&\s*(#.*)?$", command.text):
            return self.start(re.sub(r"&\s*(#.*)?$", "", command.text).strip(), command.line)
        words = words or next((row[2] for row in tables.SHOWS if row[0] == self.name and row[1] in command.text), "")
        end = time.monotonic() + (10 if ASKS.match(command.text) else 0)
        while True:
            code, output, errors = self.try_shell(command.text)
            if code == 0 and words in output and (not command.shown or matches(command.shown, output)):
                return
            if time.monotonic() > end:
                break
            time.sleep(0.1)
        expected = "\n".join(command.shown) or words
        printed = f"{output}{errors}{self.logs()}"
        self.complain(command.line, f"`{command.text}`: exit code {code}\n-- shown:\n{expected}\n-- printed:\n{printed}")

    def python(self, block):
        self.counts["run"] += 1
        row = next((row for row in tables.PYTHON if row[0] == self.name and row[1] in block.text), None)
        if row is None:
            return self.complain(block.line, "no row of PYTHON says what this prints")
        _, _, before, after, words = row
        path = self.write(self.folder / f"block-{block.line}.py", before + block.text + after)
        end = time.monotonic() + 10
        while True:
            code, output, errors = self.try_shell(f"timeout 20 python3 {path}")
            if code == 0 and words in output:
                return
            if time.monotonic() > end:
                return self.complain(block.line, f"exit code {code}: {output}{errors}{self.logs()}")
            time.sleep(0.1)

    def read(self, block):
        """What is not run is read by its parser."""
        match block.language:
            case "yaml":
                list(yaml.safe_load_all(block.text))
            case "json":
                json.loads(block.text)
            case "swift":
                # `make check-client` compiles and runs it.
                programs = (REPOSITORY / "Examples/swift/Sources").glob("*/*.swift")
                if all(block.text != program.read_text() for program in programs):
                    self.complain(block.line, "this is no program of Examples/swift")
            case "ini":
                self.unit(block)
            case "dockerfile":
                for command in commands_of(block):
                    if not INSTRUCTION.match(command.text):
                        self.complain(command.line, f"no instruction: {command.text}")
            case "py":
                compile(block.text, self.name, "exec")
            case _:
                self.complain(block.line, f"nobody knows how to read ```{block.language}")

    def unit(self, block):
        """A drop-in of systemd's: settings, of which the command lines are ones that waybill takes."""
        for setting in commands_of(block):
            if re.fullmatch(r"\[\w+\]|\w+=", setting.text):
                continue
            name, equals, text = setting.text.partition("=")
            if not equals or not name.isalnum():
                self.complain(setting.line, f"no setting of a unit: {setting.text}")
            elif name == "ExecStart":
                program, service, *arguments = shlex.split(text)
                if program != "waybill":
                    self.complain(setting.line, f"systemd finds waybill itself, in /usr/local or in /usr: {program}")
                self.shell(shlex.join(["waybill", "config", service, *arguments]))


def isolate(hosts):
    """Namespaces for networks, processes, mounts and the host's name; the first process in them goes on, and returns."""

    def check(result, what):
        if result != 0:
            sys.exit(f"{what}: {os.strerror(ctypes.get_errno())}: the documentation is run by root, who may make namespaces")

    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    check(libc.unshare(CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS), "unshare")
    child = os.fork()
    if child != 0:
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        return code if code >= 0 else 128 - code
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    check(libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None), "mount /")
    check(libc.mount(b"proc", b"/proc", b"proc", 0, None), "mount /proc")
    for folder in ("/srv", "/run"):
        os.makedirs(folder, exist_ok=True)
        check(libc.mount(b"documentation", folder.encode(), b"tmpfs", 0, None), f"mount {folder}")
    check(libc.mount(os.fsencode(hosts), b"/etc/hosts", None, MS_BIND, None), "mount /etc/hosts")
    socket.sethostname(tables.HOST)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        for number, address in enumerate(["127.0.0.1", *tables.ADDRESSES]):
            name = f"lo:{number}" if number else "lo"
            request = struct.pack("16sHH4s8x", name.encode(), socket.AF_INET, 0, socket.inet_aton(address))
            fcntl.ioctl(control, SIOCSIFADDR, request)
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", 0x41))  # up and running
    return None


def run(program, markdown):
    """Runs a file. Returns the exit code."""
    with tempfile.TemporaryDirectory(prefix="waybill-documentation-") as scratch:
        scratch = pathlib.Path(scratch)
        # A link of the sort of /bin/sh must be found from inside as well.
        hosts = scratch / "hosts"
        hosts.write_text("".join(f"127.0.0.1 {name}\n" for name in ("localhost", "broker", tables.HOST)))
        code = isolate(hosts)
        if code is not None:
            return code
        started = time.monotonic()
        one = Run(program, markdown, scratch)
        try:
            one.file()
        except Exception as error:
            one.complaints.append(f"{one.name}: {error}")
        for complaint in one.complaints:
            print(complaint, file=sys.stderr)
        print(f"{one.name}: {one.counts}, in {time.monotonic() - started:.1f} seconds", flush=True)
        sys.stderr.flush()
        # The folder is removed by the process outside.
        os._exit(1 if one.complaints else 0)


def check_tables():
    """Complains of rows that nothing in the documentation needs any more."""
    commands, blocks, sections = [], [], set()
    for markdown in MARKDOWN:
        name = str(markdown.relative_to(REPOSITORY))
        for block in blocks_of(markdown.read_text()):
            blocks.append((name, block))
            sections.add((name, block.section))
            if is_commands(block):
                commands += [(name, command.text) for command in commands_of(block)]
    unused = [row[0] for row in tables.NOT_RUN + tables.INSTEAD if not any(re.match(row[0], text) for _, text in commands)]
    unused += [row[1] for row in tables.SHOWS if not any(row[0] == name and row[1] in text for name, text in commands)]
    unused += [row[1] for row in tables.PYTHON if not any(row[0] == name and row[1] in block.text for name, block in blocks)]
    places = [*tables.STAGES, *tables.CONTINUES, *(row[:2] for row in tables.AFTERWARDS)]
    unused += [place for place in places if place not in sections]
    for row in unused:
        print(f"documentation_tables.py: nothing needs {row}", file=sys.stderr)
    return 1 if unused else 0


def main():
    if sys.argv[1:] == ["--tables"]:
        return check_tables()
    program, *files = sys.argv[1:]
    code = 0
    for name in files:
        child = os.fork()
        if child == 0:
            sys.exit(run(program, (REPOSITORY / name).resolve()))
        code |= os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return 1 if code else 0


if __name__ == "__main__":
    sys.exit(main())

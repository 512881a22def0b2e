"""Reads a shell script before it runs: pipelines of text tools, without expansion tricks. Weak by nature; the sandbox carries the weight."""
import re

COMMANDS = set("""
: [ [[ awk base64 basename cat cd cmp column comm cp csplit cut date diff dirname du echo egrep exit expand factor false fgrep find fmt fold grep gunzip gzip head join jq ls
md5sum mkdir mv nl numfmt od paste pr printf pwd read rev rm rmdir sed seq set sha1sum sha256sum shuf sleep sort split stat tac tail tee test touch tr true truncate tsort
unexpand uniq wc zcat
""".split())
KEYWORDS = {"if", "then", "elif", "else", "fi", "for", "while", "until", "do", "done", "case", "esac", "in", "!", "{", "}", "time"}
TOKEN = re.compile(r"""(?P<space>[ \t]+|\\\n)|(?P<comment>\#[^\n]*)|(?P<newline>\n)|(?P<operator>&&|\|\||;;|;|\|&|\||&>>?|>&|<&|>>|>\||<<<|<<|<>|<|>|&|\(|\))|(?P<word>(?:\\.|'[^']*'|"(?:\\.|[^"\\])*"|[^\s\\'"&|;<>()])+)""", re.X | re.S)
ASSIGNMENT = re.compile(r"^([A-Za-z_]\w*)\+?=")
SPECIAL = re.compile(r"^(PATH|LD_.*|BASH.*|ENV|IFS|PS\d|PROMPT_COMMAND|SHELLOPTS|HOME|GREP_.*|AWKPATH|TMPDIR|POSIXLY_CORRECT)$")
# Options may be shortened to what is unambiguous.
BAD_ARGUMENT = {
    "find": r"^-(exec|execdir|ok|okdir|delete|fls|fprint.*|files0-from)$", "sort": r"^--(co|fil)", "split": r"^--f", "tar": r".*", "date": r"^(-[uR]*[sf]|--[sf])", "sed": r"^(-[a-zA-Z]*f|--fi)",
    "awk": r"^-(?![Fv]|-?$|-field-separator=|-assign=)", "du": r"^--f", "wc": r"^--f", "sleep": r"^inf", "printf": r"^-v", "test": r"^-[vR]$", "[": r"^-[vR]$",
    # Arithmetic reads what a variable holds as an expression, and runs what stands in it.
    "[[": r"^-([vR]|eq|ne|lt|le|gt|ge)$", "read": r"^-[a-zA-Z]*a|.*\[",
}
HINTS = {"[[": ": [ ] compares numbers", ("find", "-exec"): ": find . -name '*.csv' | while read -r name; do …; done works on each", "printf": ": name=value sets a variable"}
# Their first argument is a program; these options take the next word, of which -e is one more program.
WRITTEN_OUT = {"awk": r"-[Fv]$", "sed": r"(-[nErsuz]*[el]|--[el][a-z-]*)$"}
PROGRAM = re.compile(r"(-[nErsuz]*e|--e)")
# To these a slash alone is a character, and so is a tilde in quotes.
CHARACTERS = {"/", "'/'", '"/"', "'~'", '"~"'}
LITERAL = set("tr grep egrep fgrep cut sed awk echo printf paste sort column seq [ [[ test".split())
QUOTED = re.compile(r"""\\.|'[^']*'|"(?:\\.|[^"\\])*\"""", re.S)
VARIABLE = re.compile(r"\$[\w{@*#?$!-]")


HEREDOC = re.compile(r"-?[ \t]*[\\'\"]?(\w+)")
INSTEAD = {
    **dict.fromkeys("curl wget nc ssh scp ftp ping".split(), "there is no network"), **dict.fromkeys("python python3 pip perl ruby node php sqlite3".split(), "this is the shell alone; python and sql run as such"),
    **dict.fromkeys("bash sh zsh source . eval exec sudo env command".split(), "write the commands themselves"), **dict.fromkeys("export local declare readonly let".split(), "write name=value"),
    **dict.fromkeys("bc expr dc".split(), "awk computes, as in awk 'BEGIN { print 1 + 2 }'"), **dict.fromkeys("tar zip unzip 7z".split(), "gzip, gunzip and zcat know single files"),
    "xargs": "a loop does it: while read -r name; do …; done", "less": "cat shows a file", "more": "cat shows a file", "which": "what there is is listed in the documentation",
    **dict.fromkeys("chmod chown ln kill ps".split(), "files can be read and written as they are"),
}
SUBSTITUTION = "no subshells, functions or substitutions: a pipe into while read -r name; do …; done hands values on, and awk computes"


def finding(line, rule, reason):
    return {"line": line, "rule": rule, "reason": reason}


def check(code):
    findings = []
    for one in read(code):
        # A substitution has several marks that say the same.
        if one not in findings:
            findings.append(one)
    return findings[:50]


def read(code):
    findings, position, line = [], 0, 1
    expecting, command, redirect, loop, words = True, None, False, False, []
    separator, text_until = None, None
    while position < len(code):
        match = TOKEN.match(code, position)
        if match is None:
            findings.append(finding(line, "syntax", "the script does not parse here"))
            break
        text, kind = match.group(), match.lastgroup
        position, at = match.end(), line
        line += text.count("\n")
        if kind == "newline" and text_until is not None:
            # What stands there is no command.
            end = re.compile(rf"^\t*{text_until}$", re.M).search(code, position)
            line += code.count("\n", position, end.end() if end else len(code))
            position, text_until = end.end() if end else len(code), None
        if kind == "newline" or kind == "operator" and text in ("&&", "||", ";", ";;", "|", "|&"):
            findings += separator or []
            expecting, command, redirect, separator = True, None, False, None
        elif kind == "operator":
            if text == "&":
                findings.append(finding(at, "background", "no background jobs"))
            elif text in ("(", ")"):
                findings.append(finding(at, "expansion", SUBSTITUTION))
            elif text == "<<":
                findings.append(finding(at, "heredoc", "no here-documents: printf '%s\\n' writes lines"))
                text_until = mark.group(1) if (mark := HEREDOC.match(code, position)) else None
            redirect = text not in ("(", ")")
        elif kind == "word":
            text = joined(text)
            findings += expansion(at, text)
            if redirect:
                findings += path(at, text) if not text.isdigit() else []
                redirect = False
            elif expecting and loop:
                expecting = loop = False
                findings += variable(at, text)
            elif expecting and text in KEYWORDS:
                loop = text in ("for", "case")
                if text == "in":
                    expecting = False
            elif expecting and text.startswith("IFS="):
                # For read alone it says how a line is parted.
                separator = (separator or []) + variable(at, "IFS") + path(at, text)
            elif expecting and ASSIGNMENT.match(text):
                findings += variable(at, ASSIGNMENT.match(text).group(1)) + path(at, text)
            elif expecting:
                expecting, command, words = False, text, []
                findings += (separator or []) if text != "read" else []
                separator = None
                if text not in COMMANDS:
                    findings.append(finding(at, "command", f"{text[:60]} is not allowed: {INSTEAD.get(text, 'text tools are, such as grep, sort, cut, awk')}"))
            else:
                findings += argument(at, command, text, words) + (path(at, text) if command not in LITERAL or text not in CHARACTERS else [])
                words.append(text)
    return findings + (separator or [])


def joined(text):
    """The word as the shell reads it: a backslash at the end of a line joins the lines."""
    return QUOTED.sub(lambda part: part.group() if part.group()[0] == "'" else re.sub(r"\\(.)", lambda one: "" if one.group(1) == "\n" else one.group(), part.group(), flags=re.S), text)


def bare(text):
    return re.sub(r"['\"\\]", "", text)


def live(text):
    """The word without what the shell takes as it stands: what is in single quotes, or behind a backslash."""
    return QUOTED.sub(lambda part: part.group()[0] if part.group()[0] != '"' else re.sub(r"\\.|'", r"\\", part.group(), flags=re.S), text)


def expansion(line, text):
    alive = live(text)
    if "`" in alive or "$(" in alive or "$[" in alive or "$'" in alive:
        return [finding(line, "expansion", SUBSTITUTION)]
    if re.search(r"\$\{(?!\w+\})", alive):
        return [finding(line, "expansion", "only $name and ${name}: sed, cut and awk change texts")]
    return []


def variable(line, name):
    return [finding(line, "variable", f"{name[:60]} may not be set")] if SPECIAL.match(name) else []


def argument(line, command, text, before):
    plain = bare(text)
    place = place_of(command, plain, before) if command in WRITTEN_OUT else ""
    if command in BAD_ARGUMENT and place != "value" and re.match(BAD_ARGUMENT[command], plain):
        return [finding(line, "argument", f"{command} {plain[:40]} is not allowed" + HINTS.get((command, plain[:5]), HINTS.get(command, "")))]
    if command == "read" and not plain.startswith("-"):
        return variable(line, plain)
    if VARIABLE.search(live(text)):
        if command in WRITTEN_OUT and not may_vary(command, text, place):
            return [finding(line, "argument", f"the program of {command} has to be written out, in single quotes")]
        if command == "find" and before and not before[-1].startswith("-") and plain[0] in "-$" and "/" not in plain:
            return [finding(line, "argument", "the conditions of find have to be written out")]
    if command == "awk" and any(re.search(r"\bsystem\b|getline|\|\s*[\"&]|\bprintf?\b[^;{}\n]*[^|]\|[^|]|\bENVIRON\b|/inet|@\w|\"(/\w|~|\.\.)", one) for one in (text.strip("'\""), text.replace("'", ""), plain)):
        return [finding(line, "argument", "awk may not start programs or read elsewhere")]
    if command == "sed" and sed(text.replace("'", "").strip('"')):
        return [finding(line, "argument", "sed may not start programs or name files")]
    return []


def place_of(command, plain, before):
    """What a word is to awk or sed: their program, an option, the value that the option before it takes, or the name of a file."""
    awaited, written, ended = "", False, False
    for word in before:
        word = bare(word)
        option = word.startswith("-") and word != "-" and not ended
        if awaited or not option:
            written |= awaited != "value"
            awaited = ""
        else:
            ended = word == "--"
            program = command == "sed" and PROGRAM.match(word) is not None
            awaited = "" if not re.match(WRITTEN_OUT[command], word) else "program" if program else "value"
            written |= program
    return awaited or ("option" if plain.startswith("-") and plain != "-" and not ended else "file" if written else "program")


def may_vary(command, text, place):
    """Whether a variable may stand in a word of awk or sed: in the name of a file, and in double quotes in what awk's -v and -F take."""
    return place == "file" or command == "awk" and place in ("value", "option") and not VARIABLE.search(re.sub(r'"[^"]*"', "", live(text)))


def sed(script):
    """Whether it starts a program, or names a file, as a command or as a flag."""
    if re.search(r"(^|[;{}\n])\s*([\d$,]*\s*[ewrWR](\s|$)|[sy]\w)|s([^\w\s])(?:\\.|(?!\4).)*\4(?:\\.|(?!\4).)*\4[gipmIM\d]*[ew]", script, flags=re.S):
        return True
    # Without what substitutions replace and what addresses look for; an address with a mark of its own is not read.
    bare = re.sub(r"[sy](\W)(?:\\.|(?!\1).)*\1(?:\\.|(?!\1).)*\1\w*", "s", script, flags=re.S)
    bare = re.sub(r"/(?:\\.|[^/\\])*/", "/", bare, flags=re.S)
    return re.search(r"(^|[;{}\n/!~$,\d]|/[IM]+)\s*[ewrWR]|(^|[;{}\n,])\s*\\\S", bare) is not None


def path(line, text):
    plain = text.replace("'", "").replace('"', "").replace("\\", "")
    if plain in ("/dev/null", "=~"):
        return []
    outside = re.match(r"^[-\w]*=?[/~]", plain) and re.match(r"^([-\w]*=)?(~|/(dev|etc|proc|sys|usr|bin|root|home|var|tmp|run|lib|sbx|job|mnt|opt|srv|boot|/|\w*[*?\[]|$))", plain)
    braces = re.search(r"\{[^}]*(/|~|\.\.[^}\d\w]|,\.\.)[^}]*\}", re.sub(r"'[^']*'|\"[^\"]*\"", "", text))
    if outside or braces or re.search(r"(^|/)\.\.(/|$)", plain):
        last = plain.rsplit("/", 1)[-1]
        return [finding(line, "path", "only names in the work directory" + (f', here "{last[:80]}"' if re.fullmatch(r"\w[\w.-]*", last) else ""))]
    return []

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
    "find": r"^-(exec|execdir|ok|okdir|delete|fls|fprint.*|files0-from)$", "sort": r"^--(co|files0)", "split": r"^--fi", "tar": r".*", "date": r"^(-[a-z]*[sf]|--(s|fi))", "sed": r"^(-[a-zA-Z]*f|--fi)",
    "awk": r"^(-[fiEel]|--(?!field-separator=|assign=))", "du": r"^--fi", "wc": r"^--fi", "sleep": r"^inf", "printf": r"^-v", "test": r"^-[vR]$", "[": r"^-[vR]$",
    # Arithmetic reads what a variable holds as an expression, and runs what stands in it.
    "[[": r"^-([vR]|eq|ne|lt|le|gt|ge)$", "read": r"^-[a-zA-Z]*a|.*\[",
}
# Their first argument is a program, or their arguments can be.
WRITTEN_OUT = {"awk", "sed"}
# To these a slash alone is a character.
LITERAL = set("tr grep egrep fgrep cut sed awk echo printf paste sort column seq [ [[ test".split())
VARIABLE = re.compile(r"^\$\{?\w+\}?$")


def finding(line, rule, reason):
    return {"line": line, "rule": rule, "reason": reason}


def check(code):
    findings, position, line = [], 0, 1
    expecting, command, redirect, loop, words = True, None, False, False, []
    while position < len(code):
        match = TOKEN.match(code, position)
        if match is None:
            findings.append(finding(line, "syntax", "the script does not parse here"))
            break
        text, kind = match.group(), match.lastgroup
        position, at = match.end(), line
        line += text.count("\n")
        if kind == "newline" or kind == "operator" and text in ("&&", "||", ";", ";;", "|", "|&"):
            expecting, command, redirect = True, None, False
        elif kind == "operator":
            if text == "&":
                findings.append(finding(at, "background", "no background jobs"))
            elif text in ("(", ")"):
                findings.append(finding(at, "expansion", "no subshells, functions or substitutions"))
            elif text == "<<":
                findings.append(finding(at, "heredoc", "no here-documents: printf writes text"))
            redirect = text not in ("(", ")")
        elif kind == "word":
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
            elif expecting and ASSIGNMENT.match(text):
                findings += variable(at, ASSIGNMENT.match(text).group(1)) + path(at, text)
            elif expecting:
                expecting, command, words = False, text, []
                if text not in COMMANDS:
                    findings.append(finding(at, "command", f"{text[:60]} is not allowed: text tools are, such as grep, sort, cut, awk"))
            else:
                findings += argument(at, command, text, words) + (path(at, text) if command not in LITERAL or text.strip("'\"") != "/" else [])
                words.append(text)
    return findings[:50]


def expansion(line, text):
    bare = re.sub(r"'[^']*'", "", text)
    if "`" in bare or "$(" in bare or "$[" in bare or "$'" in text:
        return [finding(line, "expansion", "no command substitution")]
    if re.search(r"\$\{(?!\w+\})", bare):
        return [finding(line, "expansion", "only $name and ${name}")]
    return []


def variable(line, name):
    return [finding(line, "variable", f"{name[:60]} may not be set")] if SPECIAL.match(name) else []


def argument(line, command, text, before):
    plain = re.sub(r"['\"\\]", "", text)
    if command in BAD_ARGUMENT and re.match(BAD_ARGUMENT[command], plain):
        return [finding(line, "argument", f"{command} {plain[:40]} is not allowed" + (": [ ] compares numbers" if command == "[[" else ""))]
    if command == "read" and not plain.startswith("-"):
        return variable(line, plain)
    if VARIABLE.match(plain):
        if command in WRITTEN_OUT and not any(not word.startswith("-") for word in before):
            return [finding(line, "argument", f"the program of {command} has to be written out")]
        if command == "find" and before and not before[-1].startswith("-"):
            return [finding(line, "argument", "the conditions of find have to be written out")]
    if command == "awk" and any(re.search(r"\bsystem\b|getline|\|\s*[\"&]|\bprintf?\b[^;{}\n]*[^|]\|[^|]|\bENVIRON\b|/inet|@\w|\"(/\w|~|\.\.)", one) for one in (text.strip("'\""), text.replace("'", ""), plain)):
        return [finding(line, "argument", "awk may not start programs or read elsewhere")]
    if command == "sed" and sed(text.replace("'", "").strip('"')):
        return [finding(line, "argument", "sed may not start programs or name files")]
    return []


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
        return [finding(line, "path", "only names in the work directory")]
    return []

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
BAD_ARGUMENT = {
    "find": r"^-(exec|execdir|ok|okdir|delete|fls|fprint.*)$", "sort": r"^--compress-prog", "split": r"^--filter", "tar": r".*", "date": r"^(-s|--set)", "sed": r"^(-f|--file)",
    "awk": r"^(-f|--file|-i|--include|-l|--load|-e.*)$", "du": r"^--files0", "sleep": r"^inf",
}


def finding(line, rule, reason):
    return {"line": line, "rule": rule, "reason": reason}


def check(code):
    findings, position, line = [], 0, 1
    expecting, command, redirect, loop = True, None, False, False
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
            elif expecting and text in KEYWORDS:
                loop = text in ("for", "case")
                if text == "in":
                    expecting = False
            elif expecting and ASSIGNMENT.match(text):
                if SPECIAL.match(ASSIGNMENT.match(text).group(1)):
                    findings.append(finding(at, "variable", f"{text.split('=')[0]} may not be set"))
            elif expecting:
                expecting, command = False, text
                if text not in COMMANDS:
                    findings.append(finding(at, "command", f"{text[:60]} is not allowed: text tools are, such as grep, sort, cut, awk"))
            else:
                findings += argument(at, command, text) + path(at, text)
    return findings[:50]


def expansion(line, text):
    bare = re.sub(r"'[^']*'", "", text)
    if "`" in bare or "$(" in bare or "$[" in bare or "$'" in text:
        return [finding(line, "expansion", "no command substitution")]
    if re.search(r"\$\{(?!\w+\})", bare):
        return [finding(line, "expansion", "only $name and ${name}")]
    return []


def argument(line, command, text):
    plain = text.strip("'\"")
    if command in BAD_ARGUMENT and re.match(BAD_ARGUMENT[command], plain):
        return [finding(line, "argument", f"{command} {plain[:40]} is not allowed")]
    if command == "awk" and re.search(r"\bsystem\b|getline|\|\s*[\"&]|\bENVIRON\b|/inet|@\w", plain):
        return [finding(line, "argument", "awk may not start programs or read elsewhere")]
    if command == "sed" and re.search(r"(^|[;{}\n])\s*[\d$,]*\s*[ewrWR](\s|$)|(.)[^\n]*\3[^\n]*\3[gip\d]*[ew]", plain):
        return [finding(line, "argument", "sed may not start programs or name files")]
    return []


def path(line, text):
    plain = text.replace("'", "").replace('"', "").replace("\\", "")
    if plain == "/dev/null":
        return []
    if re.match(r"^[-\w]*=?[/~]", plain) and re.match(r"^([-\w]*=)?(~|/(dev|etc|proc|sys|usr|bin|root|home|var|tmp|run|lib|sbx|job|\*|\?))", plain) or re.search(r"(^|/)\.\.(/|$)", plain):
        return [finding(line, "path", "only names in the work directory")]
    return []

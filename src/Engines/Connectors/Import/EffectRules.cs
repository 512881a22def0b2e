using Microsoft.OpenApi;

namespace Steward.Engines.Connectors.Import;

/// <summary>
/// What an operation does to the system, from its method and its words. When in doubt it writes: an operation that is taken for a read is offered to everybody and
/// repeated at will.
/// </summary>
internal static class EffectRules
{
    private static readonly HashSet<string> Destructive = new(StringComparer.Ordinal)
    {
        "delete", "remove", "purge", "destroy", "erase", "wipe", "drop", "terminate", "revoke", "deactivate", "truncate", "uninstall", "obliterate", "expunge", "shred", "clear", "reset",
    };

    private static readonly HashSet<string> Writing = new(StringComparer.Ordinal)
    {
        "create", "add", "insert", "update", "set", "put", "save", "send", "post", "start", "stop", "run", "execute", "trigger", "enable", "disable", "activate", "approve", "reject", "cancel",
        "move", "import", "upload", "publish", "archive", "restore", "merge", "assign", "invite", "lock", "unlock", "sync", "reindex", "store", "register", "subscribe", "unsubscribe", "logout",
        "login", "rotate", "refresh", "retry", "restart", "reboot", "kill", "pause", "resume", "submit", "schedule", "replace", "patch", "transfer", "pay", "charge", "refund", "close", "open",
    };

    private static readonly HashSet<string> Reading = new(StringComparer.Ordinal) { "get", "list", "read", "show", "fetch", "find", "search", "status", "info", "count", "describe", "history" };

    private static readonly HashSet<string> Searching = new(StringComparer.Ordinal) { "search", "query", "find", "lookup", "count" };

    /// <summary>The effect, and whether it was derived from words instead of the method alone.</summary>
    public static (OperationEffect Effect, bool FromWords) Of(string method, string path, OpenApiOperation operation)
    {
        var last = path.Split('/', StringSplitOptions.RemoveEmptyEntries).LastOrDefault(part => !part.Contains('{', StringComparison.Ordinal)) ?? "";
        var lastWords = ImportText.Words(last).ToList();
        var words = ImportText.Words(ImportText.Trim(operation.OperationId ?? "", 200)).Concat(lastWords).ToList();
        var verb = ImportText.Words(ImportText.Trim(operation.Summary ?? "", 100)).FirstOrDefault() is { } first ? first.EndsWith('s') ? first[..^1] : first : "";
        switch (method)
        {
            case "DELETE":
                return (OperationEffect.Destructive, false);
            case "HEAD":
                return (OperationEffect.Read, false);
            case "GET":
                // Old interfaces act on GET: /users/7/delete. A noun such as /deletes or an id such as getDeletedUsers is none of these words.
                var acts = words.FirstOrDefault() is { } leading && (Destructive.Contains(leading) || Writing.Contains(leading)) && !words.Exists(Reading.Contains)
                    ? leading
                    : lastWords is [var only] && (Destructive.Contains(only) || only is "send" or "start" or "stop" or "execute" or "trigger" or "enable" or "disable" or "logout") ? only : null;
                return acts is null ? (OperationEffect.Read, false) : Destructive.Contains(acts) ? (OperationEffect.Destructive, true) : (OperationEffect.Write, true);
            default:
                if (words.Exists(Destructive.Contains) || Destructive.Contains(verb))
                {
                    return (OperationEffect.Destructive, true);
                }

                return method == "POST" && IsSearch(last, lastWords, words, verb, operation) ? (OperationEffect.Read, true) : (OperationEffect.Write, false);
        }
    }

    private static bool IsSearch(string last, List<string> lastWords, List<string> words, string verb, OpenApiOperation operation) =>
        (last.StartsWith('_') ? lastWords is [var one] && Searching.Contains(one) : lastWords is [var word] && Searching.Contains(word))
        && !words.Exists(Writing.Contains)
        && !Writing.Contains(verb)
        && operation.Responses is { } responses
        && responses.TryGetValue("200", out var success) && success?.Content is { Count: > 0 }
        && !responses.ContainsKey("201") && !responses.ContainsKey("202") && !responses.ContainsKey("204");
}

using System.Security.Cryptography;
using System.Text;

namespace Steward.Engines.Connectors.Import;

/// <summary>
/// Gives operations ids of the catalogue's form. An id depends on the operation alone, not on its neighbours, unless two would be the same: then the second gets the
/// hash of its method and path. So a later version of the document gives the same ids.
/// </summary>
internal sealed class OperationNames
{
    private const int MaxPart = 40;
    private const int MaxParts = 5;

    private static readonly Dictionary<string, string> Verbs = new(StringComparer.Ordinal)
    {
        ["GET"] = "get", ["HEAD"] = "head", ["POST"] = "create", ["PUT"] = "replace", ["PATCH"] = "update", ["DELETE"] = "delete",
    };

    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);

    /// <summary>An id that no other operation has.</summary>
    public string Name(string? operationId, string method, string path)
    {
        var id = string.IsNullOrWhiteSpace(operationId) ? OfPath(method, path) : OfId(operationId);
        id = id.Length == 0 ? OfPath(method, path) : id;
        if (!_taken.Add(id))
        {
            var suffix = "_" + Hash(method + " " + path)[..6];
            var last = id.LastIndexOf('.') + 1;
            var part = id[last..];
            id = id[..last] + (part.Length > MaxPart - suffix.Length ? part[..(MaxPart - suffix.Length)].TrimEnd('_') : part) + suffix;
            for (var again = 2; !_taken.Add(id); again++)
            {
                id = $"{id[..last]}n{Hash(method + " " + path + again)[..12]}";
            }
        }

        return id;
    }

    private static string OfId(string operationId)
    {
        var parts = (operationId.Length > 400 ? operationId[..400] : operationId).Split(['.', '/', ':', '#'], StringSplitOptions.RemoveEmptyEntries).Select(ImportText.Snake).Where(part => part.Length > 0).ToList();
        return Join(parts, operationId);
    }

    private static string OfPath(string method, string path)
    {
        var parts = new List<string>();
        var segments = (path.Length > 1_000 ? path[..1_000] : path).Split('/', StringSplitOptions.RemoveEmptyEntries);
        foreach (var segment in segments)
        {
            if (!segment.Contains('{', StringComparison.Ordinal))
            {
                parts.Add(ImportText.Snake(segment));
            }
        }

        parts.RemoveAll(part => part.Length == 0 || part is "api" or "rest" or "v1" or "v2" or "v3" or "v4");
        var single = segments is [.., var end] && end.Contains('{', StringComparison.Ordinal);
        var verb = Verbs.GetValueOrDefault(method, "call");
        // A GET of a collection and of one of its items, and a POST to an item, are different things.
        parts.Add((method, single) switch
        {
            ("GET", false) => "list",
            ("POST", true) => "post",
            _ => verb,
        });
        return Join(parts, method + " " + path);
    }

    private static string Join(List<string> parts, string whole)
    {
        if (parts.Count > MaxParts)
        {
            parts = [.. parts.Take(1), .. parts.TakeLast(MaxParts - 1)];
        }

        return string.Join('.', parts.Select(part => part.Length <= MaxPart ? part : part[..(MaxPart - 7)].TrimEnd('_') + "_" + Hash(whole)[..6]));
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}

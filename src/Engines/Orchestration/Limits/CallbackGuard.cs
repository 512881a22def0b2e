using System.Net;
using System.Text.Json;
using Steward.Engines.Connectors;

namespace Steward.Engines.Orchestration.Limits;

/// <summary>Refuses calls that would come back to Steward itself: a run that starts runs has no end.</summary>
internal static class CallbackGuard
{
    public const string Code = "callback_loop";

    /// <summary>Why the call is refused, or null when it does not lead back here.</summary>
    public static string? Refusal(RunContext run, ConnectorOperation operation, JsonElement arguments)
    {
        if (run.Options.OwnAddresses.Length == 0)
        {
            return null;
        }

        var own = run.Options.OwnAddresses;
        if (run.Connectors.FindBaseUrl(operation.Connector) is { } target && IsOwn(own, target))
        {
            return $"The connector '{operation.Connector}' leads back to Steward itself, which is not allowed.";
        }

        return Names(arguments, own, 0) is { } field ? $"'{field}' holds an address of Steward itself, which is not allowed." : null;
    }

    /// <summary>Whether an address is one of ours. Names of this machine are all the same.</summary>
    /// <param name="own">Hosts, with or without a port, or addresses. Of an address with a path only what lies under that path is ours.</param>
    /// <param name="address">The address.</param>
    public static bool IsOwn(IReadOnlyList<string> own, Uri address) => own.Any(entry =>
        Parse(entry) is { } known && HostOf(address) is { } host && Host(known.Host) == Host(host) && (known.Port is null || known.Port == address.Port) && LiesUnder(known.Path, address));

    // A host that has no form in ASCII is nobody's.
    private static string? HostOf(Uri address)
    {
        try
        {
            return address.IdnHost;
        }
        catch (UriFormatException)
        {
            return null;
        }
    }

    /// <summary>The entries for an address of ours, with its path: with the usual port of http that of https, too, and the other way round.</summary>
    public static IReadOnlyList<string> AllOf(Uri own)
    {
        var host = own.HostNameType == UriHostNameType.IPv6 ? $"[{own.IdnHost.Trim('[', ']')}]" : own.IdnHost;
        var path = own.AbsolutePath.TrimEnd('/');
        return own.IsDefaultPort && own.Scheme is "http" or "https" ? [$"http://{host}{path}", $"https://{host}{path}"] : [$"{own.Scheme}://{host}:{own.Port}{path}"];
    }

    /// <summary>Whether an entry of the options is readable.</summary>
    public static bool IsValid(string entry) => Parse(entry) is not null;

    private static (string Host, int? Port, List<string> Path)? Parse(string entry)
    {
        if (Uri.TryCreate(entry, UriKind.Absolute, out var whole) && whole.Scheme is "http" or "https" && whole.Host.Length > 0)
        {
            return (whole.IdnHost, whole.Port, Segments(whole));
        }

        return Uri.TryCreate($"http://{entry}", UriKind.Absolute, out var uri) && uri.Host.Length > 0 && uri.AbsolutePath == "/" && uri.UserInfo.Length == 0
            ? (uri.IdnHost, uri.Authority.EndsWith($":{uri.Port}", StringComparison.Ordinal) || entry.EndsWith(":80", StringComparison.Ordinal) ? uri.Port : null, [])
            : null;
    }

    // Case and escapes tell no addresses apart here: rather one too many is refused.
    private static bool LiesUnder(List<string> path, Uri address) =>
        path.Count == 0 || (Segments(address) is var segments && segments.Count >= path.Count && path.Zip(segments).All(pair => string.Equals(pair.First, pair.Second, StringComparison.OrdinalIgnoreCase)));

    private static List<string> Segments(Uri address)
    {
        var segments = new List<string>();
        foreach (var segment in Uri.UnescapeDataString(address.AbsolutePath).Split('/', '\\'))
        {
            if (segment == ".." && segments.Count > 0)
            {
                segments.RemoveAt(segments.Count - 1);
            }
            else if (segment is not ("" or "." or ".."))
            {
                segments.Add(segment);
            }
        }

        return segments;
    }

    private static string Host(string host)
    {
        var name = host.Trim('[', ']').TrimEnd('.').ToLowerInvariant();
        return name == "localhost" || (IPAddress.TryParse(name, out var ip) && (IPAddress.IsLoopback(ip) || ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any))) ? "localhost" : name;
    }

    private static string? Names(JsonElement value, IReadOnlyList<string> own, int depth)
    {
        if (depth > 16)
        {
            return null;
        }

        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var member in value.EnumerateObject())
                {
                    if ((member.Value.ValueKind == JsonValueKind.String && Leads(member.Value.GetString()!, own)) || Names(member.Value, own, depth + 1) is not null)
                    {
                        return member.Name;
                    }
                }

                return null;
            case JsonValueKind.Array:
                return value.EnumerateArray().Any(item => (item.ValueKind == JsonValueKind.String && Leads(item.GetString()!, own)) || Names(item, own, depth + 1) is not null) ? "items" : null;
            default:
                return null;
        }
    }

    // An address as the whole value: text that mentions one is only text.
    private static bool Leads(string text, IReadOnlyList<string> own) =>
        text.Length is > 7 and <= 4096 && Uri.TryCreate(text.Trim(), UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" or "ws" or "wss" && IsOwn(own, uri);
}

using System.Net;
using System.Text.RegularExpressions;
using Microsoft.OpenApi;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Import;

/// <summary>Makes the connection of a template from the servers that a document names. Addresses that are no public https ones are left for the tenant to fill in.</summary>
internal static partial class ServerAddress
{
    private const string HostPattern = @"[A-Za-z0-9][A-Za-z0-9.-]{0,252}(:[0-9]{1,5})?";
    private const string PartPattern = @"[A-Za-z0-9_~-]+(\.[A-Za-z0-9_~-]+)*";

    /// <summary>The connection.</summary>
    public static ConnectionSpec Of(IList<OpenApiServer>? servers, GapReport gaps, ImportWarnings warnings)
    {
        var all = (servers ?? []).Where(server => !string.IsNullOrWhiteSpace(server.Url)).Take(50).ToList();
        var candidates = all.Select(server => (Server: server, Connection: Read(server, warnings))).Where(candidate => candidate.Connection is not null).ToList();
        var chosen = candidates.Find(candidate => candidate.Connection!.BaseUrl.StartsWith("https://", StringComparison.Ordinal)
            && !(candidate.Server.Description ?? "").Contains("sandbox", StringComparison.OrdinalIgnoreCase));
        chosen = chosen.Connection is null ? candidates.FirstOrDefault() : chosen;
        if (chosen.Connection is not { } connection)
        {
            // Of an address with a host that stands for the tenant's own, the path is real.
            var path = all.Select(server => server.Url!.Trim()).Select(url => url.StartsWith('/') ? url : Absolute().Match(url) is { Success: true } match && Example().IsMatch(match.Groups["host"].Value) ? match.Groups["path"].Value : "")
                .FirstOrDefault(url => url.Length > 1 && !url.Contains('{', StringComparison.Ordinal) && IsSafePath(url))?.TrimEnd('/') ?? "";
            gaps.Add(GapArea.Address, "The document names no public address.", "Each tenant gives the host of its own server; set connection.baseUrl if the vendor has one for all.");
            return new ConnectionSpec
            {
                Fields = [new FieldSpec { Name = "host", Title = "Host", Description = "The host name of the server, with the port if it is not 443.", Pattern = HostPattern, Example = "api.example.com" }],
                BaseUrl = "https://{host}" + path,
                SelfHosted = true,
            };
        }

        if (chosen.Server.Url!.StartsWith("http:", StringComparison.OrdinalIgnoreCase))
        {
            gaps.Add(GapArea.Address, "The document names an address without TLS.", "https is used instead; check that the system answers there.", GapReport.Json(connection.BaseUrl), applied: true);
        }

        var others = candidates.Where(candidate => candidate.Connection!.BaseUrl != connection.BaseUrl && candidate.Connection.Fields.Count == 0)
            .Select(candidate => candidate.Connection!.BaseUrl).Distinct(StringComparer.Ordinal).Take(10).ToList();
        if (others.Count > 0)
        {
            gaps.Add(GapArea.Address, "The document names further addresses.", "If these are regions or a sandbox, name them in connection.regions.", GapReport.Json(others));
        }

        return connection;
    }

    /// <summary>Whether a host is one of this machine, of a private network, or one that only stands for another.</summary>
    public static bool IsPlaceholderHost(string host)
    {
        if (IPAddress.TryParse(host.Trim('[', ']'), out _))
        {
            return true;
        }

        return !host.Contains('.', StringComparison.Ordinal) || host.EndsWith(".local", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".internal", StringComparison.OrdinalIgnoreCase)
            || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase) || Example().IsMatch(host);
    }

    /// <summary>Whether a path has neither a step upwards nor anything that belongs to another part of an address.</summary>
    public static bool IsSafePath(string path) =>
        path.Length <= 2_000 && SafePath().IsMatch(path) && !path.Contains("//", StringComparison.Ordinal)
        && !path.Split('/').Any(part => part is "." or ".." || (part.Contains('%', StringComparison.Ordinal) && Uri.UnescapeDataString(part) is "." or ".."));

    private static ConnectionSpec? Read(OpenApiServer server, ImportWarnings warnings)
    {
        var url = server.Url!.Trim();
        var match = Absolute().Match(url);
        if (!match.Success)
        {
            if (!url.StartsWith('/'))
            {
                warnings.Add("/servers", $"'{ImportText.Trim(url, 100)}' is no https address; it is left out.");
            }

            return null;
        }

        var (host, path) = (match.Groups["host"].Value, match.Groups["path"].Value.TrimEnd('/'));
        if (!IsSafePath(path) || (!host.Contains('{', StringComparison.Ordinal) && IsPlaceholderHost(host.Split(':')[0])))
        {
            warnings.Add("/servers", $"'{ImportText.Trim(url, 100)}' is no public address with a plain path; it is left out.");
            return null;
        }

        var names = Placeholder().Matches(url).Select(placeholder => placeholder.Groups[1].Value).Distinct(StringComparer.Ordinal).ToList();
        var (fields, baseUrl) = (new List<FieldSpec>(), "https://" + host + path);
        foreach (var name in names.Take(10))
        {
            var field = ArgumentNames.Safe(name);
            field = ArgumentNames.IsReserved(field) || field is "username" or "password" or "token" or "clientId" or "clientSecret" ? "server" + char.ToUpperInvariant(field[0]) + field[1..] : field;
            baseUrl = baseUrl.Replace("{" + name + "}", "{" + field + "}", StringComparison.Ordinal);
            var variable = server.Variables is { } variables && variables.TryGetValue(name, out var known) ? known : null;
            var pattern = host == "{" + name + "}" ? HostPattern : PartPattern;
            var check = new Regex($@"\A(?:{pattern})\z", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
            var values = variable?.Enum?.Where(value => value is { Length: > 0 and <= 200 } && check.IsMatch(value)).Distinct(StringComparer.Ordinal).Take(50).ToList();
            var usual = variable?.Default is { Length: > 0 and <= 200 } given && check.IsMatch(given) && (values is not { Count: > 0 } || values.Contains(given)) ? given : null;
            // A host that stands for the tenant's own ("yourcompany") is an example and no default.
            var isExample = usual is not null && values is not { Count: > 0 } && (host.Contains("{" + name + "}", StringComparison.Ordinal) && (names.Count == 1 || Example().IsMatch(usual)));
            fields.Add(new FieldSpec
            {
                Name = field,
                Title = ImportText.Line(name, 60) ?? field,
                Description = ImportText.Line(variable?.Description, 200),
                Pattern = pattern,
                Default = isExample ? null : usual,
                Example = isExample ? usual : null,
                Values = values is { Count: > 0 } ? values : null,
                Required = isExample || usual is null,
            });
        }

        return fields.Select(field => field.Name).Distinct(StringComparer.Ordinal).Count() == fields.Count && Placeholder().Count(baseUrl) <= 10
            ? new ConnectionSpec { Fields = fields, BaseUrl = baseUrl }
            : null;
    }

    [GeneratedRegex(@"\Ahttps?://(?<host>(?:[A-Za-z0-9.-]|\{[A-Za-z0-9_.-]{1,60}\}){1,253}(?::(?:[0-9]{1,5}|\{[A-Za-z0-9_.-]{1,60}\}))?)(?<path>/[^?#]*)?\z", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Absolute();

    [GeneratedRegex(@"\{([A-Za-z0-9_.-]{1,60})\}", RegexOptions.CultureInvariant)]
    private static partial Regex Placeholder();

    [GeneratedRegex(@"\A(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2}|\{[^{}/\\\x00-\x1f]{1,100}\})*\z", RegexOptions.CultureInvariant)]
    private static partial Regex SafePath();

    [GeneratedRegex(@"(\A|[.-])(example|your|my|acme|subdomain|tenant|localhost)", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Example();
}

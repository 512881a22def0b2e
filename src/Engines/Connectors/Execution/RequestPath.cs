using System.Text;

namespace Steward.Engines.Connectors.Execution;

/// <summary>
/// A path with its query below a base address. Every segment, name and value is escaped here and nowhere else, so that no argument can
/// reach another path, add a parameter or leave the host.
/// </summary>
internal sealed class RequestPath
{
    private readonly StringBuilder _path = new();
    private readonly StringBuilder _query = new();

    /// <summary>Starts with segments that are constants of the code.</summary>
    public RequestPath(params ReadOnlySpan<string> segments)
    {
        foreach (var segment in segments)
        {
            Segment(segment);
        }
    }

    public RequestPath Segment(string segment)
    {
        if (segment is "" or "." or "..")
        {
            throw OutcomeException.Invalid("arguments", "an id must not be empty, '.' or '..'.");
        }

        _path.Append('/').Append(Uri.EscapeDataString(segment));
        return this;
    }

    public RequestPath Query(string name, string value)
    {
        _query.Append(_query.Length == 0 ? '?' : '&').Append(Uri.EscapeDataString(name)).Append('=').Append(Uri.EscapeDataString(value));
        return this;
    }

    public Uri Below(Uri baseUrl) => new(baseUrl.GetLeftPart(UriPartial.Path).TrimEnd('/') + _path + _query, UriKind.Absolute);
}

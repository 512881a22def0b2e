namespace Steward.Engines.Connectors.Execution;

/// <summary>The <c>Link</c> header of RFC 8288, as far as paging needs it.</summary>
internal static class LinkHeader
{
    /// <summary>The address of the next page; null if there is none.</summary>
    public static Uri? Next(IEnumerable<string> values)
    {
        foreach (var value in values)
        {
            for (var at = value.IndexOf('<', StringComparison.Ordinal); at >= 0;)
            {
                var end = value.IndexOf('>', at);
                if (end < 0)
                {
                    break;
                }

                // The parameters of a link reach to the next one, which starts with '<'.
                var following = value.IndexOf('<', end);
                var parameters = following < 0 ? value[end..] : value[end..following];
                if (parameters.Replace(" ", "", StringComparison.Ordinal).Contains("rel=\"next\"", StringComparison.OrdinalIgnoreCase) &&
                    Uri.TryCreate(value[(at + 1)..end], UriKind.Absolute, out var url))
                {
                    return url;
                }

                at = following;
            }
        }

        return null;
    }
}

using Microsoft.Net.Http.Headers;

namespace Steward.Gateway.Api;

/// <summary>What kind of answer a client wants.</summary>
internal static class AcceptedKinds
{
    /// <summary>Whether the client names event streams in its Accept header; a wildcard is not enough.</summary>
    public static bool WantsEventStream(HttpRequest request)
    {
        if (!MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var accepted))
        {
            return false;
        }

        double stream = 0;
        double json = 0;
        foreach (var kind in accepted)
        {
            if (kind.MediaType.Equals("text/event-stream", StringComparison.OrdinalIgnoreCase))
            {
                stream = Math.Max(stream, kind.Quality ?? 1);
            }
            else if (kind.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase))
            {
                json = Math.Max(json, kind.Quality ?? 1);
            }
        }

        return stream > 0 && stream >= json;
    }
}

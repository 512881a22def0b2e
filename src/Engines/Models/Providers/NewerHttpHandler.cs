using System.Net;

namespace Steward.Engines.Models.Providers;

/// <summary>Asks for HTTP/2 where the connection is encrypted and the server speaks it, so that many calls share one connection. The providers' packages ask for HTTP/1.1.</summary>
internal sealed class NewerHttpHandler : DelegatingHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.RequestUri?.Scheme == Uri.UriSchemeHttps)
        {
            (request.Version, request.VersionPolicy) = (HttpVersion.Version20, HttpVersionPolicy.RequestVersionOrLower);
        }

        return base.SendAsync(request, cancellationToken);
    }
}
